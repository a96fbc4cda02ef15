/** Repositories for tests: made cheaply, filled from folders, read back. */

import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { uid } from '../../src/platform/host.ts';
import { addKey } from '../../src/repository/key/manage-keys.ts';
import { openKey } from '../../src/repository/key/open-key.ts';
import { objectKey } from '../../src/repository/layout.ts';
import { type InitOptions, initRepository, openRepository } from '../../src/repository/repository.ts';
import type {
  Repository,
  RestoreOptions,
  RestoreReport,
  SavedSnapshot,
  SaveRequest,
  Snapshot,
} from '../../src/repository/repository-types.ts';
import { createFilesSource } from '../../src/source/files/files-source.ts';
import { testPassword } from './stock-restic.ts';

/** Derived in a few milliseconds: the passwords of tests guard nothing. */
export const quickKdf = { N: 1024, r: 8, p: 1 };
export const quickLocks = { settleMs: 1, refreshMs: 60_000, expiryMs: 120_000 };

export type VaultOptions = Partial<Omit<InitOptions, 'store'>>;

export async function makeVault(
  place: string | ObjectStore,
  options: VaultOptions = {},
): Promise<Repository> {
  return await initRepository({ ...defaultsOf(place), kdf: quickKdf, ...options });
}

export async function openVault(
  place: string | ObjectStore,
  options: VaultOptions = {},
): Promise<Repository> {
  return await openRepository({ ...defaultsOf(place), ...options });
}

function defaultsOf(place: string | ObjectStore) {
  const store = typeof place === 'string' ? openLocalStore(place) : place;
  return { store, password: testPassword, lockTiming: quickLocks, workers: 2 };
}

/** Every start of restic derives its key, for half a second, so a cheap one takes the place of the one it made. */
export async function makeKeyCheap(vaultPath: string): Promise<void> {
  await using store = openLocalStore(vaultPath);
  const { id, masterKey } = await openKey(store, testPassword);
  const created = new Date().toISOString();
  await addKey(store, masterKey, {
    password: testPassword,
    username: 'tester',
    hostname: 'test-host',
    created,
    kdf: quickKdf,
  });
  await store.delete(objectKey('key', id));
}

/** Backs folders up as one snapshot. Everything is read again unless a parent is given. */
export async function backUp(
  vault: Repository,
  paths: string | readonly string[],
  request: Partial<SaveRequest> = {},
): Promise<SavedSnapshot> {
  const targets = typeof paths === 'string' ? [paths] : paths;
  const source = createFilesSource({ paths: targets, nowMs: () => Date.now() });
  await using capture = await source.capture();
  return await vault.write((writer) =>
    writer.saveSnapshot({
      events: capture.events,
      time: new Date().toISOString(),
      paths: targets,
      hostname: 'test-host',
      username: 'tester',
      uid: uid(),
      gid: 0,
      ...request,
    }),
  );
}

export async function restoreTo(
  vault: Repository,
  snapshot: Snapshot | string,
  target: string,
  options: Partial<RestoreOptions> = {},
): Promise<RestoreReport> {
  const found = typeof snapshot === 'string' ? await vault.snapshot(snapshot) : snapshot;
  return await vault.restore(found, { target, ...options });
}

/** The id of a folder's tree within a snapshot. */
export async function treeIdOf(vault: Repository, snapshot: Snapshot, path: string): Promise<string> {
  for await (const entry of vault.list(snapshot, { path, recursive: false })) {
    if (entry.node.subtree === undefined) break;
    return entry.node.subtree;
  }
  throw new Error(`${path} is no folder in ${snapshot.id}`);
}
