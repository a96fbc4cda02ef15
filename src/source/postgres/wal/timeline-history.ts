/**
 * How timelines descend from one another. A server that is promoted begins a new timeline and writes a history file:
 * a line for each ancestor, oldest first, with the timeline, the LSN where it was left, and why. Source: timeline.c.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { formatLsn, parseLsn } from './lsn.ts';

export interface TimelineHistory {
  readonly timeline: number;
  /** Oldest first. The last one is the parent of `timeline`. */
  readonly ancestors: readonly TimelineSwitch[];
}

export interface TimelineSwitch {
  readonly timeline: number;
  /** The first LSN that is not of this timeline any more. */
  readonly end: bigint;
  readonly reason: string;
}

/** The first timeline has no history file. */
export function firstTimeline(): TimelineHistory {
  return { timeline: 1, ancestors: [] };
}

/** Raises SOURCE_DAMAGED for what no server wrote. */
export function parseTimelineHistory(timeline: number, text: string): TimelineHistory {
  const ancestors = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
    .map((line) => parseLine(timeline, line));
  for (const [index, { timeline: id, end }] of ancestors.entries()) {
    const before = ancestors[index - 1];
    const isInOrder = before === undefined || (before.timeline < id && before.end <= end);
    if (!isInOrder || id >= timeline) throw damaged(timeline, 'its lines are not in order');
  }
  return { timeline, ancestors };
}

function parseLine(timeline: number, line: string): TimelineSwitch {
  const match = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)(?:\s+(.*))?$/.exec(line);
  const end = parseLsn(match?.[2] ?? '');
  if (match === null || end === undefined) throw damaged(timeline, 'a line of it cannot be read');
  return { timeline: Number(match[1]), end, reason: match[3] ?? '' };
}

function damaged(timeline: number, why: string): LifeboatError {
  return new LifeboatError('SOURCE_DAMAGED', `the history of timeline ${timeline} is no history: ${why}`, {
    hint: 'Compare the history file with the one in pg_wal of the server; a point on an older timeline can be restored without it.',
  });
}

/** Where `timeline` was left on the way to `history.timeline`; `undefined` when it is no ancestor. */
export function switchPoint(history: TimelineHistory, timeline: number): bigint | undefined {
  return history.ancestors.find((ancestor) => ancestor.timeline === timeline)?.end;
}

/** Whether the state of `timeline` at `lsn` is part of the history that led to `history.timeline`. */
export function isAncestor(history: TimelineHistory, timeline: number, lsn: bigint): boolean {
  if (timeline === history.timeline) return lsn >= timelineStart(history);
  const index = history.ancestors.findIndex((ancestor) => ancestor.timeline === timeline);
  const own = history.ancestors[index];
  const start = history.ancestors[index - 1]?.end ?? 0n;
  return own !== undefined && lsn >= start && lsn <= own.end;
}

/** Where the timeline itself begins. */
export function timelineStart(history: TimelineHistory): bigint {
  return history.ancestors.at(-1)?.end ?? 0n;
}

/** The timelines that hold the log from `start` on, as spans one after the other; the last one has no end. */
export function timelinesFrom(history: TimelineHistory, start: bigint): readonly TimelineSpan[] {
  const spans: TimelineSpan[] = [];
  let from = 0n;
  for (const { timeline, end } of history.ancestors) {
    if (end > start) spans.push({ timeline, start: from > start ? from : start, end });
    from = end;
  }
  spans.push({ timeline: history.timeline, start: from > start ? from : start });
  return spans;
}

export interface TimelineSpan {
  readonly timeline: number;
  readonly start: bigint;
  /** Absent on the last. */
  readonly end?: bigint;
}

/** For people: `1 → 2 at 0/3000060 → 3 at 0/5000028`. */
export function describeHistory(history: TimelineHistory): string {
  const [first, ...others] = [...history.ancestors.map(({ timeline }) => timeline), history.timeline];
  return [
    String(first),
    ...others.map((timeline, index) => `${timeline} at ${formatLsn(history.ancestors[index]?.end ?? 0n)}`),
  ].join(' → ');
}

/** The timeline that holds the byte at `lsn`; `undefined` before the first. */
export function timelineAt(spans: readonly TimelineSpan[], lsn: bigint): number | undefined {
  return spans.find(({ start, end }) => lsn >= start && (end === undefined || lsn < end))?.timeline;
}
