import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { LifeboatError } from '../error/lifeboat-error.ts';

/** zstd's own default: the best bytes per second on the data we met; restic's "auto" is its like. */
const level = 3;
const compressOptions = { params: { [constants.ZSTD_c_compressionLevel]: level } };

/** Output of a frame whose plaintext length nobody wrote down, such as an index file: at most this. */
export const unknownLengthBytesMax = 2 ** 31 - 1;

/** One standard zstd frame. */
export function compress(plaintext: Uint8Array): Buffer {
  return zstdCompressSync(plaintext, compressOptions);
}

/** Raises OBJECT_DAMAGED naming `what` when the frame is broken or holds more than `bytesMax` bytes. */
export function decompress(frame: Uint8Array, bytesMax: number, what: string): Buffer {
  try {
    return zstdDecompressSync(frame, { maxOutputLength: Math.max(bytesMax, 1) });
  } catch (cause) {
    throw new LifeboatError('OBJECT_DAMAGED', `${what} cannot be decompressed`, {
      hint: 'Run `lifeboat check --read-data` to see what else is damaged.',
      cause,
    });
  }
}
