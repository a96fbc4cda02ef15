/** What could not be read, bounded, so that a broken disk cannot fill the memory with complaints. */
import type { CaptureProblem } from '../source.ts';

/** More problems than this are counted, not kept. */
export const problemsMax = 10_000;

export interface ProblemList {
  readonly kept: CaptureProblem[];
  dropped: number;
}

export function emptyProblemList(): ProblemList {
  return { kept: [], dropped: 0 };
}

export function addProblem(list: ProblemList, problem: CaptureProblem): void {
  if (list.kept.length < problemsMax) list.kept.push(problem);
  else list.dropped += 1;
}

/** All that was kept, and one line that tells how many more there were. */
export function listProblems(list: ProblemList): readonly CaptureProblem[] {
  if (list.dropped === 0) return [...list.kept];
  return [...list.kept, { path: '/', reason: `${list.dropped} further problems are not listed` }];
}
