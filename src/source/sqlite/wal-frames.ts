/**
 * Finds the newest version of each page in a write-ahead log, up to the frame that a reader sees.
 * Source: https://sqlite.org/fileformat2.html#the_write_ahead_log.
 */
import type { WalIndex } from './wal-index.ts';

/** Fills the buffer from this offset of the log and says how many bytes there were. */
export type ReadLog = (buffer: Buffer, offset: number) => number;

/** Where the content of a page starts in the log, by page number. */
export type PageOffsets = ReadonlyMap<number, number>;

export type WalScan =
  | { readonly kind: 'pages'; readonly offsets: PageOffsets }
  | { readonly kind: 'mismatch'; readonly reason: string };

const logHeaderBytes = 32;
const frameHeaderBytes = 24;
/** `0x377f0682` or `0x377f0683`: the last bit is the byte order of the checksums. */
const magic = 0x377f0682;
const slabBytesMax = 8 * 1024 * 1024;

/**
 * Reads the frames 1 to `index.lastFrame`. A log that is not the one of the index (another salt, another last frame)
 * is a mismatch: the caller held its snapshot wrongly, or the disk lies.
 */
export function scanWal(read: ReadLog, index: WalIndex): WalScan {
  const header = Buffer.alloc(logHeaderBytes);
  if (read(header, 0) !== logHeaderBytes) return mismatch('the log has no header');
  if ((header.readUInt32BE(0) & 0xfffffffe) >>> 0 !== magic) return mismatch('the log has another format');
  if (header.readUInt32BE(8) !== index.pageSizeBytes) return mismatch('the log has another page size');
  if (!header.subarray(16, 24).equals(index.salt)) return mismatch('the log was started anew');
  return scanFrames(read, index);
}

function scanFrames(read: ReadLog, index: WalIndex): WalScan {
  const frameBytes = frameHeaderBytes + index.pageSizeBytes;
  const framesPerSlab = Math.max(1, Math.floor(slabBytesMax / frameBytes));
  const slab = Buffer.allocUnsafe(Math.min(framesPerSlab, index.lastFrame) * frameBytes);
  const offsets = new Map<number, number>();
  for (let first = 1; first <= index.lastFrame; first += framesPerSlab) {
    const count = Math.min(framesPerSlab, index.lastFrame - first + 1);
    const start = logHeaderBytes + (first - 1) * frameBytes;
    const bytes = slab.subarray(0, count * frameBytes);
    if (read(bytes, start) !== bytes.length) return mismatch('the log ends before its last frame');
    for (let at = 0; at < bytes.length; at += frameBytes) {
      if (bytes.compare(index.salt, 0, 8, at + 8, at + 16) !== 0)
        return mismatch('a frame is from another log');
      const page = bytes.readUInt32BE(at);
      if (page <= index.pageCount) offsets.set(page, start + at + frameHeaderBytes);
    }
    const isLast = first + count - 1 === index.lastFrame;
    if (isLast && !isCommit(bytes.subarray(-frameBytes), index))
      return mismatch('the last frame is another one');
  }
  return { kind: 'pages', offsets };
}

function isCommit(frame: Buffer, index: WalIndex): boolean {
  const [first, second] = index.lastFrameChecksum;
  return (
    frame.readUInt32BE(4) === index.pageCount &&
    frame.readUInt32BE(16) === first &&
    frame.readUInt32BE(20) === second
  );
}

function mismatch(reason: string): WalScan {
  return { kind: 'mismatch', reason };
}
