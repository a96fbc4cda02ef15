/**
 * Saves a file that is an older one with some of its bytes replaced, without reading what did not change. The result
 * has the same blobs as if all its bytes had come as a stream cut at pages.
 *
 * Glossary: the *base* is the older file as the repository holds it; a *piece* is what lies between two cuts. A piece
 * without a change keeps the blob of the base; one that is replaced in part is read and patched; of one that is
 * replaced as a whole nothing is read. A base that was cut at other places is read as a whole and cut anew.
 */
import { assert, defined } from '../../error/assert.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Content, ContentRange } from '../../source/source.ts';
import { pageCutBytes } from './page-cut.ts';
import type { ReadContent } from './read-result.ts';
import type { PieceSaver } from './stream-intake.ts';

export type PatchContent = Extract<Content, { kind: 'patch' }>;

export interface PatchContext {
  readonly pieces: PieceSaver;
  saveStream(bytes: AsyncIterable<Uint8Array>, cut: 'pages'): Promise<ReadContent>;
  /** Bytes of a blob of data. Raises OBJECT_MISSING. */
  plaintextBytes(id: string): number;
  /** Raises OBJECT_MISSING, OBJECT_DAMAGED naming the blob. */
  read(id: string): Promise<Buffer>;
}

/** Of the base, ahead of the piece under way; one piece may be larger. */
const readAheadBytes = 16 * pageCutBytes;

interface BasePiece {
  readonly id: string;
  readonly bytes: number;
}

/** `base` are the ids of the older file's blobs, in order. */
export async function savePatched(
  context: PatchContext,
  base: readonly string[],
  patch: PatchContent,
  signal?: AbortSignal,
): Promise<ReadContent> {
  requireOrder(patch);
  const pieces = base.map((id) => ({ id, bytes: context.plaintextBytes(id) }));
  if (!isCutAtPages(pieces))
    return await context.saveStream(wholeFile(context, pieces, patch, signal), 'pages');
  const pending = await context.pieces.whileReading(() => savePieces(context, pieces, patch, signal));
  return { kind: 'content', content: await Promise.all(pending), size: patch.size };
}

function requireOrder({ ranges, size }: PatchContent): void {
  let end = 0;
  for (const { at, length } of ranges) {
    assert(
      at >= end && length > 0 && at + length <= size,
      'what a patch replaces is in order and within the file',
    );
    end = at + length;
  }
}

function isCutAtPages(pieces: readonly BasePiece[]): boolean {
  const last = pieces.length - 1;
  return pieces.every(({ bytes }, n) => (n === last ? bytes <= pageCutBytes : bytes === pageCutBytes));
}

/** What is known of a piece of the new file before a byte of it is there. */
interface PlannedPiece {
  readonly start: number;
  readonly bytes: number;
  /** The parts of the ranges that lie in it. */
  readonly ranges: readonly ContentRange[];
  readonly base: BasePiece | undefined;
  readonly fate: 'kept' | 'patched' | 'made';
}

/** Ids of the new file's pieces, or who will tell them. */
async function savePieces(
  context: PatchContext,
  base: readonly BasePiece[],
  patch: PatchContent,
  signal: AbortSignal | undefined,
): Promise<(string | Promise<string>)[]> {
  const plan = [...planPieces(base, patch)];
  const patched = plan.flatMap((piece) => (piece.fate === 'patched' && piece.base ? [piece.base] : []));
  const older = readAhead(context, patched);
  await using replaced = openReplaced(patch, signal);
  const buffer = Buffer.allocUnsafe(pageCutBytes);
  const ids: (string | Promise<string>)[] = [];
  for (const piece of plan) {
    signal?.throwIfAborted();
    if (piece.fate === 'kept' && piece.base) {
      ids.push(piece.base.id);
      continue;
    }
    const made = buffer.subarray(0, piece.bytes);
    const before = piece.fate === 'patched' ? await nextOf(older) : Buffer.alloc(0);
    made.fill(0, before.copy(made));
    await replaced.putInto(made, piece);
    ids.push((await context.pieces.savePiece(made, 'pages')).id);
  }
  await replaced.requireEnd();
  return ids;
}

