/**
 * A repository in restic's format, version 2 (and reading and writing version 1). This is the room's only
 * entry: what others need of the format they get from the values returned here.
 */
import { assert } from '../error/assert.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { isThere } from '../object-store/is-there.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { nowMs } from '../platform/clock.ts';
import { parallelism } from '../platform/host.ts';
import { randomBytes, randomHex } from '../platform/random.ts';
import { newMasterKey } from '../seal/key-file.ts';
import type { ScryptCost } from '../seal/key-file-format.ts';
import type { SealKey } from '../seal/seal.ts';
import { checkRepository } from './check/check-repository.ts';
import { readBack } from './check/read-back.ts';
import { randomPolynomial } from './chunker/polynomial.ts';
import { type RepositoryConfig, saveConfig } from './config.ts';
import { targetsMax } from './copy/copy-protocol.ts';
import { copyBetween } from './copy/copy-snapshots.ts';
import { listIds } from './index/load-index.ts';
import { addKey, listKeys, type NewKey, removeKey } from './key/manage-keys.ts';
import { configKey, objectKey } from './layout.ts';
import { type LockOwner, thisProcess } from './lock/lock-owner.ts';
import { type LockTiming, removeLocks, resticLockTiming, withLock } from './lock/with-lock.ts';
import { neededObjects } from './needed/needed-objects.ts';
import { packBytesTarget } from './pack/pack-builder.ts';
import { forgetSnapshots } from './prune/forget-snapshots.ts';
import { previewPrune, pruneRepository } from './prune/prune-repository.ts';
import { diffSnapshots } from './read/diff-snapshots.ts';
import { dumpFile } from './read/dump-file.ts';
import { listSnapshot } from './read/list-snapshot.ts';
import { repositoryStats } from './read/repository-stats.ts';
import { snapshotDigest } from './read/snapshot-digest.ts';
import { repairOf } from './repair/repair-role.ts';
import type { RepositoryRepair } from './repair-types.ts';
import type {
  CopyOptions,
  CopyReport,
  CopyTarget,
  KeyInfo,
  Repository,
  SnapshotReader,
} from './repository-types.ts';
import { packsOfRestore, packsOfTrees } from './restore/needed-packs.ts';
import { restoreSnapshot } from './restore/restore-snapshot.ts';
import { writeRepository } from './save/write-repository.ts';
import { createSealedObjects } from './sealed-objects.ts';
import {
  currentView,
  freshView,
  keepSession,
  lockOptions,
  type Session,
  sessionOf,
  viewOf,
  withReadLock,
} from './session.ts';
import { findSnapshot, loadSnapshots } from './snapshot/snapshot-list.ts';
import { spareKey, sparePrefix } from './spare-key.ts';
import { loadConfigOrSpare, openKeyOrSpare } from './spare-objects.ts';
import type { RepositoryAccess } from './unpacked.ts';

export interface OpenOptions {
  readonly store: ObjectStore;
  readonly password: string;
  /** Written into snapshots: `lifeboat 0.1.0`. */
  readonly programVersion?: string;
  /** Who holds the locks; the default is this process. */
  readonly owner?: LockOwner;
  /** Threads that read, compress and seal; the default is one per processor. */
  readonly workers?: number;
  /** A pack is closed when it has so many bytes. Default 16 MiB; smaller in tests only. */
  readonly packBytesTarget?: number;
  /** The storage class for packs of data, which may be cold; trees, index and all else stay in the usual one. */
  readonly dataPackClass?: string;
  /** Default: restic's; shorter in tests only. */
  readonly lockTiming?: LockTiming;
  readonly signal?: AbortSignal;
}

export interface InitOptions extends OpenOptions {
  readonly version?: 1 | 2;
  /** Of another repository, so that the two deduplicate against each other. */
  readonly chunkerPolynomial?: bigint;
  /** Cost of deriving the key; cheaper than the default in tests only. */
  readonly kdf?: ScryptCost;
}

/** Raises VAULT_EXISTS when there is anything of a repository already, except what a cut-off init leaves. */
export async function initRepository(options: InitOptions): Promise<Repository> {
  const { store, signal } = options;
  for (const keyId of await refuseExisting(store, signal))
    await store.delete(objectKey('key', keyId), signal);
  const masterKey = newMasterKey();
  const version = options.version ?? 2;
  const chunkerPolynomial = options.chunkerPolynomial ?? randomPolynomial(randomBytes);
  const keyId = await addKey(
    store,
    masterKey,
    newKey(options.owner ?? thisProcess(), options.password, options.kdf),
    signal,
  );
  const config: RepositoryConfig = { version, id: randomHex(32), chunkerPolynomial };
  await saveConfig(store, masterKey, config, signal);
  return repositoryOf(options, accessOf(options, masterKey, version), config, keyId);
}

