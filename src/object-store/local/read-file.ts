import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { checkRange, objectMissing, objectTooShort } from '../object-errors.ts';
import type { ByteRange, ObjectStat } from '../object-store.ts';
import { checkBeneath, leadsOutside } from './beneath.ts';

/** Between two pieces a signal is looked at. */
const pieceBytes = 16 * 1024 * 1024;
/** Follows no link, and does not wait for a writer should somebody have put a pipe there. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export async function readFile(
  root: string,
  key: string,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  await checkBeneath(root, key);
  const handle = await openFile(root, key);
  try {
    const size = await fileSize(handle, root, key);
    const wanted = range ?? { offset: 0, length: size };
    checkRange(wanted, size, key, root);
    return await readWhole(handle, root, key, wanted, signal);
  } finally {
    await handle.close();
  }
}

/** In bytes; follows no link. */
export async function statFile(root: string, key: string): Promise<ObjectStat> {
  await checkBeneath(root, key);
  const stats = await lstat(join(root, key));
  if (stats.isSymbolicLink()) {
    throw leadsOutside(key, root);
  }
  if (!stats.isFile()) {
    throw objectMissing(key, root);
  }
  return { size: stats.size, modifiedMs: stats.mtimeMs };
}

async function openFile(root: string, key: string): Promise<FileHandle> {
  try {
    return await open(join(root, key), openFlags);
  } catch (error) {
    throw systemErrorName(error) === 'ELOOP' ? leadsOutside(key, root) : error;
  }
}

/** A directory or a pipe of that name is no object. */
async function fileSize(handle: FileHandle, root: string, key: string): Promise<number> {
  const stats = await handle.stat();
  if (!stats.isFile()) {
    throw objectMissing(key, root);
  }
  return stats.size;
}

async function readWhole(
  handle: FileHandle,
  root: string,
  key: string,
  { offset, length }: ByteRange,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  // Memory of its own, so that the caller can hand it to another thread.
  const buffer = Buffer.allocUnsafeSlow(length);
  for (let at = 0; at < length; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, at, Math.min(pieceBytes, length - at), offset + at);
    if (bytesRead === 0) {
      throw objectTooShort(key, root, offset + at, offset + length);
    }
    at += bytesRead;
  }
  return buffer;
}