/** The whole new file, piece by piece; each is only good until the next is asked for. */
async function* wholeFile(
  context: PatchContext,
  base: readonly BasePiece[],
  patch: PatchContent,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const older = readAhead(context, base);
  await using replaced = openReplaced(patch, signal);
  const buffer = Buffer.allocUnsafe(pageCutBytes);
  let rest: Buffer = Buffer.alloc(0);
  for (const piece of planPieces([], patch)) {
    signal?.throwIfAborted();
    const made = buffer.subarray(0, piece.bytes);
    let filled = 0;
    while (filled < made.length) {
      if (rest.length === 0) {
        const next = await older.next();
        if (next.done) break;
        rest = next.value;
      }
      const bytes = rest.copy(made, filled);
      rest = rest.subarray(bytes);
      filled += bytes;
    }
    made.fill(0, filled);
    await replaced.putInto(made, piece);
    yield made;
  }
  await replaced.requireEnd();
}

function* planPieces(base: readonly BasePiece[], { size, ranges }: PatchContent): Generator<PlannedPiece> {
  let next = 0;
  for (let start = 0; start < size; start += pageCutBytes) {
    const bytes = Math.min(pageCutBytes, size - start);
    const inside: ContentRange[] = [];
    for (let range = ranges[next]; range && range.at < start + bytes; range = ranges[next]) {
      const at = Math.max(range.at, start);
      const end = Math.min(range.at + range.length, start + bytes);
      inside.push({ at, length: end - at });
      if (range.at + range.length > start + bytes) break;
      next++;
    }
    const piece = base[start / pageCutBytes];
    yield { start, bytes, ranges: inside, base: piece, fate: fateOf(piece, start, bytes, inside) };
  }
}

function fateOf(
  base: BasePiece | undefined,
  start: number,
  bytes: number,
  ranges: readonly ContentRange[],
): PlannedPiece['fate'] {
  if (base === undefined) return 'made';
  if (ranges.length === 0 && base.bytes === bytes) return 'kept';
  let replacedTo = start;
  for (const { at, length } of ranges) if (at === replacedTo) replacedTo = at + length;
  return replacedTo >= start + Math.min(base.bytes, bytes) ? 'made' : 'patched';
}

/** The blobs in order, the next ones being fetched while one is in use. */
async function* readAhead(context: PatchContext, pieces: readonly BasePiece[]): AsyncGenerator<Buffer> {
  const reading: Promise<Buffer>[] = [];
  let ahead = 0;
  let next = 0;
  for (const { bytes } of pieces) {
    for (
      let piece = pieces[next];
      piece && (reading.length === 0 || ahead + piece.bytes <= readAheadBytes);
      piece = pieces[++next]
    ) {
      const read = context.read(piece.id);
      // it is awaited in its turn; until then a failure must not count as unhandled
      read.catch(() => undefined);
      reading.push(read);
      ahead += piece.bytes;
    }
    yield await defined(reading.shift(), 'the piece that is read');
    ahead -= bytes;
  }
}

async function nextOf(older: AsyncGenerator<Buffer>): Promise<Buffer> {
  const next = await older.next();
  assert(!next.done, 'every piece that is patched is read');
  return next.value;
}

interface Replaced extends AsyncDisposable {
  /** Puts the bytes of the piece's ranges where they belong in it. */
  putInto(made: Buffer, piece: PlannedPiece): Promise<void>;
  requireEnd(): Promise<void>;
}

/** The bytes of the ranges as they come from the source. */
function openReplaced(patch: PatchContent, signal: AbortSignal | undefined): Replaced {
  const source = patch.open(signal)[Symbol.asyncIterator]();
  let rest: Uint8Array = Buffer.alloc(0);
  let ended = false;

  async function more(): Promise<boolean> {
    while (rest.length === 0 && !ended) {
      const next = await source.next();
      if (next.done) ended = true;
      else rest = next.value;
    }
    return !ended;
  }

  async function fill(target: Buffer): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      if (!(await more())) throw wrongLength('fewer');
      const part = rest.subarray(0, target.length - filled);
      target.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
    }
  }

  return {
    async putInto(made, { start, ranges }) {
      for (const { at, length } of ranges) await fill(made.subarray(at - start, at - start + length));
    },
    async requireEnd() {
      if (await more()) throw wrongLength('more');
    },
    async [Symbol.asyncDispose]() {
      if (!ended) await source.return?.();
    },
  };
}

function wrongLength(what: 'fewer' | 'more'): LifeboatError {
  return new LifeboatError(
    'SOURCE_DAMAGED',
    `the source sent ${what} changed bytes of a file than it had announced`,
    { hint: 'Run the backup again; if it happens again, take a full one.' },
  );
}
