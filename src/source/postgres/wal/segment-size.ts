/** How large the files are that a log was cut into: the first page of each of them says it. */
import type { LogCoverage, LogReader } from '../../../log-archive/log-archive.ts';
import { isSegmentSize, segmentBytesMax, segmentBytesMin } from './segment-name.ts';
import { createWalReader, type WalPage } from './wal-reader.ts';

/** Holds the largest header of a page. */
const headBytes = 40n;

/**
 * `undefined` when the log holds the beginning of no segment. Costs the reading of one piece where the log begins with a
 * segment, as it does unless its beginning is lost. Raises what the archive raises.
 */
export async function findSegmentBytes(
  log: LogReader,
  coverage: readonly LogCoverage[],
  signal?: AbortSignal,
): Promise<number | undefined> {
  for (const { branch, start, end } of coverage.flatMap(({ spans }) => spans)) {
    const step = BigInt(segmentBytesMin);
    const first = ((start + step - 1n) / step) * step;
    for (let at = first; at + headBytes <= end && at < first + BigInt(segmentBytesMax); at += step) {
      const page = await readHead(log, { branch, start: at, end: at + headBytes }, signal);
      if (page?.segmentBytes !== undefined && isSegmentSize(page.segmentBytes)) return page.segmentBytes;
    }
  }
  return undefined;
}

async function readHead(
  log: LogReader,
  span: { readonly branch: string; readonly start: bigint; readonly end: bigint },
  signal: AbortSignal | undefined,
): Promise<WalPage | undefined> {
  const reader = createWalReader({
    start: span.start,
    segmentBytes: segmentBytesMin,
    onRecord: () => undefined,
  });
  for await (const bytes of log.read(span, signal)) reader.feed(bytes);
  return reader.page;
}
