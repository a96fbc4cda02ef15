/** Finds the last whole record of a path: what a recovery to the end must have replayed. */
import type { LogReader } from '../../../log-archive/log-archive.ts';
import { laterLsn } from '../wal/lsn.ts';
import { branchName, segmentStart } from '../wal/segment-name.ts';
import { createWalReader } from '../wal/wal-reader.ts';
import type { RecordSpan } from './recovery-ground.ts';
import type { Path } from './recovery-path.ts';

/** A record has at most 1 GiB, so that a whole one begins in these. */
const segmentsMax = 1024;

/** `undefined` when the path holds no whole record, or ends before its own base backup does. */
export async function findTail(
  log: LogReader,
  path: Path,
  segmentBytes: number,
  signal?: AbortSignal,
): Promise<RecordSpan | undefined> {
  let start = segmentStart(path.reach > 0n ? path.reach - 1n : 0n, segmentBytes);
  for (let segments = 0; segments < segmentsMax; segments++) {
    const from = laterLsn(start, segmentStart(path.point.base, segmentBytes));
    const last = await lastRecord(log, path, { from, segmentBytes, signal });
    if (last !== undefined) return last;
    if (from > start || start === 0n) return undefined;
    start -= BigInt(segmentBytes);
  }
  return undefined;
}

async function lastRecord(
  log: LogReader,
  path: Path,
  { from, segmentBytes, signal }: { from: bigint; segmentBytes: number; signal: AbortSignal | undefined },
): Promise<RecordSpan | undefined> {
  let last: RecordSpan | undefined;
  const reader = createWalReader({
    start: from,
    segmentBytes,
    tellsAll: true,
    onRecord: ({ start, end }) => {
      last = { start, end };
    },
  });
  for (const span of path.spans) {
    const start = laterLsn(span.start, from);
    const end = span.end !== undefined && span.end < path.reach ? span.end : path.reach;
    if (start >= end) continue;
    for await (const piece of log.read({ branch: branchName(span.timeline), start, end }, signal))
      reader.feed(piece);
  }
  return last;
}
