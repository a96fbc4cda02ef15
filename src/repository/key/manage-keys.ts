import { hash } from 'node:crypto';
import { assert } from '../../error/assert.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { makeKeyFile, openKeyFile } from '../../seal/key-file.ts';
import { parseKeyFile, type ScryptCost } from '../../seal/key-file-format.ts';
import type { SealKey } from '../../seal/seal.ts';
import { listIds } from '../index/load-index.ts';
import { objectKey } from '../layout.ts';
import type { KeyInfo } from '../repository-types.ts';
import { spareKey } from '../spare-key.ts';

export interface NewKey {
  readonly password: string;
  readonly username: string;
  readonly hostname: string;
  /** RFC 3339. */
  readonly created: string;
  /** Cost of deriving the key; the default is for people's passwords. */
  readonly kdf?: ScryptCost;
}

/** Writes one more key file for the same master key, after opening it again as a stranger would. */
export async function addKey(
  store: ObjectStore,
  masterKey: SealKey,
  key: NewKey,
  signal?: AbortSignal,
): Promise<string> {
  const bytes = await makeKeyFile({ ...key, masterKey });
  const reopened = await openKeyFile(bytes, key.password);
  assert(reopened?.encrypt.equals(masterKey.encrypt), 'the new key file opens with its password');
  const id = hash('sha256', bytes, 'hex');
  await store.put(objectKey('key', id), bytes, signal);
  return id;
}

export async function listKeys(
  store: ObjectStore,
  currentId: string,
  signal?: AbortSignal,
): Promise<KeyInfo[]> {
  const ids = await listIds({ store }, 'key', signal);
  return await Promise.all(
    ids.map(async (id) => {
      const bytes = await store.get(objectKey('key', id), undefined, signal);
      return { id, ...describeKey(bytes, id), current: id === currentId };
    }),
  );
}

/** A damaged key file is listed as well, so that it can be removed. */
function describeKey(bytes: Buffer, id: string): Omit<KeyInfo, 'id' | 'current'> {
  const problem = keyFileProblem(bytes, id);
  if (problem !== undefined) return { username: '', hostname: '', created: '', problem };
  const { username, hostname, created, cost } = parseKeyFile(bytes, objectKey('key', id));
  return { username, hostname, created, cost };
}

/** Why the key file cannot be trusted; `undefined` when it is as it was written. */
export function keyFileProblem(bytes: Buffer, id: string): string | undefined {
  try {
    parseKeyFile(bytes, objectKey('key', id));
  } catch (error) {
    if (hasCode(error, 'OBJECT_DAMAGED')) return error.message;
    throw error;
  }
  if (hash('sha256', bytes, 'hex') === id) return undefined;
  return `${objectKey('key', id)} does not have the content that its name promises`;
}

/**
 * Gives the id of the key that is gone now. The key in use cannot be removed, so that at least one way in stays. A key
 * of which only the second copy is left, because another program removed it, is found as well.
 */
export async function removeKey(
  store: ObjectStore,
  currentId: string,
  idPrefix: string,
  signal?: AbortSignal,
): Promise<string> {
  const matches = (await keysAndCopies(store, signal)).filter((id) => id.startsWith(idPrefix));
  const [id] = matches;
  if (id === undefined || matches.length > 1 || idPrefix === '') {
    throw new LifeboatError(
      'KEY_NOT_FOUND',
      `${matches.length} keys of the vault have an id that begins with "${idPrefix}"`,
      {
        hint: 'Run `lifeboat key list` and use more digits of the id.',
      },
    );
  }
  if (id === currentId) {
    throw new LifeboatError('KEY_IN_USE', `key ${id.slice(0, 8)} is the one this command was opened with`, {
      hint: 'Open the vault with another password to remove this key.',
    });
  }
  // its copy first: what is left after an interruption is a key that still stands in the list
  await store.delete(spareKey(objectKey('key', id)), signal);
  await store.delete(objectKey('key', id), signal);
  // and again, for another writer may have made the copy anew in between
  await store.delete(spareKey(objectKey('key', id)), signal);
  return id;
}

async function keysAndCopies(store: ObjectStore, signal?: AbortSignal): Promise<readonly string[]> {
  const ids = new Set(await listIds({ store }, 'key', signal));
  for await (const { key } of store.list(spareKey('keys/'), signal))
    ids.add(key.slice(spareKey('keys/').length));
  return [...ids];
}
