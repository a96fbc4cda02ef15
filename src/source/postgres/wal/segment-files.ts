/** Which files of the server a log makes: pure. */
import type { LogCoverage, LogSpan } from '../../../log-archive/log-archive.ts';
import { earlierLsn, formatLsn, laterLsn } from './lsn.ts';
import { branchName, parseBranchName, segmentName, segmentStart } from './segment-name.ts';
import { type TimelineHistory, timelinesFrom } from './timeline-history.ts';

/** Of a segment that was not written to its end, as `pg_receivewal` names it; zeros fill it up. */
export const partialEnding = '.partial';

export interface SegmentFile {
  /** Without an ending: 24 hexadecimal digits. */
  readonly segment: string;
  readonly isPartial: boolean;
  /** One behind the other from the first byte of the file on; the last is of its own timeline. */
  readonly parts: readonly LogSpan[];
  readonly bytes: number;
}

export interface FileChoice {
  readonly coverage: readonly LogCoverage[];
  /** By timeline; the first has none. */
  readonly histories: ReadonlyMap<number, TimelineHistory>;
  readonly segmentBytes: number;
  /** Only what leads to the end of this timeline. */
  readonly timeline?: number | undefined;
  /** Only segments that hold something behind the one and before the other. */
  readonly from?: bigint | undefined;
  readonly until?: bigint | undefined;
}

export interface ChosenFiles {
  /** By timeline and place. */
  readonly files: readonly SegmentFile[];
  /** In words: what is missing between them. */
  readonly lacks: readonly string[];
}

export function chooseFiles(choice: FileChoice): ChosenFiles {
  const files: SegmentFile[] = [];
  const lacks: string[] = [];
  for (const { branch, spans, gaps } of choice.coverage) {
    const timeline = parseBranchName(branch);
    const limit = timeline === undefined ? undefined : limitOf(choice, timeline);
    if (timeline === undefined || limit === undefined) continue;
    const made = spans.flatMap((span) => [
      ...filesOf(choice, timeline, { ...span, end: earlierLsn(span.end, limit) }),
    ]);
    files.push(...made.filter((file) => typeof file !== 'string'));
    lacks.push(...made.filter((file) => typeof file === 'string'));
    const missing = gaps.filter((gap) => gap.start < limit && isWanted(choice, gap));
    lacks.push(...missing.map((gap) => gapText(timeline, gap)));
  }
  return { files, lacks };
}

/** Up to where the timeline is wanted; `undefined`: not at all. */
function limitOf({ timeline: wanted, histories }: FileChoice, timeline: number): bigint | undefined {
  const endless = 2n ** 64n;
  if (wanted === undefined || wanted === timeline) return endless;
  return histories.get(wanted)?.ancestors.find((each) => each.timeline === timeline)?.end;
}

function isWanted({ from = 0n, until }: FileChoice, { start, end }: { start: bigint; end: bigint }): boolean {
  return end > from && (until === undefined || start < until);
}

function* filesOf(choice: FileChoice, timeline: number, span: LogSpan): Generator<SegmentFile | string> {
  const step = BigInt(choice.segmentBytes);
  for (let at = segmentStart(span.start, choice.segmentBytes); at < span.end; at += step) {
    if (!isWanted(choice, { start: at, end: at + step })) continue;
    const [start, end] = [laterLsn(at, span.start), earlierLsn(at + step, span.end)];
    const head = start === at ? [] : headOf(choice, timeline, at, start);
    const segment = segmentName(timeline, at, choice.segmentBytes);
    if (head === undefined)
      yield `the beginning of ${segment}, from ${formatLsn(at)} to ${formatLsn(start)}, is missing`;
    else {
      const parts = [...head, { branch: span.branch, start, end }];
      yield { segment, isPartial: end < at + step, parts, bytes: Number(end - at) };
    }
  }
}

/** What the timelines before it wrote of the segment: a server that is promoted copies it. */
function headOf(
  { coverage, histories }: FileChoice,
  timeline: number,
  at: bigint,
  end: bigint,
): readonly LogSpan[] | undefined {
  const history = histories.get(timeline);
  if (history === undefined) return undefined;
  const parts = timelinesFrom(history, at).flatMap((part) => {
    const until = earlierLsn(part.end ?? end, end);
    return part.start < until ? [{ branch: branchName(part.timeline), start: part.start, end: until }] : [];
  });
  const isHeld = (part: LogSpan): boolean =>
    coverage.some(
      ({ branch, spans }) =>
        branch === part.branch && spans.some((span) => span.start <= part.start && span.end >= part.end),
    );
  return parts.every(isHeld) ? parts : undefined;
}

function gapText(timeline: number, { start, end }: { start: bigint; end: bigint }): string {
  return `${formatLsn(start)} to ${formatLsn(end)} of timeline ${timeline} is missing`;
}
