/** Bytes that another vault has, as blocks with their marks, for a lane that is behind. */
import type { LogReader, LogSpan } from '../log-archive/log-archive.ts';
import { type Block, cutAtWindows } from './log-buffer.ts';
import type { LogEngine } from './shipping.ts';

/** Before the first byte: a record that ends in it has begun within this, so that it is told of. */
const leadBytes = 64n * 1024n;

/** Raises LOG_GAP and what else reading the archive raises. */
export async function* donorBlocks(
  donor: LogReader,
  span: LogSpan,
  engine: LogEngine,
  segmentBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Block, void, undefined> {
  const { branch, start, end } = span;
  const from = await leadFrom(donor, span, engine, signal);
  const marker = engine.markReader(from, segmentBytes);
  let at = from;
  for await (const bytes of donor.read({ branch, start: from, end }, signal))
    for (const part of cutAt(at, bytes, start)) {
      const marks = marker.take(part.bytes);
      at = part.start + BigInt(part.bytes.length);
      if (part.start >= start) yield { ...part, marks };
    }
}

/** The page where reading begins, as far back as the archive reaches. */
async function leadFrom(
  donor: LogReader,
  { branch, start }: LogSpan,
  { pageBytes }: LogEngine,
  signal: AbortSignal,
): Promise<bigint> {
  const page = BigInt(pageBytes);
  const wanted = start > leadBytes ? start - leadBytes : 0n;
  const aligned = wanted - (wanted % page);
  for await (const piece of donor.pieces({ branch, start: aligned, end: start }, signal)) {
    const from = piece.start > aligned ? piece.start + ((page - (piece.start % page)) % page) : aligned;
    return from < start ? from : start;
  }
  return start;
}

function* cutAt(
  at: bigint,
  bytes: Uint8Array,
  border: bigint,
): Generator<{ start: bigint; bytes: Uint8Array }> {
  const before = at < border ? Math.min(Number(border - at), bytes.length) : 0;
  if (before > 0) yield { start: at, bytes: bytes.subarray(0, before) };
  if (before < bytes.length) yield* cutAtWindows(at + BigInt(before), bytes.subarray(before));
}