/** Raises VAULT_NOT_FOUND, WRONG_PASSWORD, OBJECT_DAMAGED, VAULT_UNSUPPORTED. */
export async function openRepository(options: OpenOptions): Promise<Repository> {
  const { store, signal } = options;
  await requireConfig(store, signal);
  const { id: keyId, masterKey } = await openKeyOrSpare(store, options.password, signal);
  const config = await loadConfigOrSpare(store, masterKey, signal);
  return repositoryOf(options, accessOf(options, masterKey, config.version), config, keyId);
}

function accessOf({ store, dataPackClass }: OpenOptions, key: SealKey, version: 1 | 2): RepositoryAccess {
  return { store, key, version, ...(dataPackClass === undefined ? {} : { dataPackClass }) };
}

function repositoryOf(
  options: OpenOptions,
  access: RepositoryAccess,
  config: RepositoryConfig,
  keyId: string,
): Repository {
  const session: Session = {
    access,
    config,
    keyId,
    owner: options.owner ?? thisProcess(),
    workers: options.workers ?? parallelism(),
    packBytesTarget: options.packBytesTarget ?? packBytesTarget,
    lockTiming: options.lockTiming ?? resticLockTiming,
    programVersion: options.programVersion ?? 'lifeboat',
    view: undefined,
  };
  const repository: Repository = {
    id: config.id,
    version: access.version,
    location: access.store.location,
    chunkerPolynomial: config.chunkerPolynomial,
    sealed: createSealedObjects(access),
    ...readerOf(session),
    ...keysOf(session),
    write: (work, writeOptions) => writeRepository(session, work, writeOptions),
    check: (checkOptions = {}) =>
      withReadLock(session, checkOptions.signal, (signal) =>
        checkRepository(access, session.workers, { ...checkOptions, signal }),
      ),
    readBack: (ids, readBackOptions = {}) =>
      withReadLock(session, readBackOptions.signal, (signal) =>
        readBack(access, session.workers, ids, { ...readBackOptions, signal }),
      ),
    forget: (ids, signal, confirm) => forgetSnapshots(session, ids, signal, confirm),
    previewPrune: (pruneOptions) => previewPrune(session, pruneOptions),
    prune: (pruneOptions) => pruneRepository(session, pruneOptions),
    neededObjects: (groups, neededOptions = {}) =>
      withReadLock(session, neededOptions.signal, (signal) =>
        neededObjects(access, groups, { ...neededOptions, signal }),
      ),
    undisturbed: (work, signal) =>
      withLock(access, lockOptions(session, false, signal), (held) => work(held)),
    unlock: (all, signal) => removeLocks(access, session.owner, all, signal),
    [Symbol.asyncDispose]: () => access.store[Symbol.asyncDispose](),
  };
  return keepSession(repository, session);
}

function readerOf(session: Session): SnapshotReader {
  const { access } = session;
  return {
    snapshots: (filter, signal) => loadSnapshots(access, filter, signal),
    snapshotIds: (signal) => listIds(access, 'snapshot', signal),
    snapshot: (selector, filter, signal) => findSnapshot(access, selector, filter, signal),
    async *list(snapshot, options) {
      const { trees } = await viewOf(session, [snapshot], options?.signal);
      yield* listSnapshot(trees, snapshot, options);
    },
    async *dump(snapshot, path, signal) {
      const { index, trees } = await viewOf(session, [snapshot], signal);
      yield* dumpFile({ access, index, trees }, snapshot, path, signal);
    },
    async *diff(older, newer, signal) {
      const { trees } = await viewOf(session, [older, newer], signal);
      yield* diffSnapshots(trees, older, newer, signal);
    },
    async contentDigest(snapshot, leaveOut, signal) {
      const { trees } = await viewOf(session, [snapshot], signal);
      return await snapshotDigest(trees, snapshot.tree, leaveOut, signal);
    },
    async stats(snapshots, signal) {
      const { index, trees } = await viewOf(session, snapshots, signal);
      return await repositoryStats(index, trees, snapshots, signal);
    },
    async packsOfRestore(snapshot, selection = {}) {
      return await packsOfRestore(await viewOf(session, [snapshot], selection.signal), snapshot, selection);
    },
    async packsOfFolders(signal) {
      return packsOfTrees((await freshView(session, signal)).index);
    },
    restore: (snapshot, options) =>
      withReadLock(session, options.signal, async (signal) => {
        const { index, trees } = await currentView(session, signal);
        return await restoreSnapshot({ access, index, trees, workers: session.workers }, snapshot, {
          ...options,
          signal,
        });
      }),
  };
}

