/** The vaults of a plan: opened once when first needed, closed together. */
import { locationText, parseLocation } from '../../config/location.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { cacheDirectory } from '../../platform/environment.ts';
import { type KnownHistory, knownHistory, rememberVaultFile } from '../../vault/known-history.ts';
import type { Vault } from '../../vault/vault.ts';
import { liesAsRead, type VaultParts, vaultParts } from '../../vault/vault-parts.ts';
import type { AppContext, VaultRequest } from '../cli-context.ts';
import type { PlanSession } from './plan-session.ts';

export interface PlanVaultParts extends VaultParts {
  /** All snapshots and the newest records that this machine knows of still lie there. */
  readonly isAsRead: boolean;
}

export interface PlanVaults extends AsyncDisposable {
  open(name: string): Promise<Vault>;
  /** What this machine knows without opening it. */
  known(name: string): KnownHistory | undefined;
  /** What of it lies there, seen without its key. Raises VAULT_NOT_FOUND where there is nothing of it. */
  parts(name: string): Promise<PlanVaultParts>;
  /**
   * An earlier vault of the plan that is known to be the same one: under another name, or as a copy of its files. It
   * must not count twice, and what was found of the one is not known of the other.
   */
  twin(name: string): string | undefined;
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
    twin: (name) => twinOf(session, vaultOf(name)),
    parts: (name) => partsOf(context, session, vaultOf(name)),
    async [Symbol.asyncDispose]() {
      for (const vault of await Promise.allSettled(opened.values())) {
        if (vault.status === 'fulfilled') await vault.value[Symbol.asyncDispose]();
      }
    },
  };
}

async function openOne(context: AppContext, session: PlanSession, vault: ResolvedVault): Promise<Vault> {
  try {
    return await openNow(context, session, vault);
  } catch (error) {
    throw hasCode(error, 'VAULT_NOT_FOUND') ? notThere(vault.name, locationOf(session, vault), error) : error;
  }
}

async function openNow(context: AppContext, session: PlanSession, vault: ResolvedVault): Promise<Vault> {
  const opened = await context.openVault(requestOf(context, session, vault));
  if (opened.file !== undefined) await rememberVaultFile(cacheDirectory(), opened.file);
  return opened;
}

function requestOf(context: AppContext, session: PlanSession, vault: ResolvedVault): VaultRequest {
  return {
    location: vault.location,
    folder: session.folder,
    planId: session.plan.metadata.id,
    signal: context.signal,
    declared: vault.declared,
    ...(vault.password === undefined ? {} : { passwordReference: vault.password }),
  };
}

/** A cheap look: what this machine knows of the vault is worth nothing when the vault is not there. */
async function partsOf(
  context: AppContext,
  session: PlanSession,
  vault: ResolvedVault,
): Promise<PlanVaultParts> {
  await using store = await context.openStore(requestOf(context, session, vault));
  const parts = await vaultParts(store, context.signal);
  const location = locationOf(session, vault);
  const isEmpty = parts.file === 'missing' && parts.config !== 'there' && parts.keyIds.size === 0;
  if (isEmpty) throw notThere(vault.name, location);
  const known = knownHistory(cacheDirectory(), location);
  return { ...parts, isAsRead: known !== undefined && (await liesAsRead(store, known, context.signal)) };
}

function twinOf(session: PlanSession, vault: ResolvedVault): string | undefined {
  const { vaults } = session.plan;
  const idOf = (each: ResolvedVault) => knownHistory(cacheDirectory(), locationOf(session, each))?.vaultId;
  const id = idOf(vault);
  const earlier = vaults.slice(0, vaults.indexOf(vault));
  return id === undefined ? undefined : earlier.find((each) => idOf(each) === id)?.name;
}

function notThere(name: string, location: string, cause?: unknown): LifeboatError {
  return new LifeboatError('VAULT_NOT_FOUND', `the vault ${name} is not at ${location}`, {
    hint: 'See that its disk or share is mounted. Only a vault that was never made is made with `lifeboat vault init`.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** As the vault itself states it: absolute. */
function locationOf(session: PlanSession, vault: ResolvedVault): string {
  return vault.store === 'other'
    ? vault.location
    : locationText(parseLocation(vault.location, session.folder));
}
