/** What whoever ships the log must know of its bytes: what they tell of time, and how timelines follow each other. */
import { defined } from '../../../error/assert.ts';
import type { LogMarks } from '../../../log-archive/log-archive.ts';
import { createMarkReader } from './log-marks.ts';
import { branchName, parseBranchName } from './segment-name.ts';
import { firstTimeline, parseTimelineHistory } from './timeline-history.ts';

export interface BranchPart {
  readonly branch: string;
  /** Where it was left; absent of the last. */
  readonly end?: bigint;
}

/** Of a page of the log. */
export const pageBytes = 8192;

/** `start` is where a page begins. */
export function markReader(start: bigint, segmentBytes: number): { take(bytes: Uint8Array): LogMarks } {
  return createMarkReader({ start, segmentBytes });
}

/** The branch and its ancestors, oldest first. Raises SOURCE_DAMAGED for what is no history. */
export function lineage(branch: string, history: Uint8Array | undefined): readonly BranchPart[] {
  const timeline = defined(parseBranchName(branch), 'a timeline');
  const { ancestors } =
    history === undefined ? firstTimeline() : parseTimelineHistory(timeline, Buffer.from(history).toString());
  return [...ancestors.map((each) => ({ branch: branchName(each.timeline), end: each.end })), { branch }];
}
