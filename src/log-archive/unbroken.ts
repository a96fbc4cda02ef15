/** How far back the log of a vault hangs together: what a backup must lie within to be brought up to the newest byte. */
import type { LogCoverage } from './log-archive.ts';

/** A branch and its ancestors, oldest first, each but the last with where it was left. */
export interface BranchLeft {
  readonly branch: string;
  readonly end?: bigint;
}

export interface UnbrokenPart {
  readonly branch: string;
  /** From here on nothing is missing, to where the branch was left or the log ends. */
  readonly start: bigint;
  /** Where it was left; absent for the last branch. What was written on it behind that is in no later one. */
  readonly end?: bigint;
}

/**
 * Newest branch first. `at` lies on the last branch of the lineage. Empty where the vault does not hold the byte before
 * it, so that nothing can be said of the past. Pure.
 */
export function unbrokenParts(
  coverages: readonly LogCoverage[],
  lineage: readonly BranchLeft[],
  at: bigint,
): readonly UnbrokenPart[] {
  const parts: UnbrokenPart[] = [];
  let needed = at;
  for (const { branch, end } of lineage.toReversed()) {
    // a branch begins with the segment in which it left its parent, whose own copy of it may be cut off
    if (end !== undefined && needed > end) break;
    const spans = coverages.find((each) => each.branch === branch)?.spans ?? [];
    const span = spans.find(({ start, end: spanEnd }) => start < needed && needed <= spanEnd);
    if (span === undefined) break;
    parts.push({ branch, start: span.start, ...(end === undefined ? {} : { end }) });
    needed = span.start;
  }
  return parts;
}

/** What a backup needs of the log of its branch. */
export interface LogWanted {
  readonly branch: string;
  readonly from: bigint;
  /** From here on the backup is consistent. */
  readonly at: bigint;
}

/** Whether the backup can be brought up to the newest byte. */
export function reachesBackTo(parts: readonly UnbrokenPart[], { branch, from, at }: LogWanted): boolean {
  return parts.some(
    (part) => part.branch === branch && part.start <= from && (part.end === undefined || at <= part.end),
  );
}
