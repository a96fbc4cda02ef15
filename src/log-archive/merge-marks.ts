import type { LogMarks } from './log-archive.ts';

/** `later` follows `earlier`. Commits in bytes that both hold are counted twice. */
export function mergeMarks(earlier: LogMarks, later: LogMarks): LogMarks {
  const first = least(earlier.firstCommitAtMs, later.firstCommitAtMs);
  const last = least(negated(earlier.lastCommitAtMs), negated(later.lastCommitAtMs));
  const heartbeat = newer(earlier.heartbeat, later.heartbeat);
  const known = new Set(earlier.names.map(({ end }) => end));
  return {
    commits: earlier.commits + later.commits,
    ...(first === undefined ? {} : { firstCommitAtMs: first }),
    ...(last === undefined ? {} : { lastCommitAtMs: -last }),
    ...(heartbeat === undefined ? {} : { heartbeat }),
    names: [...earlier.names, ...later.names.filter(({ end }) => !known.has(end))],
  };
}

/** Times of commits do not always ascend. */
function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function negated(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : -ms;
}

function newer(a: LogMarks['heartbeat'], b: LogMarks['heartbeat']): LogMarks['heartbeat'] {
  return a === undefined || b === undefined ? (b ?? a) : a.end > b.end ? a : b;
}
