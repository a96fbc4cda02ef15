/**
 * Pieces of the log that reach over the place where a timeline was left. What they tell of behind that place belongs to
 * another history, so each is told of in two parts. A compaction makes such pieces, and so does a server that went on
 * after its standby was promoted.
 */
import type { LogPiece, LogReader, LogSpan } from '../../../log-archive/log-archive.ts';
import { createMarkReader } from '../wal/log-marks.ts';
import { laterLsn } from '../wal/lsn.ts';
import { branchName, segmentStart } from '../wal/segment-name.ts';
import type { TimelineHistory } from '../wal/timeline-history.ts';
import type { MarkedSpan } from './recovery-ground.ts';

/** Where branches were left, by branch; ascending. */
export function switchesOf(histories: Iterable<TimelineHistory>): ReadonlyMap<string, readonly bigint[]> {
  const switches = new Map<string, Set<bigint>>();
  for (const { ancestors } of histories)
    for (const { timeline, end } of ancestors) {
      const branch = branchName(timeline);
      switches.set(branch, (switches.get(branch) ?? new Set()).add(end));
    }
  return new Map(
    [...switches].map(([branch, ends]) => [branch, [...ends].toSorted((a, b) => (a < b ? -1 : 1))]),
  );
}

export interface CutFacts {
  readonly switches: ReadonlyMap<string, readonly bigint[]>;
  /** In which the piece lies. */
  readonly span: LogSpan;
  readonly segmentBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** The piece itself where nothing was left within it; else its parts, whose marks are read from the bytes. */
export async function cutPiece(
  log: LogReader,
  { branch, start, end, marks }: LogPiece,
  { switches, span, segmentBytes, signal }: CutFacts,
): Promise<readonly MarkedSpan[]> {
  const inside = (switches.get(branch) ?? []).filter((at) => start < at && at < end);
  if (inside.length === 0) return [{ branch, start, end, marks }];
  // a record that ends in the piece may have begun before it
  const from = laterLsn(segmentStart(start, segmentBytes), span.start);
  const reader = createMarkReader({ start: from, segmentBytes });
  const parts: MarkedSpan[] = [];
  const edges = [start, ...inside, end];
  for (const [index, edge] of edges.entries()) {
    const begin = edges[index - 1] ?? from;
    const bytes = Buffer.concat(await Array.fromAsync(log.read({ branch, start: begin, end: edge }, signal)));
    const own = reader.take(bytes);
    if (index > 0) parts.push({ branch, start: begin, end: edge, marks: own });
  }
  return parts;
}
