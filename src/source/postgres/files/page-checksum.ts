/**
 * Checksums of pages of relation files: 32 sums of FNV-1a side by side, one for each word of a row, mixed into 16 bits
 * with the number of the block. Source: src/include/storage/checksum_impl.h, bufpage.h.
 */
const wordsAcross = 32;
const prime = 16_777_619;
const checksumOffset = 8;
const upperOffset = 14;
const pageSizeOffset = 18;

/** Where each of the sums begins. */
const bases = Int32Array.from([
  0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a, 0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c, 0xf8d4474f,
  0xe39eb970, 0x42c6ae16, 0x993216fa, 0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb, 0xe58f764b, 0x187636bc,
  0x5d7b3bb1, 0xe73de7de, 0x92bec979, 0xcca6c0b2, 0x304a0979, 0x85aa43d4, 0x783125bb, 0x6ca8eaa2, 0xe407eac6,
  0x4b5cfc3e, 0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756,
]);
const sums = new Int32Array(wordsAcross);

export interface PageProblem {
  /** The block of the relation, counted over all its files. */
  readonly block: number;
  readonly expected: number;
  readonly found: number;
}

export interface PageCheckOptions {
  readonly blockBytes: number;
  /** The number of the first block. */
  readonly firstBlock: number;
}

/** What is wrong with whole pages, one after the other. A page that was never written, of zeros, is right. */
export function checkPages(bytes: Uint8Array, options: PageCheckOptions): readonly PageProblem[] {
  const problems: PageProblem[] = [];
  const { blockBytes } = options;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  const pages = Math.floor(aligned.length / blockBytes);
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, (pages * blockBytes) / 4);
  for (let page = 0; page < pages; page++) {
    const at = page * blockBytes;
    if (isNew(aligned, at, blockBytes)) continue;
    const found = (aligned[at + checksumOffset] ?? 0) | ((aligned[at + checksumOffset + 1] ?? 0) << 8);
    const block = options.firstBlock + page;
    const expected = pageChecksum(words, at / 4, blockBytes / 4, block);
    if (found !== expected) problems.push({ block, expected, found });
  }
  return problems;
}

/** The server counts a page as new by `pd_upper` of 0; only one that is all zeros may be without a checksum. */
function isNew(bytes: Uint8Array, at: number, blockBytes: number): boolean {
  if (
    bytes[at + upperOffset] !== 0 ||
    bytes[at + upperOffset + 1] !== 0 ||
    bytes[at + pageSizeOffset + 1] !== 0
  )
    return false;
  for (let index = at; index < at + blockBytes; index++) if (bytes[index] !== 0) return false;
  return true;
}

/** Of the page in the words from `from` on; the place of the checksum itself counts as zero. */
function pageChecksum(words: Int32Array, from: number, count: number, block: number): number {
  const checksumWord = checksumOffset / 4;
  sums.set(bases);
  for (let row = 0; row < count; row += wordsAcross) {
    for (let index = 0; index < wordsAcross; index++) {
      const word = words[from + row + index] ?? 0;
      mix(index, row + index === checksumWord ? word & 0xffff0000 : word);
    }
  }
  // Two rounds of zeros, so that the last words are mixed as well as the first.
  for (let index = 0; index < wordsAcross * 2; index++) mix(index % wordsAcross, 0);
  let result = block;
  for (let index = 0; index < wordsAcross; index++) result ^= sums[index] ?? 0;
  return ((result >>> 0) % 65_535) + 1;
}

function mix(index: number, word: number): void {
  const mixed = (sums[index] ?? 0) ^ word;
  sums[index] = Math.imul(mixed, prime) ^ (mixed >>> 17);
}
