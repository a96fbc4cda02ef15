/**
 * What a log archive has under a name that a server asks its `restore_command` for. Where the log merely ends there is
 * nothing; where it goes on behind a hole that is an error: a server that heard "nothing" would end its recovery there.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { LogCoverage, LogReader, LogSpan } from '../../../log-archive/log-archive.ts';
import { formatLsn } from './lsn.ts';
import { chooseFiles } from './segment-files.ts';
import { branchName, parseHistoryName, parseSegmentName } from './segment-name.ts';
import { findSegmentBytes } from './segment-size.ts';
import { parseTimelineHistory } from './timeline-history.ts';

export type FoundWalFile =
  | { readonly kind: 'absent' }
  /** `bytes` and zeros behind them up to `size`. */
  | { readonly kind: 'file'; readonly size: number; readonly bytes: AsyncIterable<Uint8Array> };

/** Raises LOG_GAP and what the archive raises: then it is not known what there is. */
export async function findWalFile(log: LogReader, name: string, signal?: AbortSignal): Promise<FoundWalFile> {
  const asked = parseHistoryName(name);
  if (asked !== undefined) return await findHistory(log, asked, signal);
  const coverage = await log.coverage(signal);
  const usual = await usualFile(log, { name, coverage, segmentBytes: usualSegmentBytes }, signal);
  if (usual !== undefined) return usual;
  const segmentBytes = await findSegmentBytes(log, coverage, signal);
  const found = segmentBytes === undefined ? undefined : { name, coverage, segmentBytes };
  const file = found && (await fileOf(log, found, signal));
  return file?.kind === 'file' ? file : { kind: 'absent' };
}

/** Nearly all clusters have it: of them the log is then read once. */
const usualSegmentBytes = 16 * 1024 * 1024;
/** Holds the largest header of a page. */
const headBytes = 40;

interface AskedFile {
  readonly name: string;
  readonly coverage: readonly LogCoverage[];
  readonly segmentBytes: number;
}

/** What is wrong with it tells nothing before it is known that segments are as large as that. */
async function usualFile(
  log: LogReader,
  asked: AskedFile,
  signal: AbortSignal | undefined,
): Promise<HeldFile | undefined> {
  try {
    const found = await fileOf(log, asked, signal);
    return found !== undefined && (await saysSize(found)) ? found : undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof LifeboatError)) throw error;
    return undefined;
  }
}

async function fileOf(
  log: LogReader,
  { name, coverage, segmentBytes }: AskedFile,
  signal: AbortSignal | undefined,
): Promise<HeldFile | undefined> {
  const branch = name.slice(0, 8);
  const segment = parseSegmentName(name, segmentBytes);
  if (segment === undefined) return undefined;
  const text = segment.timeline === 1 ? undefined : await log.history(branch, signal);
  const histories = new Map(
    text === undefined
      ? []
      : [[segment.timeline, parseTimelineHistory(segment.timeline, text.toString())] as const],
  );
  const end = segment.start + BigInt(segmentBytes);
  const own = coverage.filter((each) => each.branch === branch);
  const chosen = chooseFiles({
    ...{ coverage, histories, segmentBytes, timeline: segment.timeline },
    ...{ from: segment.start, until: end },
  });
  const found = chosen.files.find((file) => file.segment === name);
  const goesOn = own.some(({ spans }) => spans.some((span) => span.end > end));
  if (goesOn && (found === undefined || found.isPartial)) throw gap(log, branch, segment.start);
  return found && heldFile(segmentBytes, bytesOf(log, found.parts, signal));
}

async function findHistory(
  log: LogReader,
  timeline: number,
  signal: AbortSignal | undefined,
): Promise<FoundWalFile> {
  const text = await log.history(branchName(timeline), signal);
  if (text === undefined) return { kind: 'absent' };
  return { kind: 'file', size: text.length, bytes: withFirst(text, []) };
}

interface HeldFile extends Extract<FoundWalFile, { kind: 'file' }> {
  /** `undefined` when there are none. */
  readonly first: () => Promise<Uint8Array | undefined>;
}

/** Its first bytes can be looked at before it is read. */
function heldFile(size: number, bytes: AsyncGenerator<Uint8Array>): HeldFile {
  let looked: Promise<IteratorResult<Uint8Array, unknown>> | undefined;
  const first = async (): Promise<Uint8Array | undefined> => {
    looked ??= bytes.next();
    const { done, value } = await looked;
    return done === true ? undefined : value;
  };
  const all = async function* (): AsyncGenerator<Uint8Array> {
    const head = await first();
    if (head !== undefined) yield* withFirst(head, bytes);
  };
  return { kind: 'file', size, first, bytes: all() };
}

async function* withFirst(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/** Whether the first page says that its segment is as large as it was taken to be. */
async function saysSize({ first, size }: HeldFile): Promise<boolean> {
  const head = await first();
  if (head === undefined || head.length < headBytes) return false;
  const page = Buffer.from(head.buffer, head.byteOffset, headBytes);
  const isLong = (page.readUInt16LE(2) & longHeader) !== 0;
  return isLong && page.readUInt32LE(32) === size;
}

/** Source: XLP_LONG_HEADER; what follows its 24 bytes are the identifier of the cluster and the size of segments. */
const longHeader = 2;

async function* bytesOf(
  log: LogReader,
  parts: readonly LogSpan[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield* log.read(part, signal);
}

function gap({ system }: LogReader, branch: string, start: bigint): LifeboatError {
  return new LifeboatError(
    'LOG_GAP',
    `the log of ${system} is not whole at ${formatLsn(start)} of timeline ${Number.parseInt(branch, 16)}, and goes on behind it`,
    { hint: 'Use the log of another vault, a backup that was taken after it, or a target before it.' },
  );
}
