/** Where a vault goes on with the log of a server, from what it has and from what the server descends from. Pure. */
import type { LogCoverage, LogSpan } from '../log-archive/log-archive.ts';
import { higher } from '../log-archive/positions.ts';
import type { LogPosition } from '../source/log-source.ts';
import type { LineagePart } from './shipping.ts';

export interface LaneBegin {
  /** Absent: the vault has nothing of this lineage yet. */
  readonly at?: LogPosition;
  /** What it has and the server never had. */
  readonly diverged: readonly LogSpan[];
  /** What it has of the branch on which it goes on. */
  readonly covered: readonly LogSpan[];
}

/** `flushed`: where the log of the server ends, on the last part of the lineage. */
export function locateLane(
  coverages: readonly LogCoverage[],
  lineage: readonly LineagePart[],
  flushed: bigint,
): LaneBegin {
  const diverged = divergedSpans(coverages, lineage, flushed);
  for (const part of lineage.toReversed()) {
    const coverage = coverages.find(({ branch }) => branch === part.branch);
    const [first] = coverage?.spans ?? [];
    if (coverage === undefined || first === undefined) continue;
    const end = wholeUntil(coverage);
    const limit = part.end;
    const at = limit !== undefined && end > limit ? limit : end;
    return { at: { branch: part.branch, at }, diverged, covered: coverage.spans };
  }
  return { diverged, covered: [] };
}

/** The end of the run that lacks nothing but gaps that were declared. */
export function wholeUntil({ spans, gaps }: LogCoverage): bigint {
  const hole = gaps.find(({ isDeclared }) => !isDeclared);
  return hole?.start ?? spans.at(-1)?.end ?? 0n;
}

function divergedSpans(
  coverages: readonly LogCoverage[],
  lineage: readonly LineagePart[],
  flushed: bigint,
): readonly LogSpan[] {
  return coverages.flatMap(({ branch, spans }) => {
    const part = lineage.find((each) => each.branch === branch);
    const [first] = spans;
    const end = spans.at(-1)?.end;
    if (first === undefined || end === undefined) return [];
    if (part === undefined) return [{ branch, start: first.start, end }];
    const limit = part.end ?? flushed;
    const start = higher(first.start, limit);
    return end > limit ? [{ branch, start, end }] : [];
  });
}

/** Position of a branch in the lineage; -1 for one that is not in it. */
export function lineageIndex(lineage: readonly LineagePart[], branch: string): number {
  return lineage.findIndex((part) => part.branch === branch);
}

/** How far apart vaults may be for the server to send to the last of them what the others have. */
const togetherBytesMax = 64n * 1024n * 1024n;

/**
 * Where the stream begins: with the vault that is so far that `copies` of them are, or with one that is only a little
 * behind it. Those that are farther behind get what they lack from the archives of the others. `undefined` when no vault
 * has anything.
 */
export function streamBegin(
  begins: readonly LogPosition[],
  lineage: readonly LineagePart[],
  copies: number,
): LogPosition | undefined {
  const sorted = begins.toSorted((a, b) => compareIn(lineage, b, a));
  const best = sorted[Math.min(copies, sorted.length) - 1];
  if (best === undefined) return undefined;
  const near = sorted.filter(({ branch, at }) => branch === best.branch && best.at - at <= togetherBytesMax);
  return near.at(-1) ?? best;
}

export function compareIn(lineage: readonly LineagePart[], a: LogPosition, b: LogPosition): number {
  const byBranch = lineageIndex(lineage, a.branch) - lineageIndex(lineage, b.branch);
  if (byBranch !== 0) return byBranch;
  return a.at === b.at ? 0 : a.at < b.at ? -1 : 1;
}
