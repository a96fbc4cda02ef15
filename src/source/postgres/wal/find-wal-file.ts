/**
 * What a log archive has under a name that a server asks its `restore_command` for. Where the log merely ends there is
 * nothing; where it goes on behind a hole that is an error: a server that heard "nothing" would end its recovery there.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { LogReader, LogSpan } from '../../../log-archive/log-archive.ts';
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
  const branch = name.slice(0, 8);
  const coverage = await log.coverage(signal);
  const segmentBytes = await findSegmentBytes(log, coverage, signal);
  const segment = segmentBytes === undefined ? undefined : parseSegmentName(name, segmentBytes);
  if (segment === undefined || segmentBytes === undefined) return { kind: 'absent' };
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
  if (found === undefined) return { kind: 'absent' };
  return { kind: 'file', size: segmentBytes, bytes: bytesOf(log, found.parts, signal) };
}

async function findHistory(
  log: LogReader,
  timeline: number,
  signal: AbortSignal | undefined,
): Promise<FoundWalFile> {
  const text = await log.history(branchName(timeline), signal);
  return text === undefined ? { kind: 'absent' } : { kind: 'file', size: text.length, bytes: once(text) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

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
