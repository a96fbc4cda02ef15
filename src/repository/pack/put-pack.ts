/**
 * Stores a pack. Packs of data may go into a storage class that is slow to read; packs of trees never do, so that
 * a vault can be listed, checked for structure and prepared for a restore without thawing anything.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { objectKey } from '../layout.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import type { PackedBlob } from './pack-header.ts';

export interface PackToPut {
  readonly id: string;
  readonly buffer: ArrayBuffer;
  /** The pack is the first `length` bytes. */
  readonly length: number;
  readonly blobs: readonly PackedBlob[];
}

/** Raises STORE_UNFIT when the store has no such class. */
export async function putPack(
  access: RepositoryAccess,
  pack: PackToPut,
  signal?: AbortSignal,
): Promise<void> {
  const { store, dataPackClass } = access;
  const key = objectKey('pack', pack.id);
  const bytes = new Uint8Array(pack.buffer, 0, pack.length);
  if (dataPackClass === undefined || pack.blobs.some(({ type }) => type === 'tree')) {
    await store.put(key, bytes, signal);
    return;
  }
  await classesOf(access, dataPackClass).putInto(dataPackClass, key, bytes, signal);
}

function classesOf({ store }: RepositoryAccess, wanted: string) {
  const { storageClasses } = store.abilities;
  if (storageClasses !== undefined && store.facts.storageClasses.includes(wanted)) return storageClasses;
  const known = store.facts.storageClasses;
  throw new LifeboatError('STORE_UNFIT', `the store at ${store.location} has no storage class ${wanted}`, {
    hint: `Change \`storage_class\` of the vault in the plan${known.length === 0 ? '; this store has no classes' : ` to one of ${known.join(', ')}`}.`,
  });
}
