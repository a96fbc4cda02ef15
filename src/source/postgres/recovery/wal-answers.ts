/** Which files of the log a recovery may see, made of what the archive holds: exactly the chosen path, and nothing else. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { LogReader } from '../../../log-archive/log-archive.ts';
import { earlierLsn, formatLsn, laterLsn } from '../wal/lsn.ts';
import { branchName, parseHistoryName, parseSegmentName, segmentName } from '../wal/segment-name.ts';
import type { TimelineSpan } from '../wal/timeline-history.ts';
import type { Path } from './recovery-path.ts';
import type { WalAnswer } from './wal-spool.ts';

export interface WalGround {
  /** Absent: the backup has all that it needs in itself. */
  readonly log: LogReader | undefined;
  readonly path: Path;
  readonly segmentBytes: number;
  /** The engine's own texts, by timeline. */
  readonly histories: ReadonlyMap<number, Uint8Array>;
  /** The `pg_wal` of the restored copy, where the server looks when the archive has nothing. */
  readonly ownLog: string;
}

/** Raises LOG_GAP and what the archive raises: then it is not known what there is. */
export async function answerWal(ground: WalGround, name: string, signal: AbortSignal): Promise<WalAnswer> {
  const timeline = parseHistoryName(name);
  if (timeline !== undefined) return answerHistory(ground, timeline);
  const segment = parseSegmentName(name, ground.segmentBytes);
  if (segment === undefined) return { kind: 'absent' };
  const end = segment.start + BigInt(ground.segmentBytes);
  const parts = partsOf(ground.path, segment.timeline, segment.start, end);
  if (parts === undefined) return { kind: 'absent' };
  if (await isItsOwn(ground, name, parts)) return { kind: 'absent' };
  return {
    kind: 'file',
    size: ground.segmentBytes,
    bytes: readParts(ground, parts, signal),
    next: segmentName(segment.timeline, end, ground.segmentBytes),
  };
}

function answerHistory({ histories }: WalGround, timeline: number): WalAnswer {
  // All that are known, not only those of the path: the server counts on from the newest for its own timeline.
  const text = histories.get(timeline);
  return text === undefined ? { kind: 'absent' } : { kind: 'file', size: text.length, bytes: once(text) };
}

/**
 * What the file of a segment of this timeline consists of: after a switch the server copies what the parent had written
 * of the segment. `undefined` when the path has no such file.
 */
export function partsOf(
  { spans, reach }: Path,
  timeline: number,
  start: bigint,
  end: bigint,
): readonly (TimelineSpan & { readonly end: bigint })[] | undefined {
  const own = spans.findIndex((span) => span.timeline === timeline);
  const parts = spans.slice(0, own + 1).flatMap((span) => {
    const from = laterLsn(span.start, start);
    const to = earlierLsn(earlierLsn(span.end ?? reach, reach), end);
    return from < to ? [{ timeline: span.timeline, start: from, end: to }] : [];
  });
  return parts.at(-1)?.timeline === timeline ? parts : undefined;
}

/** The backup brought this segment itself, and the archive begins behind it. */
async function isItsOwn(ground: WalGround, name: string, parts: readonly TimelineSpan[]): Promise<boolean> {
  if (!ground.path.point.hasLog) return false;
  const first = parts[0];
  if (first === undefined || first.start > ground.path.point.at) return false;
  if (ground.log !== undefined && (await holdsAll(ground.log, parts))) return false;
  const size = await fs.stat(path.join(ground.ownLog, name)).then(
    (stat) => stat.size,
    () => -1,
  );
  return size === ground.segmentBytes;
}

async function holdsAll(log: LogReader, parts: readonly TimelineSpan[]): Promise<boolean> {
  const coverage = await log.coverage();
  return parts.every(({ timeline, start, end }) =>
    coverage
      .filter(({ branch }) => branch === branchName(timeline))
      .some(({ spans }) => spans.some((span) => span.start <= start && span.end >= (end ?? start))),
  );
}

async function* readParts(
  { log }: WalGround,
  parts: readonly (TimelineSpan & { readonly end: bigint })[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (const { timeline, start, end } of parts) {
    if (log === undefined) throw withoutLog(start);
    yield* log.read({ branch: branchName(timeline), start, end }, signal);
  }
}

function withoutLog(start: bigint): LifeboatError {
  return new LifeboatError(
    'RECOVERY_FAILED',
    `the recovery needs the log at ${formatLsn(start)}, and no archive was given`,
    {
      hint: 'Give the vault that holds the log of the system.',
    },
  );
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
