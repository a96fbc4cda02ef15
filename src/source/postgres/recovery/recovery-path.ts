/** The log that leads from a base backup to a timeline, as far as the archive holds it without a hole. */
import type { LogSpan } from '../../../log-archive/log-archive.ts';
import { largest } from '../../../platform/largest.ts';
import { earlierLsn, formatLsn, laterLsn } from '../wal/lsn.ts';
import { branchName, segmentStart } from '../wal/segment-name.ts';
import { type TimelineHistory, type TimelineSpan, timelinesFrom } from '../wal/timeline-history.ts';
import type { BasePoint, MarkedSpan, RecoveryGround } from './recovery-ground.ts';

export interface Path {
  readonly point: BasePoint;
  readonly timeline: number;
  /** The timelines from the segment on in which the base backup begins, in order. */
  readonly spans: readonly TimelineSpan[];
  /** Everything up to here can be replayed; never before `point.at` when that is consistent by itself. */
  readonly reach: bigint;
  /** What is missing behind the reach although the archive holds more of the path. */
  readonly lack?: Lack;
  /** The pieces that lie on it, up to the reach. */
  readonly pieces: readonly MarkedSpan[];
  /** Everything up to this moment that was written is in the reach: the newest heartbeat or commit. */
  readonly knownUntilMs?: number;
}

export interface Lack {
  readonly timeline: number;
  readonly start: bigint;
  /** Where the archive goes on. */
  readonly end: bigint;
}

export function pathFrom(ground: RecoveryGround, point: BasePoint, history: TimelineHistory): Path {
  // A server reads whole segments, of which the first may have begun on an older timeline.
  const first = segmentStart(point.base, ground.segmentBytes);
  const spans = timelinesFrom(history, point.hasLog ? point.at : first);
  const walked = walk(ground, spans, point);
  const pieces = ground.pieces.filter((piece) => isOnPath(piece, spans, walked.reach));
  const times = pieces.flatMap(({ marks }) =>
    [marks.lastCommitAtMs ?? [], marks.heartbeat?.writtenAtMs ?? []].flat(),
  );
  return {
    point,
    timeline: history.timeline,
    spans: timelinesFrom(history, first),
    ...walked,
    pieces,
    ...(times.length === 0 ? {} : { knownUntilMs: largest(times) }),
  };
}

function walk(
  ground: RecoveryGround,
  spans: readonly TimelineSpan[],
  point: BasePoint,
): { readonly reach: bigint; readonly lack?: Lack } {
  // A backup with its own log is consistent by itself; one without needs all of the segment that it begins in.
  let reach = point.hasLog ? point.at : segmentStart(point.base, ground.segmentBytes);
  for (const span of spans) {
    const held = spansOf(ground, span.timeline);
    const continues = held.find(({ start, end }) => start <= reach && end > reach);
    const limit = span.end ?? continues?.end ?? reach;
    const end = continues === undefined ? reach : earlierLsn(continues.end, limit);
    if (end > reach) reach = end;
    const isWhole = span.end !== undefined && reach >= span.end;
    if (isWhole) continue;
    const lack = lackBehind(ground, reach, spans.slice(spans.indexOf(span)));
    return lack === undefined ? { reach } : { reach, lack };
  }
  return { reach };
}

/** The first bytes of the path that the archive holds again behind a hole. */
function lackBehind(ground: RecoveryGround, reach: bigint, spans: readonly TimelineSpan[]): Lack | undefined {
  const first = spans[0];
  for (const span of spans) {
    const next = spansOf(ground, span.timeline).find(
      ({ start, end }) => end > reach && (span.end === undefined || start < span.end) && end > span.start,
    );
    if (next !== undefined && first !== undefined)
      return { timeline: first.timeline, start: reach, end: laterLsn(next.start, span.start) };
  }
  return undefined;
}

function isOnPath(piece: MarkedSpan, spans: readonly TimelineSpan[], reach: bigint): boolean {
  return spans.some(
    (span) =>
      piece.branch === branchName(span.timeline) &&
      piece.end > span.start &&
      piece.end <= reach &&
      (span.end === undefined || piece.start < span.end),
  );
}

function spansOf(ground: RecoveryGround, timeline: number): readonly LogSpan[] {
  return ground.coverage.find(({ branch }) => branch === branchName(timeline))?.spans ?? [];
}

export function describeLack({ timeline, start, end }: Lack): string {
  return `the log from ${formatLsn(start)} to ${formatLsn(end)} of timeline ${timeline} is in no piece of the archive`;
}