function keysOf(session: Session): Pick<Repository, 'keys' | 'addKey' | 'removeKey'> {
  const { access, keyId, owner } = session;
  return {
    keys: (signal) => listKeys(access.store, keyId, signal),
    async addKey(password, signal): Promise<KeyInfo> {
      const key = newKey(owner, password);
      const id = await withLock(access, lockOptions(session, false, signal), (held) =>
        addKey(access.store, access.key, key, held),
      );
      return { id, username: key.username, hostname: key.hostname, created: key.created, current: false };
    },
    removeKey: (idPrefix, signal) =>
      withLock(access, lockOptions(session, true, signal), (held) =>
        removeKey(access.store, keyId, idPrefix, held),
      ),
  };
}

/**
 * Copies snapshots into other repositories, reading the source once for all of them. Failures of a target and damage
 * of the source are in the report; raised is what keeps the source from being read. At most 8 targets.
 */
export async function copySnapshots(
  from: Repository,
  to: readonly CopyTarget[],
  options: CopyOptions = {},
): Promise<CopyReport> {
  assert(to.length <= targetsMax, `at most ${targetsMax} repositories are copied to at once`);
  const targets = to.map(({ repository, snapshotIds }) => ({ session: sessionOf(repository), snapshotIds }));
  return await copyBetween(sessionOf(from), targets, options);
}

/** Previews of what would mend a repository, and their application. */
export function repairsOf(repository: Repository): RepositoryRepair {
  return repairOf(sessionOf(repository));
}

/**
 * Raises VAULT_EXISTS when a repository is there. Gives the key that an init left when it was cut off before the
 * config, if any: it opens nothing, and one that opened with the same password would stand in the way of the real one.
 */
export async function refuseExisting(store: ObjectStore, signal?: AbortSignal): Promise<readonly string[]> {
  const keys = await listIds({ store }, 'key', signal);
  const isBegun =
    keys.length <= 1 && !(await isThere(store, configKey, signal)) && !(await hasData(store, signal));
  if (isBegun) return keys;
  throw new LifeboatError('VAULT_EXISTS', `there is a repository at ${store.location} already`, {
    hint: 'Open it with its password, or choose another location for a new one.',
  });
}

async function hasData(store: ObjectStore, signal?: AbortSignal): Promise<boolean> {
  for (const kind of ['snapshot', 'index', 'pack'] as const) {
    if ((await listIds({ store }, kind, signal)).length > 0) return true;
  }
  return false;
}

/** Raises VAULT_NOT_FOUND, OBJECT_MISSING, VAULT_DAMAGED where no password opens anything. */
export async function requireConfig(store: ObjectStore, signal?: AbortSignal): Promise<void> {
  if (await isThere(store, configKey, signal)) return;
  if (await isThere(store, spareKey(configKey), signal)) return;
  const remains = (await hasData(store, signal)) || (await hasSpares(store, signal));
  if ((await listIds({ store }, 'key', signal)).length > 0) throw lacksConfig(store, remains);
  if (remains) throw lacksKeys(store);
  throw new LifeboatError('VAULT_NOT_FOUND', `there is no vault at ${store.location}`, {
    hint: 'Check the location; `lifeboat vault init LOCATION` makes a new one.',
  });
}

async function hasSpares(store: ObjectStore, signal?: AbortSignal): Promise<boolean> {
  for await (const _object of store.list(sparePrefix, signal)) return true;
  return false;
}

function lacksConfig({ location }: ObjectStore, remains: boolean): LifeboatError {
  const unfinished = 'If the vault was never finished, make it again: `lifeboat vault init LOCATION`.';
  return new LifeboatError('OBJECT_MISSING', `the object "config" of the vault at ${location} is missing`, {
    hint: `Bring it back from another copy of the vault${remains ? `, or \`${spareKey(configKey)}\`: ${makeNone}` : `. ${unfinished}`}`,
    details: { object: configKey },
  });
}

function lacksKeys({ location }: ObjectStore): LifeboatError {
  return new LifeboatError(
    'VAULT_DAMAGED',
    `what lies at ${location} is what is left of a vault: its config, the copy of it and its keys are gone`,
    {
      hint: `Bring back \`config\` and \`keys/\`, or what lay below \`${sparePrefix}\`, from a copy of this very vault: ${makeNone}`,
      details: { object: configKey },
    },
  );
}

const makeNone =
  '`lifeboat vault bring-back` does it where the store keeps versions. Make no new vault there; another vault restores meanwhile.';

function newKey(owner: LockOwner, password: string, kdf?: ScryptCost): NewKey {
  const created = new Date(nowMs()).toISOString();
  return {
    password,
    username: owner.username,
    hostname: owner.hostname,
    created,
    ...(kdf === undefined ? {} : { kdf }),
  };
}
