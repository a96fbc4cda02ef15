import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSegment, isUnfinishedName } from '../key.ts';
import type { ListedObject } from '../object-store.ts';
import { checkBeneath } from './beneath.ts';
import { saysMissing } from './file-errors.ts';

/** So many sizes are asked for at once, because one after the other each costs a trip to another thread. */
const statsAtOnce = 64;
const openBufferEntries = 256;

/**
 * The objects whose key begins with `prefix`, in the order of the directories. What appears or vanishes meanwhile
 * may be listed or not. Links, unfinished writes and names that no key has are not objects.
 */
export async function* listFiles(
  root: string,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  const parent = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  try {
    await checkBeneath(root, parent);
  } catch (error) {
    if (saysMissing(error)) {
      return;
    }
    throw error;
  }
  yield* listBelow(root, parent, prefix, signal);
}

async function* listBelow(
  root: string,
  parent: string,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  let files: string[] = [];
  const directories: string[] = [];
  for await (const entry of entriesOf(join(root, parent))) {
    signal?.throwIfAborted();
    const key = parent + entry.name;
    if (entry.isDirectory() && isSegment(entry.name) && `${key}/`.startsWith(prefix)) {
      directories.push(`${key}/`);
    } else if (isObject(entry) && key.startsWith(prefix)) {
      files.push(key);
    }
    if (files.length === statsAtOnce) {
      yield* sizesOf(root, files);
      files = [];
    }
  }
  yield* sizesOf(root, files);
  for (const directory of directories) {
    yield* listBelow(root, directory, prefix, signal);
  }
}

function isObject(entry: Dirent): boolean {
  return entry.isFile() && isSegment(entry.name) && !isUnfinishedName(entry.name);
}

/** Nothing where the directory is not there (any more). */
async function* entriesOf(directory: string): AsyncGenerator<Dirent> {
  try {
    for await (const entry of await opendir(directory, { bufferSize: openBufferEntries })) {
      yield entry;
    }
  } catch (error) {
    if (!saysMissing(error)) {
      throw error;
    }
  }
}

async function* sizesOf(root: string, keys: readonly string[]): AsyncGenerator<ListedObject> {
  const sizes = await Promise.all(keys.map((key) => sizeOrNothing(join(root, key))));
  for (const [index, key] of keys.entries()) {
    const size = sizes[index];
    if (size !== undefined) {
      yield { key, size };
    }
  }
}

async function sizeOrNothing(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (saysMissing(error)) {
      return undefined;
    }
    throw error;
  }
}
