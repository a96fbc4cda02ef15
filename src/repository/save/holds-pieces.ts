/**
 * Whether a file still holds what it was cut into before. Each repository cuts by a secret of its own, and what was
 * copied, or carried on from a copy, was cut by another one: other ids alone do not tell of another content.
 */
import { createHash } from 'node:crypto';
import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { openForReading } from './open-for-reading.ts';

export interface Piece {
  /** The SHA-256 of its bytes. */
  readonly id: string;
  readonly bytes: number;
}

const readAt = promisify(read);
/** Pieces may be larger. */
const bufferBytes = 1024 * 1024;

/** Reads no further than to the first piece that differs. False also for a file that cannot be read any more. */
export async function holdsPieces(
  path: Buffer,
  pieces: readonly Piece[],
  signal?: AbortSignal,
): Promise<boolean> {
  let fd: number | undefined;
  try {
    fd = openForReading(path);
    const buffer = Buffer.allocUnsafe(bufferBytes);
    let position = 0;
    for (const { id, bytes } of pieces) {
      signal?.throwIfAborted();
      if ((await idOf(fd, position, bytes, buffer)) !== id) return false;
      position += bytes;
    }
    return (await readAt(fd, buffer, 0, 1, position)).bytesRead === 0;
  } catch (error) {
    if (signal?.aborted || systemErrorName(error) === undefined) throw error;
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** `undefined` where the file ends before. */
async function idOf(fd: number, start: number, bytes: number, buffer: Buffer): Promise<string | undefined> {
  const sum = createHash('sha256');
  for (let done = 0; done < bytes; ) {
    const length = Math.min(buffer.length, bytes - done);
    const { bytesRead } = await readAt(fd, buffer, 0, length, start + done);
    if (bytesRead === 0) return undefined;
    sum.update(buffer.subarray(0, bytesRead));
    done += bytesRead;
  }
  return sum.digest('hex');
}
