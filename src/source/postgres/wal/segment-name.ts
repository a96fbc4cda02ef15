/**
 * Names of the files that the log is cut into: 8 hexadecimal digits each of the timeline, of the number of the 4 GiB
 * that the segment lies in, and of the segment in them. Source: src/include/access/xlog_internal.h.
 */
export interface WalSegment {
  readonly timeline: number;
  /** The LSN of its first byte. */
  readonly start: bigint;
}

export const segmentBytesMin = 1024 * 1024;
export const segmentBytesMax = 1024 * 1024 * 1024;
const bytesPerLogId = 0x1_0000_0000n;

/** A power of two from 1 MiB to 1 GiB. */
export function isSegmentSize(bytes: number): boolean {
  return bytes >= segmentBytesMin && bytes <= segmentBytesMax && (bytes & (bytes - 1)) === 0;
}

/** The name of the segment that holds `lsn`. */
export function segmentName(timeline: number, lsn: bigint, segmentBytes: number): string {
  const inLogId = (lsn % bytesPerLogId) / BigInt(segmentBytes);
  return branchName(timeline) + hex8(lsn / bytesPerLogId) + hex8(inLogId);
}

/** `undefined` for what is no name of a segment of this size; endings such as `.partial` are none. */
export function parseSegmentName(name: string, segmentBytes: number): WalSegment | undefined {
  if (!/^[0-9A-F]{24}$/.test(name)) return undefined;
  const inLogId = BigInt(`0x${name.slice(16)}`) * BigInt(segmentBytes);
  if (inLogId >= bytesPerLogId) return undefined;
  const timeline = Number.parseInt(name.slice(0, 8), 16);
  return { timeline, start: BigInt(`0x${name.slice(8, 16)}`) * bytesPerLogId + inLogId };
}

/** The LSN of the first byte of the segment that holds `lsn`. */
export function segmentStart(lsn: bigint, segmentBytes: number): bigint {
  return lsn - (lsn % BigInt(segmentBytes));
}

/** What the log archive calls the branch of a timeline: `00000001`. */
export function branchName(timeline: number): string {
  return hex8(timeline);
}

/** `undefined` for what names no timeline. */
export function parseBranchName(name: string): number | undefined {
  return /^[0-9A-F]{8}$/.test(name) ? Number.parseInt(name, 16) : undefined;
}

/** `00000002.history`. */
export function historyName(timeline: number): string {
  return `${branchName(timeline)}.history`;
}

/** The timeline that a history file tells of; `undefined` for other names. */
export function parseHistoryName(name: string): number | undefined {
  return name.endsWith('.history') ? parseBranchName(name.slice(0, -'.history'.length)) : undefined;
}

function hex8(value: number | bigint): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}
