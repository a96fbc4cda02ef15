import type { BlobLocation } from '../index/blob-index.ts';

/** Blobs that are not wanted are read along when they fill a gap no larger than this. */
const gapBytesMax = 1024 * 1024;
const pieceBytesMax = 4 * 1024 * 1024;

export interface WantedBlob {
  readonly id: string;
  readonly place: BlobLocation;
  readonly targets: { readonly file: number; readonly offset: number; readonly whole: boolean }[];
}

/** One ranged read of a pack. */
export interface PackPiece<Blob extends PlacedBlob = WantedBlob> {
  readonly packId: string;
  readonly offset: number;
  readonly length: number;
  readonly blobs: readonly Blob[];
}

interface PlacedBlob {
  readonly place: Pick<BlobLocation, 'offset' | 'length'>;
}

/** The wanted stretches of one pack, merged over small gaps, none larger than a bound unless one blob is. */
export function packPieces<Blob extends PlacedBlob>(
  packId: string,
  blobs: readonly Blob[],
): PackPiece<Blob>[] {
  const sorted = [...blobs].sort((a, b) => a.place.offset - b.place.offset);
  const pieces: { packId: string; offset: number; length: number; blobs: Blob[] }[] = [];
  for (const blob of sorted) {
    const end = blob.place.offset + blob.place.length;
    const last = pieces.at(-1);
    if (
      last &&
      blob.place.offset - (last.offset + last.length) <= gapBytesMax &&
      end - last.offset <= pieceBytesMax
    ) {
      last.length = Math.max(last.length, end - last.offset);
      last.blobs.push(blob);
    } else pieces.push({ packId, offset: blob.place.offset, length: blob.place.length, blobs: [blob] });
  }
  return pieces;
}
