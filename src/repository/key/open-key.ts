import { LifeboatError } from '../../error/lifeboat-error.ts';
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
  throw noKeyFits(ids, unreadable);
}

async function tryKey(
  store: ObjectStore,
  id: string,
  password: string,
  unreadable: string[],
  signal?: AbortSignal,
): Promise<SealKey | undefined> {
  const bytes = await store.get(objectKey('key', id), undefined, signal);
  try {
    return await openKeyFile(bytes, password);
  } catch (error) {
    if (!(error instanceof LifeboatError) || error.code !== 'OBJECT_DAMAGED') throw error;
    unreadable.push(`keys/${id}`);
    return undefined;
  }
}

function noKeyFits(ids: readonly string[], unreadable: readonly string[]): LifeboatError {
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
  const damaged = unreadable.length === 0 ? '' : `; damaged key files: ${unreadable.join(', ')}`;
  return new LifeboatError(
    'WRONG_PASSWORD',
    `the password opens none of the ${ids.length - unreadable.length} keys of the vault${damaged}`,
    {
      hint: 'Check LIFEBOAT_PASSWORD, LIFEBOAT_PASSWORD_FILE or LIFEBOAT_PASSWORD_COMMAND, or use the recovery key.',
      details: { damagedKeyFiles: unreadable },
    },
  );
}
