import { unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { assertKey, assertPrefix } from '../key.ts';
import { objectMissing } from '../object-errors.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from '../object-store.ts';
import { checkBeneath } from './beneath.ts';
import { fileError, saysMissing } from './file-errors.ts';
import { listFiles } from './list-files.ts';
import { readFile, statFile } from './read-file.ts';
import { syncDirectory } from './sync-directory.ts';
import { createFile, writeFile } from './write-file.ts';

/**
 * A store in a directory, laid out as restic's local backend does it: the key is the path below the directory.
 * Nothing is touched before the first call, and the directory is made by the first put. Every put ends in two
 * syncs to the disk.
 */
export function openLocalStore(directory: string): ObjectStore {
  const root = resolve(directory);
  return {
    location: root,
    facts: {
      kind: 'local',
      atomicReplace: true,
      conditionalPut: true,
      objectLock: false,
      storageClasses: [],
      connections: 4,
      directory: root,
    },
    abilities: {
      createOnly: {
        create: (key, bytes, signal) =>
          onKey(root, key, 'create', signal, () => createFile(root, key, bytes, signal)),
      },
    },
    async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
      await onKey(root, key, 'write', signal, () => writeFile(root, key, bytes, signal));
    },
    async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
      return await onPresentKey(root, key, 'read', signal, () => readFile(root, key, range, signal));
    },
    async stat(key: string, signal?: AbortSignal): Promise<ObjectStat> {
      return await onPresentKey(root, key, 'look at', signal, () => statFile(root, key));
    },
    list(prefix: string, signal?: AbortSignal): AsyncGenerator<ListedObject> {
      return listWithErrors(root, prefix, signal);
    },
    async delete(key: string, signal?: AbortSignal): Promise<void> {
      await onKey(root, key, 'delete', signal, () => removeFile(root, key));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      // Nothing is held open between calls.
    },
  };
}

async function onPresentKey<T>(
  root: string,
  key: string,
  doing: string,
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
): Promise<T> {
  return await onKey(root, key, doing, signal, async () => {
    try {
      return await act();
    } catch (error) {
      throw saysMissing(error) ? objectMissing(key, root, error) : error;
    }
  });
}

async function onKey<T>(
  root: string,
  key: string,
  doing: string,
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
): Promise<T> {
  assertKey(key);
  signal?.throwIfAborted();
  try {
    return await act();
  } catch (error) {
    throw fileError(error, `${doing} ${key}`, root);
  }
}

async function* listWithErrors(
  root: string,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  assertPrefix(prefix);
  signal?.throwIfAborted();
  try {
    yield* listFiles(root, prefix, signal);
  } catch (error) {
    throw fileError(error, `list ${prefix}`, root);
  }
}

async function removeFile(root: string, key: string): Promise<void> {
  try {
    await checkBeneath(root, key);
    await unlink(join(root, key));
  } catch (error) {
    // A directory of that name is no object.
    if (saysMissing(error) || systemErrorName(error) === 'EISDIR') {
      return;
    }
    throw error;
  }
  await syncDirectory(dirname(join(root, key)));
}
