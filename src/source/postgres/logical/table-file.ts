/** Reads a file of a dump while it is stored, and counts the rows in it. */
import fs from 'node:fs/promises';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';

export interface ReadFile {
  /** Of the table. */
  rows: number;
  bytes: number;
}

const bufferBytes = 1024 * 1024;
const lineFeed = 0x0a;
/** What pg_dump writes behind the rows of a table. A row has no line that begins so. */
const endOfRows = Buffer.from('\\.\n\n\n');

/** Each piece is only good until the next is asked for. The figures of `read` are right at the end. */
export async function* readDumpFile(
  file: string,
  read: ReadFile,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await using handle = await openDumped(file);
  const buffer = Buffer.allocUnsafe(bufferBytes);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    read.bytes += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** As `readDumpFile`, of the rows of a table. Raises SOURCE_DAMAGED when their end is not there. */
export async function* readTableFile(
  file: string,
  read: ReadFile,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let tail: Buffer = Buffer.alloc(0);
  let lines = 0;
  for await (const bytes of readDumpFile(file, read, signal)) {
    lines += countLines(bytes);
    tail = Buffer.concat([tail, bytes.subarray(-endOfRows.length)]).subarray(-endOfRows.length - 1);
    yield bytes;
  }
  const isWhole = tail.subarray(-endOfRows.length).equals(endOfRows);
  if (!isWhole || (tail.length > endOfRows.length && tail[0] !== lineFeed)) throw notWhole(file);
  read.rows = lines - countLines(endOfRows);
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) lines++;
  return lines;
}

async function openDumped(file: string): Promise<fs.FileHandle> {
  try {
    return await fs.open(file, 'r');
  } catch (cause) {
    if (systemErrorName(cause) === undefined) throw cause;
    throw new LifeboatError('SOURCE_DAMAGED', `${file} of the dump cannot be read`, {
      hint: 'Run the backup again, and let nothing else work in the work folder.',
      cause,
    });
  }
}

function notWhole(file: string): LifeboatError {
  return new LifeboatError('SOURCE_DAMAGED', `${file} of the dump has no end`, {
    hint: 'Run the backup again, and look at the disk of the work folder.',
  });
}
