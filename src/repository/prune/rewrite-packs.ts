/**
 * Moves blobs into new packs. Every blob is taken apart and compared with its name before it is sealed again, and once
 * more after: what is not whole is not moved, and then nothing at all is removed.
 */
import { assert } from '../../error/assert.ts';
import { type SealKey, unsealInto } from '../../seal/seal.ts';
import { createCompressor } from '../compression.ts';
import { forEachLimited } from '../for-each-limited.ts';
import type { IndexedPack } from '../index/index-file.ts';
import { objectKey } from '../layout.ts';
import {
  createPackBuilder,
  type FinishedPack,
  type NewBlob,
  treePackBytesTarget,
} from '../pack/pack-builder.ts';
import type { BlobType } from '../pack/pack-header.ts';
import { putPack } from '../pack/put-pack.ts';
import { createWholeBlobOpener } from '../read/open-blob.ts';
import { packPieces } from '../restore/pack-pieces.ts';
import { createBlobCheck } from '../save/chunk-saver.ts';
import { createScratchBuffer } from '../scratch-buffer.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import type { WorkProgress } from '../work-progress.ts';
import type { Places } from './places.ts';

/** Packs that are read from at once. */
const packsMax = 4;

export interface RewriteOptions {
  readonly packBytesTarget: number;
  readonly progress?: ((progress: WorkProgress) => void) | undefined;
  readonly signal: AbortSignal;
}

export interface Rewritten {
  readonly packs: readonly IndexedPack[];
  /** Bytes of the new packs. */
  readonly bytes: number;
}

/** The new packs are durable when it resolves; no index file names them yet. Raises OBJECT_DAMAGED, OBJECT_MISSING. */
export async function rewritePacks(
  access: RepositoryAccess,
  places: Places,
  moved: ReadonlyMap<number, readonly number[]>,
  options: RewriteOptions,
): Promise<Rewritten> {
  const { signal, progress } = options;
  const { index } = places;
  const totalBytes = bytesOf(places, moved);
  const mover = createMover(access, options.packBytesTarget);
  const packs: IndexedPack[] = [];
  let [doneBytes, newBytes] = [0, 0];
  const store = async (finished: readonly FinishedPack[]): Promise<void> => {
    for (const pack of finished) {
      await putPack(access, { ...pack, buffer: pack.buffer.buffer }, signal);
      packs.push({ id: pack.id, blobs: pack.blobs });
      newBytes += pack.length;
    }
  };
  await forEachLimited(moved, packsMax, async ([pack, own]) => {
    const packId = index.packIds[pack] ?? '';
    const wanted = own.map((entry) => {
      const { id, type, ...place } = index.entryAt(entry);
      return { id, type, place };
    });
    for (const piece of packPieces(packId, wanted)) {
      signal.throwIfAborted();
      const bytes = await access.store.get(objectKey('pack', packId), piece, signal);
      for (const { id, type, place } of piece.blobs) {
        const start = place.offset - piece.offset;
        const sealed = bytes.subarray(start, start + place.length);
        await store(mover.add(sealed, { id, type, ...place }));
        doneBytes += place.length;
        progress?.({ phase: 'prune: rewrite', doneFiles: 0, doneBytes, totalBytes });
      }
    }
  });
  await store(mover.finish());
  return { packs, bytes: newBytes };
}

interface MovedBlob {
  readonly id: string;
  readonly type: BlobType;
  readonly packId: string;
  readonly uncompressedLength: number;
}

function createMover(access: RepositoryAccess, packBytesTarget: number) {
  const { key, version } = access;
  const open = createWholeBlobOpener(key);
  const compress = createCompressor();
  const checkWhole = createBlobCheck(key);
  const checkSame = createSameContentCheck(key);
  let isNewFrame = false;
  const check = (sealed: Uint8Array, blob: NewBlob) => (isNewFrame ? checkWhole : checkSame)(sealed, blob);
  const takeBuffer = (bytesMin: number) => new Uint8Array(bytesMin);
  const builderOf = (target: number) => createPackBuilder(key, takeBuffer, check, target);
  const builders = {
    data: builderOf(packBytesTarget),
    tree: builderOf(Math.min(packBytesTarget, treePackBytesTarget)),
  };
  return {
    add(sealed: Uint8Array, blob: MovedBlob): FinishedPack[] {
      const { plaintext, content } = open(sealed, blob);
      const compresses = version === 2 && blob.uncompressedLength === 0 && plaintext.length > 0;
      isNewFrame = compresses;
      return builders[blob.type].add({
        id: blob.id,
        type: blob.type,
        content: compresses ? compress(plaintext) : content,
        uncompressedLength: compresses ? plaintext.length : blob.uncompressedLength,
      });
    },
    finish: () => [builders.data.finish(), builders.tree.finish()].filter((pack) => pack !== undefined),
  };
}

/** What was just proven by its name need not be taken apart again: it is enough that the seal gives it back. */
function createSameContentCheck(key: SealKey): (sealed: Uint8Array, blob: NewBlob) => void {
  const scratch = createScratchBuffer();
  return (sealed, { id, content }) => {
    const what = `new blob ${id}`;
    const stored = scratch(content.length);
    const length = unsealInto(key, sealed, stored, 0, what);
    const isSame = stored.subarray(0, length).equals(content);
    assert(isSame, `${what} reads back as written; the memory may be faulty`);
  };
}

function bytesOf({ index }: Places, moved: ReadonlyMap<number, readonly number[]>): number {
  let bytes = 0;
  for (const own of moved.values()) for (const place of own) bytes += index.lengthAt(place);
  return bytes;
}
