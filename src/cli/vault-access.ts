/** Opens vaults for commands: finds the password, keeps it out of the output, and says where a wrong one came from. */
import { join } from 'node:path';
import { kindNotOpened, type Location, locationText, parseLocation } from '../config/location.ts';
import { type FoundPassword, findPassword } from '../config/password.ts';
import { storeSettings } from '../config/resolve-store-settings.ts';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { CountedStore } from '../object-store/count.ts';
import { isThere } from '../object-store/is-there.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { type ReadAheadStore, withReadAhead } from '../object-store/read-ahead.ts';
import type { Retry } from '../object-store/retry.ts';
import { cacheDirectory, stateDirectory } from '../platform/environment.ts';
import { openingReads } from '../vault/opening-reads.ts';
import type { Vault } from '../vault/vault.ts';
import type { StoreAdapters } from './adapters.ts';
import type { InitVaultRequest, VaultRequest } from './cli-context.ts';
import type { Output } from './output.ts';
import { asTypedKey } from './recovery-key.ts';

export interface VaultAccess {
  openVault(request: VaultRequest): Promise<Vault>;
  initVault(request: InitVaultRequest): Promise<Vault>;
  /** The bare store at a location, reached as the vault there would be. */
  openStore(request: VaultRequest): Promise<ObjectStore>;
}

export interface VaultAccessOptions {
  readonly adapters: StoreAdapters;
  readonly output: Output;
  readonly folder: string;
  readonly programVersion: string;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
  readonly askSecret?: (question: string) => Promise<string>;
  /** Told before a request to a store is tried again. */
  readonly onRetry?: (retry: Retry) => void;
}

/** Records of work without a plan continue one chain of this machine. */
const noPlan = 'without-plan';

export function createVaultAccess(options: VaultAccessOptions): VaultAccess {
  return {
    async openVault(request) {
      const location = placeOf(options, request);
      const store = await storeOf(options, request, location);
      try {
        return await openIn(options, request, location, store);
      } catch (error) {
        await store[Symbol.asyncDispose]();
        throw error;
      }
    },
    openStore: async (request) => await storeOf(options, request, placeOf(options, request)),
    async initVault(request) {
      const location = placeOf(options, request);
      const { password } = await passwordFor(options, request, location);
      const { initVault } = await import('../vault/open-vault.ts');
      const opening = openingOf(options, request, await storeOf(options, request, location));
      const { chunkerPolynomial } = request;
      return await initVault({
        ...opening,
        password,
        role: request.role,
        ...(chunkerPolynomial === undefined ? {} : { chunkerPolynomial }),
      });
    },
  };
}

/** What a plan names for a later version is no error of the command line. */
function placeOf({ folder }: VaultAccessOptions, request: VaultRequest): Location {
  const { location, declared } = request;
  const kind = declared === undefined ? undefined : kindNotOpened(location);
  if (kind === undefined) return parseLocation(location, request.folder ?? folder);
  throw new LifeboatError(
    'VAULT_UNSUPPORTED',
    `this version does not open vaults at a place of kind "${kind}:", and ${location} is one`,
    {
      hint: 'Nothing of it is known. Mount the place and give its folder as the location, or look after it by other means.',
    },
  );
}

async function openIn(
  options: VaultAccessOptions,
  request: VaultRequest,
  location: Location,
  store: CountedStore,
): Promise<Vault> {
  const ahead = withReadAhead(store, openingReads, request.signal ?? options.signal);
  // loaded while the answers are on their way
  const loading = import('../vault/open-vault.ts');
  await requireVault(options, ahead);
  const found = await passwordFor(asking(options, ahead), request, location);
  const { openVault } = await loading;
  const opening = openingOf(options, request, { ...ahead, counts: store.counts });
  const open = (password: string) => openVault({ ...opening, password });
  try {
    return await open(found.password);
  } catch (error) {
    if (!hasCode(error, 'WRONG_PASSWORD')) throw error;
    return await openAsRecoveryKey(open, found, error, options.output);
  } finally {
    ahead.endReadingAhead();
  }
}

/** A person may take hours to answer, in which keys come and go. */
function asking(options: VaultAccessOptions, { endReadingAhead }: ReadAheadStore): VaultAccessOptions {
  const { askSecret } = options;
  if (askSecret === undefined) return options;
  return {
    ...options,
    askSecret: async (question) => {
      const answer = await askSecret(question);
      endReadingAhead();
      return answer;
    },
  };
}

async function passwordFor(
  options: VaultAccessOptions,
  request: VaultRequest,
  location: Location,
): Promise<FoundPassword> {
  if (request.password !== undefined) {
    options.output.hide(request.password);
    return { password: request.password, origin: 'the one just given' };
  }
  const { passwordReference: reference } = request;
  const found = await findPassword({
    location: locationText(location),
    folder: options.folder,
    signal: request.signal ?? options.signal,
    ...(reference === undefined ? {} : { fromPlan: { reference, folder: request.folder ?? options.folder } }),
    ...(options.askSecret === undefined ? {} : { ask: options.askSecret }),
  });
  options.output.hide(found.password);
  return found;
}

/** Before anybody is asked for a password. */
async function requireVault({ signal }: VaultAccessOptions, store: ObjectStore): Promise<void> {
  if (await isThere(store, 'config', signal)) return;
  const { requireConfig } = await import('../repository/repository.ts');
  await requireConfig(store, signal);
}

function openingOf(options: VaultAccessOptions, request: VaultRequest, store: CountedStore) {
  const dataPackClass = request.declared?.storage_class;
  return {
    store,
    counts: store.counts,
    ...(dataPackClass === undefined ? {} : { dataPackClass }),
    programVersion: `lifeboat ${options.programVersion}`,
    stateFolder: join(stateDirectory(), request.planId ?? noPlan),
    cacheDirectory: cacheDirectory(),
    nowMs: options.nowMs,
    signal: request.signal ?? options.signal,
  };
}

async function storeOf(options: VaultAccessOptions, request: VaultRequest, location: Location) {
  const folder = request.folder ?? options.folder;
  const settings = await storeSettings(location, request.declared, {
    folder,
    signal: request.signal ?? options.signal,
    hide: (secret) => options.output.hide(secret),
  });
  const { onRetry } = options;
  return await options.adapters.openStore(location, settings, onRetry === undefined ? {} : { onRetry });
}

/** A recovery key typed in small letters or without its dashes opens as well. */
async function openAsRecoveryKey(
  open: (password: string) => Promise<Vault>,
  found: FoundPassword,
  wrong: LifeboatError,
  output: Output,
): Promise<Vault> {
  const key = asTypedKey(found.password);
  if (key !== undefined && key !== found.password) {
    output.hide(key);
    try {
      return await open(key);
    } catch (error) {
      if (!hasCode(error, 'WRONG_PASSWORD')) throw error;
    }
  }
  throw new LifeboatError('WRONG_PASSWORD', wrong.message, {
    hint: `The password came from ${found.origin}. Give the right one, or the recovery key.`,
    details: wrong.details,
  });
}
