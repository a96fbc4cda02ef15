/** What can still be read out of a pack that is damaged: every blob whose bytes are those of its id. */
import { objectKey } from '../layout.ts';
import type { BlobType, PackedBlob } from '../pack/pack-header.ts';
import { headerOfPack } from '../pack/read-header.ts';
import { openBlob } from '../read/open-blob.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { placeText, unlessDamaged } from './anatomy.ts';

export interface ReadableBlob {
  readonly type: BlobType;
  readonly id: string;
  readonly bytes: Buffer;
}

/** Looks where the index says, and where the pack's own header does. Nothing when the pack is gone. */
export async function* salvagePack(
  access: RepositoryAccess,
  packId: string,
  indexed: readonly PackedBlob[],
  signal?: AbortSignal,
): AsyncGenerator<ReadableBlob> {
  const key = objectKey('pack', packId);
  const pack = await unlessDamaged(() => access.store.get(key, undefined, signal));
  if (!pack) return;
  const header = (await unlessDamaged(() => headerOfPack(access, pack, key))) ?? [];
  const places = new Map([...indexed, ...header].map((blob) => [placeText(blob), blob]));
  const found = new Set<string>();
  for (const { type, id, offset, length, uncompressedLength } of places.values()) {
    if (found.has(`${type} ${id}`) || offset + length > pack.length) continue;
    const sealed = pack.subarray(offset, offset + length);
    const bytes = await unlessDamaged(() =>
      openBlob(access.key, sealed, { type, id, packId, uncompressedLength }),
    );
    if (!bytes) continue;
    found.add(`${type} ${id}`);
    yield { type, id, bytes };
  }
}
