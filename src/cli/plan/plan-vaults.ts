/** The vaults of a plan: opened once when first needed, closed together. */
import { locationText, parseLocation } from '../../config/location.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { cacheDirectory } from '../../platform/environment.ts';
import { knownHistory } from '../../vault/known-history.ts';
import { readVaultFile } from '../../vault/read-vault-file.ts';
import type { Vault, VaultRecords } from '../../vault/vault.ts';
import { vaultFileKey } from '../../vault/vault-file.ts';
import type { AppContext, VaultRequest } from '../cli-context.ts';
import type { PlanSession } from './plan-session.ts';

export interface PlanVaults extends AsyncDisposable {
  open(name: string): Promise<Vault>;
  /** What this machine knows without opening it. */
  known(name: string): VaultRecords | undefined;
  /** Why the vault that is known cannot be where it was, seen without its key; `undefined` when it is there. */
  absence(name: string): Promise<LifeboatError | undefined>;
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
    absence: (name) => absenceOf(context, session, vaultOf(name)),
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
  return await context.openVault(requestOf(context, session, vault));
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
async function absenceOf(
  context: AppContext,
  session: PlanSession,
  vault: ResolvedVault,
): Promise<LifeboatError | undefined> {
  const location = locationOf(session, vault);
  try {
    await using store = await context.openStore(requestOf(context, session, vault));
    const file = await readVaultFile(store, context.signal);
    if (file?.id === knownHistory(cacheDirectory(), location)?.vaultId) return undefined;
    if (file !== undefined) return isOther(vault.name, location);
    return (await isRepository(store, context.signal))
      ? lacksFile(vault.name, location)
      : notThere(vault.name, location);
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
    return hasCode(error, 'OBJECT_DAMAGED') ? lacksFile(vault.name, location, error) : error;
  }
}

async function isRepository(store: ObjectStore, signal: AbortSignal): Promise<boolean> {
  try {
    await store.stat('config', signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return false;
    throw error;
  }
}

/** The wrong disk, or a wrong byte: without the key nobody can tell. */
function isOther(name: string, location: string): LifeboatError {
  return new LifeboatError(
    'VAULT_NOT_FOUND',
    `what lies at ${location} says that it is another vault than ${name}`,
    {
      hint: `See that the right disk or share is mounted. If it is, the vault is damaged: \`lifeboat check --vault ${name}\` says where, and \`lifeboat repair heal --vault ${name}\` mends it.`,
      details: { vault: name },
    },
  );
}

function lacksFile(name: string, location: string, cause?: unknown): LifeboatError {
  const what = cause === undefined ? 'is missing' : 'cannot be read';
  return new LifeboatError(
    'OBJECT_DAMAGED',
    `the vault ${name} at ${location} is damaged: ${vaultFileKey} ${what}`,
    {
      hint: `Run \`lifeboat repair heal --vault ${name}\`, which puts it back from its second copy.`,
      details: { vault: name, object: vaultFileKey },
      ...(cause === undefined ? {} : { cause }),
    },
  );
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
