import { defined } from '../../error/assert.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { type PackPiece, packPieces, type WantedBlob } from './pack-pieces.ts';
import type { PlannedFile } from './restore-plan.ts';

export interface WantedBlobs {
  /**
   * What to read, pack by pack, once, in a lane for each worker: those that write into the same file at the same time
   * wait for each other. A lane that has come to its end goes on with what another has left.
   */
  lanes(workers: number): readonly Iterable<PackPiece>[];
  /** Files that need a blob that no pack has, with the blob's id. */
  readonly missing: readonly { readonly file: number; readonly id: string }[];
  readonly packIds: readonly string[];
}

/** Every use of a blob by a file, in a few numbers each: there is one for every chunk of every file. */
interface Uses {
  readonly files: Uint32Array;
  readonly chunks: Uint32Array;
  readonly offsets: Float64Array;
  /** Numbers of the uses whose blobs lie in a pack. */
  readonly byPack: Map<string, number[]>;
}

/** Which blobs are needed from which pack, and where each of them goes. */
export function wantedBlobs(files: readonly PlannedFile[], index: BlobIndex): WantedBlobs {
  const count = files.reduce((sum, { content }) => sum + content.length, 0);
  const uses: Uses = {
    files: new Uint32Array(count),
    chunks: new Uint32Array(count),
    offsets: new Float64Array(count),
    byPack: new Map(),
  };
  const missing: { file: number; id: string }[] = [];
  let used = 0;
  for (const [file, { content }] of files.entries()) {
    let offset = 0;
    for (const [chunk, id] of content.entries()) {
      const place = index.find('data', id);
      if (!place) {
        missing.push({ file, id });
        break;
      }
      uses.files[used] = file;
      uses.chunks[used] = chunk;
      uses.offsets[used] = offset;
      usesIn(uses.byPack, place.packId).push(used++);
      offset += index.plaintextBytes('data', id) ?? 0;
    }
  }
  return {
    lanes: (workers) => lanesOf(files, uses, index, workers),
    missing,
    packIds: [...uses.byPack.keys()],
  };
}

function usesIn(byPack: Map<string, number[]>, packId: string): number[] {
  const known = byPack.get(packId);
  if (known) return known;
  const made: number[] = [];
  byPack.set(packId, made);
  return made;
}

function lanesOf(
  files: readonly PlannedFile[],
  uses: Uses,
  index: BlobIndex,
  workers: number,
): readonly Iterable<PackPiece>[] {
  const packs = [...uses.byPack];
  const each = Math.ceil(packs.length / workers);
  const rows = Array.from({ length: workers }, (_, at) =>
    piecesOf(files, uses, index, packs.slice(at * each, (at + 1) * each)),
  );
  return rows.map((_, at) => lane([...rows.slice(at), ...rows.slice(0, at)]));
}

/** Leaves to others what it does not take. */
function* lane(rows: readonly Generator<PackPiece, void>[]): Generator<PackPiece> {
  for (const row of rows) for (let next = row.next(); next.done !== true; next = row.next()) yield next.value;
}

/** The objects of one pack at a time. */
function* piecesOf(
  files: readonly PlannedFile[],
  uses: Uses,
  index: BlobIndex,
  packs: readonly (readonly [string, readonly number[]])[],
): Generator<PackPiece, void> {
  for (const [packId, numbers] of packs) {
    const blobs = new Map<string, WantedBlob>();
    for (const use of numbers) {
      const file = uses.files[use] ?? 0;
      const content = files[file]?.content ?? [];
      const id = defined(content[uses.chunks[use] ?? 0], 'chunk of a planned file');
      const blob = blobs.get(id) ?? newBlob(blobs, index, id);
      blob.targets.push({ file, offset: uses.offsets[use] ?? 0, whole: content.length === 1 });
    }
    yield* packPieces(packId, [...blobs.values()]);
  }
}

function newBlob(blobs: Map<string, WantedBlob>, index: BlobIndex, id: string): WantedBlob {
  const place = defined(index.find('data', id), 'place of a blob that was there before');
  const blob: WantedBlob = { id, place, targets: [] };
  blobs.set(id, blob);
  return blob;
}
