/**
 * Reads one file and saves its chunks. The file is opened without following links; when its stat differs
 * after reading from before, it is read again, and if it does not hold still the caller is told. A name that is
 * gone is opened again as well: a program that saves by renaming may have it back by then.
 */
import { closeSync, constants, fstatSync, readSync } from 'node:fs';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { type ChunkSaver, singleChunkBytesMax } from './chunk-saver.ts';
import { openForReading } from './open-for-reading.ts';
import type { FileStat, ReadContent, ReadResult } from './read-result.ts';

const attemptsMax = 3;
const scratch = Buffer.allocUnsafeSlow(singleChunkBytesMax + 1);

/** `throttle` is awaited between the chunks of a large file. */
export async function readFile(saver: ChunkSaver, path: Buffer, throttle: Throttle): Promise<ReadResult> {
  let result = await readOnce(saver, path, throttle);
  for (let attempt = 2; attempt <= attemptsMax && isUnsteady(result); attempt++) {
    result = await readOnce(saver, path, throttle);
  }
  return result;
}

/** A promise while too much is waiting to be stored. */
export type Throttle = () => Promise<void> | undefined;

function isUnsteady(result: ReadResult): boolean {
  return result.kind === 'content' ? result.changed : result.vanished;
}

async function readOnce(saver: ChunkSaver, path: Buffer, throttle: Throttle): Promise<ReadResult> {
  let fd: number | undefined;
  try {
    fd = openForReading(path);
    const before = statOf(fd);
    if ((before.mode & constants.S_IFMT) !== constants.S_IFREG)
      return unreadable('is no regular file any more', true);
    const content = await readContent(saver, fd, throttle);
    const after = statOf(fd);
    return { ...content, stat: after, changed: differs(before, after) || content.size !== after.size };
  } catch (error) {
    const name = systemErrorName(error);
    if (name === undefined) throw error;
    return unreadable(`cannot be read: ${name}`, name === 'ENOENT' || name === 'ELOOP' || name === 'ENOTDIR');
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

async function readContent(saver: ChunkSaver, fd: number, throttle: Throttle): Promise<ReadContent> {
  let got = 0;
  for (let bytes = -1; bytes !== 0 && got < scratch.length; got += bytes) {
    bytes = readSync(fd, scratch, got, scratch.length - got, null);
  }
  if (got <= singleChunkBytesMax) {
    const content = got === 0 ? [] : [saver.saveChunk(scratch.subarray(0, got))];
    return { kind: 'content', content, size: got };
  }
  return await readLarge(saver, fd, got, throttle);
}

/** The first `got` bytes are in the scratch buffer already. */
async function readLarge(
  saver: ChunkSaver,
  fd: number,
  got: number,
  throttle: Throttle,
): Promise<ReadContent> {
  const { chunker } = saver;
  const content: string[] = [];
  chunker.reset();
  chunker.buffer.set(scratch.subarray(0, got));
  let start = 0;
  let end = got;
  let size = got;
  for (let last = false; !(last && start === end); ) {
    const cut = chunker.nextCut(start, end, last);
    if (cut !== undefined) {
      content.push(saver.saveChunk(chunker.buffer.subarray(start, start + cut)));
      start += cut;
      await throttle();
      continue;
    }
    if (end === chunker.buffer.length) {
      end = chunker.moveToFront(start, end);
      start = 0;
    }
    const bytes = readSync(fd, chunker.buffer, end, chunker.buffer.length - end, null);
    end += bytes;
    size += bytes;
    last = bytes === 0;
  }
  return { kind: 'content', content, size };
}

function statOf(fd: number): FileStat {
  const stat = fstatSync(fd, { bigint: true });
  return {
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    inode: stat.ino,
    deviceId: stat.dev,
    mode: Number(stat.mode),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    links: Number(stat.nlink),
    size: Number(stat.size),
  };
}

function differs(before: FileStat, after: FileStat): boolean {
  return before.mtimeNs !== after.mtimeNs || before.ctimeNs !== after.ctimeNs || before.size !== after.size;
}

function unreadable(reason: string, vanished: boolean): ReadResult {
  return { kind: 'unreadable', reason, vanished };
}
