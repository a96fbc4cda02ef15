/** The vaults of a plan: opened once when first needed, closed together. */
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { absolutePath } from '../../platform/absolute-path.ts';
import { cacheDirectory } from '../../platform/environment.ts';
import { knownHistory } from '../../vault/known-history.ts';
import type { Vault, VaultRecords } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanSession } from './plan-session.ts';

export interface PlanVaults extends AsyncDisposable {
  open(name: string): Promise<Vault>;
  /** What this machine knows without opening it. */
  known(name: string): VaultRecords | undefined;
}

export function openPlanVaults(context: AppContext, session: PlanSession): PlanVaults {
  const opened = new Map<string, Promise<Vault>>();
  const vaultOf = (name: string): ResolvedVault => {
    const vault = session.plan.vaults.find((candidate) => candidate.name === name);
    if (vault === undefined) throw new Error(`the plan has a vault ${name}`);
    return vault;
  };
  return {
    async open(name) {
      const vault = opened.get(name) ?? openOne(context, session, vaultOf(name));
      opened.set(name, vault);
      return await vault;
    },
    known: (name) => knownHistory(cacheDirectory(), locationOf(session, vaultOf(name))),
    async [Symbol.asyncDispose]() {
      for (const vault of await Promise.allSettled(opened.values())) {
        if (vault.status === 'fulfilled') await vault.value[Symbol.asyncDispose]();
      }
    },
  };
}

async function openOne(context: AppContext, session: PlanSession, vault: ResolvedVault): Promise<Vault> {
  return await context.openVault({
    location: vault.location,
    folder: session.folder,
    planId: session.plan.metadata.id,
    signal: context.signal,
    ...(vault.password === undefined ? {} : { passwordReference: vault.password }),
  });
}

/** As the vault itself states it: absolute. */
function locationOf(session: PlanSession, vault: ResolvedVault): string {
  return absolutePath(vault.location, session.folder);
}
