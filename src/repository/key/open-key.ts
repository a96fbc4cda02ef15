import { hash } from 'node:crypto';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { openKeyFile } from '../../seal/key-file.ts';
import type { SealKey } from '../../seal/seal.ts';
import { listIds } from '../index/load-index.ts';
import { objectKey } from '../layout.ts';

/** Key files tried before giving up, as restic does. */
const keyFilesMax = 20;

export interface OpenedKey {
  readonly id: string;
  readonly masterKey: SealKey;
}

/**
 * Finds the key file that the password opens. Raises WRONG_PASSWORD; key files that are no key files are
 * passed over and named in that error.
 */
export async function openKey(
  store: ObjectStore,
  password: string,
  signal?: AbortSignal,
): Promise<OpenedKey> {
  const unreadable: string[] = [];
  const ids = await listIds({ store }, 'key', signal);
  for (const id of ids.slice(0, keyFilesMax)) {
    const masterKey = await tryKey(store, id, password, unreadable, signal);
    if (masterKey) return { id, masterKey };
  }
  throw noKeyFits(ids.slice(0, keyFilesMax), unreadable, ids.length);
}

async function tryKey(
  store: ObjectStore,
  id: string,
  password: string,
  unreadable: string[],
  signal?: AbortSignal,
): Promise<SealKey | undefined> {
  try {
    const bytes = await store.get(objectKey('key', id), undefined, signal);
    const masterKey = await openKeyFile(bytes, password);
    // a wrong bit in the salt or in the sealed key looks like a wrong password
    if (!masterKey && hash('sha256', bytes, 'hex') !== id) unreadable.push(objectKey('key', id));
    return masterKey;
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED')) throw error;
    unreadable.push(objectKey('key', id));
    return undefined;
  }
}

function noKeyFits(ids: readonly string[], unreadable: readonly string[], all: number): LifeboatError {
  if (ids.length === unreadable.length) {
    return new LifeboatError(
      'OBJECT_DAMAGED',
      `no readable key file in the vault (damaged: ${unreadable.join(', ') || 'none, all are missing'})`,
      {
        hint: 'Bring a key file back from another copy of the vault; without one the data cannot be decrypted.',
        details: { objects: unreadable },
      },
    );
  }
  const untried = all > ids.length ? ` that were tried (it has ${all})` : '';
  const damaged = unreadable.length === 0 ? '' : `; damaged key files: ${unreadable.join(', ')}`;
  return new LifeboatError(
    'WRONG_PASSWORD',
    `the password opens none of the ${ids.length - unreadable.length} keys of the vault${untried}${damaged}`,
    {
      hint: 'Check LIFEBOAT_PASSWORD, LIFEBOAT_PASSWORD_FILE or LIFEBOAT_PASSWORD_COMMAND, or use the recovery key.',
      details: { damagedKeyFiles: unreadable },
    },
  );
}
