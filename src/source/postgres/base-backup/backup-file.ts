/** One file of a base backup on its way from the archive into an entry: hashed as it passes. */
import { createHash, type Hash } from 'node:crypto';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { CaptureEvent, Content } from '../../source.ts';
import {
  type IncrementalPatch,
  incrementalHeadBytes,
  readIncrementalHead,
  readIncrementalPatch,
} from '../files/incremental-file.ts';
import { type ByteReader, byteReader } from './byte-reader.ts';
import type { StreamedFile } from './manifest-check.ts';
import { fileMetadata } from './server-metadata.ts';
import type { TarEntry } from './tar-reader.ts';

export interface BackupFile {
  readonly event: CaptureEvent;
  /** Bytes that the event holds in memory. */
  readonly heldBytes: number;
  /** Its content comes from the connection while the consumer reads it. */
  readonly isLive: boolean;
  /**
   * Resolves when the archive has been read to the end of the file: at once for a small one; for a large one when the
   * consumer has read its stream. Rejects when that goes wrong.
   */
  readonly passed: Promise<void>;
}

export interface FilePlace {
  readonly name: Buffer;
  /** It holds pages, which never move. */
  readonly isPages: boolean;
  /** Told when the whole file has passed. */
  readonly done: (file: StreamedFile) => void;
}

/** Larger files are read by the consumer from the connection itself. */
export const smallBytesMax = 256 * 1024;
const blockBytes = 8192;
const pieceBytesMax = 1024 * 1024;

export async function backupFile(entry: TarEntry, place: FilePlace): Promise<BackupFile> {
  const passing = startPassing(entry, place.done);
  return await fileOf(passing, place, entry, (open) => ({
    content: { kind: 'stream', open, ...(place.isPages ? { cut: 'pages' } : {}) },
    size: entry.size,
  }));
}

export interface PatchFile extends BackupFile {
  readonly patch: IncrementalPatch;
}

/** Of an `INCREMENTAL.` file: `place.name` is that of the file that results. Raises SOURCE_DAMAGED. */
export async function patchFile(entry: TarEntry, place: FilePlace): Promise<PatchFile> {
  const passing = startPassing(entry, place.done);
  const first = Buffer.from(await passing.reader.exactly(incrementalHeadBytes));
  const { headerBytes } = readIncrementalHead(first, blockBytes);
  const rest = await passing.reader.exactly(headerBytes - first.length);
  const patch = readIncrementalPatch(Buffer.concat([first, rest]), blockBytes);
  passing.left -= headerBytes;
  const file = await fileOf(passing, place, entry, (open) => ({
    content: { kind: 'patch', ...patch, open },
    size: patch.size,
  }));
  return { ...file, patch };
}

interface Passing {
  readonly reader: ByteReader;
  /** Bytes that come yet. */
  left: number;
}

function startPassing(entry: TarEntry, done: (file: StreamedFile) => void): Passing {
  const hash = createHash('sha256');
  return { reader: byteReader(hashed(entry, hash, done)), left: entry.size };
}

async function* hashed(
  entry: TarEntry,
  hash: Hash,
  done: (file: StreamedFile) => void,
): AsyncGenerator<Buffer, void> {
  for await (const piece of entry.read()) {
    hash.update(piece);
    yield piece;
  }
  done({ size: entry.size, hash: hash.digest('hex') });
}

type Open = () => AsyncIterable<Uint8Array>;
type MakeContent = (open: Open) => { readonly content: Content; readonly size: number };

async function fileOf(
  passing: Passing,
  { name }: FilePlace,
  entry: TarEntry,
  make: MakeContent,
): Promise<BackupFile> {
  const eventOf = (open: Open): CaptureEvent => {
    const { content, size } = make(open);
    return { kind: 'entry', name, metadata: fileMetadata(entry, size), content };
  };
  if (passing.left > smallBytesMax) {
    const passed = Promise.withResolvers<void>();
    // Whoever waits for it sees it; a capture that is given up does not.
    passed.promise.catch(() => undefined);
    return {
      event: eventOf(() => live(passing.reader, passed)),
      heldBytes: 0,
      isLive: true,
      passed: passed.promise,
    };
  }
  const pieces: Buffer[] = [];
  for (let piece = await passing.reader.some(pieceBytesMax); piece !== undefined; ) {
    pieces.push(Buffer.from(piece));
    piece = await passing.reader.some(pieceBytesMax);
  }
  const event = eventOf(() => replay(pieces));
  return { event, heldBytes: passing.left, isLive: false, passed: Promise.resolve() };
}

async function* replay(pieces: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function* live(reader: ByteReader, passed: PromiseWithResolvers<void>): AsyncGenerator<Uint8Array> {
  try {
    for (let piece = await reader.some(pieceBytesMax); piece !== undefined; ) {
      yield piece;
      piece = await reader.some(pieceBytesMax);
    }
    passed.resolve();
  } catch (error) {
    passed.reject(error);
    throw error;
  } finally {
    // Who leaves early has a reason of its own.
    passed.reject(new LifeboatError('INTERRUPTED', 'a file of the base backup was not read to its end'));
  }
}
