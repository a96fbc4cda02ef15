/**
 * The head of a write-ahead log's index, the `-shm` file. The file lies in shared memory: what is read may be half
 * written, so a header counts only when its two copies and its checksum agree.
 * Source: https://sqlite.org/walformat.html, section 2.1.
 */
export interface WalIndex {
  /** The header's 48 bytes: two equal ones mean that no transaction was committed in between. */
  readonly header: Buffer;
  /** 0 while the log has never held a frame. */
  readonly pageSizeBytes: number;
  /** The last frame of the last committed transaction; 0 when the log is empty. */
  readonly lastFrame: number;
  /** Pages of the database after that frame. */
  readonly pageCount: number;
  readonly lastFrameChecksum: readonly [number, number];
  readonly salt: Buffer;
}

export const walIndexHeadBytes = 136;
export const backfilledFramesOffset = 96;

const headerBytes = 48;
const checksummedBytes = 40;
const knownVersion = 3_007_000;

/** `undefined` while another process is writing the header, or when there is none that SQLite 3.7 and later wrote. */
export function parseWalIndex(head: Buffer): WalIndex | undefined {
  if (head.length < 2 * headerBytes) return undefined;
  const header = Buffer.from(head.subarray(0, headerBytes));
  if (!header.equals(head.subarray(headerBytes, 2 * headerBytes))) return undefined;
  const words = nativeWords(header);
  if (words[0] !== knownVersion || header[12] !== 1 || !checksumHolds(words)) return undefined;
  const pageSize = new Uint16Array(nativeBytes(header))[7] ?? 0;
  return {
    header,
    pageSizeBytes: (pageSize & 0xfe00) + ((pageSize & 1) << 16),
    lastFrame: words[4] ?? 0,
    pageCount: words[5] ?? 0,
    lastFrameChecksum: [words[6] ?? 0, words[7] ?? 0],
    salt: header.subarray(32, 40),
  };
}

/** How many frames a checkpoint has copied into the database file so far. */
export function parseBackfilledFrames(bytes: Buffer): number {
  return nativeWords(bytes)[0] ?? 0;
}

function checksumHolds(words: Uint32Array): boolean {
  let first = 0;
  let second = 0;
  for (let index = 0; index < checksummedBytes / 4; index += 2) {
    first = (first + (words[index] ?? 0) + second) >>> 0;
    second = (second + (words[index + 1] ?? 0) + first) >>> 0;
  }
  return words[10] === first && words[11] === second;
}

/** The index is in the byte order of the machine, unlike the log and the database. */
function nativeWords(bytes: Buffer): Uint32Array {
  return new Uint32Array(nativeBytes(bytes));
}

function nativeBytes(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
