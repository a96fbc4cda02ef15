/**
 * Reads the tar archives of a base backup: the ustar form as PostgreSQL writes it, which knows files, folders and
 * symbolic links, names of at most 99 bytes, and sizes beyond 8 GiB in base 256. Before version 15 an archive ends
 * without the two empty blocks. Source: src/port/tar.c.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { type ByteReader, byteReader } from './byte-reader.ts';

export interface TarEntry {
  readonly type: 'file' | 'folder' | 'link';
  /** Without a slash at its end, and without the `./` that some begin with. */
  readonly path: Buffer;
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeS: number;
  readonly linkTarget: Buffer;
  /** The bytes of a file, once, to the end, before the next entry is asked for. Raises when they are cut off. */
  read(): AsyncGenerator<Buffer, void>;
}

const blockBytes = 512;
const pieceBytesMax = 1024 * 1024;
const types: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '5': 'folder',
  '2': 'link',
};

/** Raises SOURCE_INVALID for what is no such archive. */
export async function* readTar(pieces: AsyncIterable<Buffer>): AsyncGenerator<TarEntry, void> {
  const reader = byteReader(pieces);
  for (;;) {
    const block = await reader.exactly(blockBytes);
    if (block.length === 0) return;
    if (block.length < blockBytes) throw notTar('it is cut off');
    if (isEmpty(block)) break;
    const state = { isRead: false };
    const entry = parseHeader(block, reader, state);
    yield entry;
    if (!state.isRead && entry.size > 0) throw notTar('a file of it was left unread');
  }
  // Whatever pads the archive.
  while ((await reader.some(pieceBytesMax)) !== undefined);
}

function parseHeader(block: Buffer, reader: ByteReader, state: { isRead: boolean }): TarEntry {
  checkSum(block);
  const type = types[String.fromCharCode(block[156] ?? 0)];
  if (type === undefined) throw notTar('it holds an entry of a kind that is not known');
  const prefix = textAt(block, 345, 155);
  const name = textAt(block, 0, 100);
  const path = prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
  const size = type === 'file' ? numberAt(block, 124, 12) : 0;
  return {
    ...{ type, size, linkTarget: textAt(block, 157, 100) },
    path: plain(path),
    mode: numberAt(block, 100, 8) & 0o7777,
    ...{ uid: numberAt(block, 108, 8), gid: numberAt(block, 116, 8), mtimeS: numberAt(block, 136, 12) },
    async *read() {
      for (let left = size; left > 0; ) {
        const piece = await reader.some(Math.min(left, pieceBytesMax));
        if (piece === undefined) throw notTar('it is cut off');
        left -= piece.length;
        yield piece;
      }
      await reader.exactly((blockBytes - (size % blockBytes)) % blockBytes);
      state.isRead = true;
    },
  };
}

function plain(path: Buffer): Buffer {
  const start = path[0] === 0x2e && path[1] === 0x2f ? 2 : 0;
  return path.subarray(start, path.at(-1) === 0x2f ? -1 : path.length);
}

function textAt(block: Buffer, at: number, length: number): Buffer {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return Buffer.from(end === -1 ? field : field.subarray(0, end));
}

/** In octal digits, or in base 256 when the first bit is set. */
function numberAt(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0;
  const value =
    (first & 0x80) === 0
      ? Number.parseInt(
          block
            .toString('latin1', at, at + length)
            .replaceAll('\0', ' ')
            .trim() || '0',
          8,
        )
      : [...block.subarray(at + 1, at + length)].reduce((sum, byte) => sum * 256 + byte, first & 0x7f);
  if (!Number.isSafeInteger(value)) throw notTar('a number in it cannot be read');
  return value;
}

/** The sum of all bytes, those of the sum itself as blanks. */
function checkSum(block: Buffer): void {
  let sum = 8 * 0x20;
  for (let index = 0; index < blockBytes; index += 1) {
    if (index < 148 || index >= 156) sum += block[index] ?? 0;
  }
  if (sum !== numberAt(block, 148, 8)) throw notTar('the checksum of a header is wrong');
}

function isEmpty(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

function notTar(why: string): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', `an archive of the base backup cannot be read: ${why}`, {
    hint: 'Look into the log of the server, and take the backup again.',
    retryable: true,
  });
}
