/**
 * The ids of all data blobs that are stored or being stored, in memory that all worker threads see, so that
 * each decides by itself whether a chunk is new. Claiming is exclusive: of several threads that meet the same
 * new chunk, one gets to store it.
 *
 * Layout: eight words of header, then segments of slots, 32 bytes each, open addressing within a segment. A
 * segment that is full enough gets a successor; the sizes double. Readers take no lock: a slot that is being
 * written looks empty or different to them, and then they take the lock and look again.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';

const headerWords = 8;
const lockWord = 0;
const segmentsWord = 1;
const usedWord = 2;
const firstSlotsWord = 3;
const wordsPerSlot = 8;
const fillMax = 0.6;
const bytesMax = 2 ** 31 - 2 ** 16;

export class SharedIdSet {
  readonly memory: SharedArrayBuffer;
  #words: Int32Array;

  private constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** `expected` ids fit before a second segment is needed. */
  static create(expected: number): SharedIdSet {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(expected, 1024) / fillMax));
    const bytes = headerWords * 4 + slots * wordsPerSlot * 4;
    const set = new SharedIdSet(new SharedArrayBuffer(bytes, { maxByteLength: bytesMax }));
    set.#words[firstSlotsWord] = slots;
    set.#words[segmentsWord] = 1;
    return set;
  }

  static attach(memory: SharedArrayBuffer): SharedIdSet {
    return new SharedIdSet(memory);
  }

  /** True when the id was not there: the caller must now store the blob. */
  claim(id: Uint8Array): boolean {
    const words = idWords(id);
    if (this.#contains(words)) return false;
    this.#lock();
    try {
      if (this.#contains(words)) return false;
      this.#insert(words);
      return true;
    } finally {
      this.#unlock();
    }
  }

  #contains(words: Int32Array): boolean {
    const segments = Atomics.load(this.#words, segmentsWord);
    let start = headerWords;
    let slots = this.#firstSlots();
    for (let segment = 0; segment < segments; segment++) {
      if (this.#seek(start, slots, words).found) return true;
      start += slots * wordsPerSlot;
      slots *= 2;
    }
    return false;
  }

  /** Called with the lock held. */
  #insert(words: Int32Array): void {
    const segments = Atomics.load(this.#words, segmentsWord);
    const slots = this.#firstSlots() * 2 ** (segments - 1);
    if (Atomics.load(this.#words, usedWord) >= slots * fillMax) {
      this.#addSegment(segments, slots * 2);
      this.#insert(words);
      return;
    }
    const start = headerWords + this.#firstSlots() * (2 ** (segments - 1) - 1) * wordsPerSlot;
    this.#words.set(words, this.#seek(start, slots, words).at);
    Atomics.add(this.#words, usedWord, 1);
  }

  #addSegment(segments: number, slots: number): void {
    const bytes = this.memory.byteLength + slots * wordsPerSlot * 4;
    if (bytes > bytesMax) {
      throw new LifeboatError(
        'INTERNAL',
        'more different chunks in one repository than this version can hold in memory',
        {
          hint: 'Split the system over several vaults; about 40 million chunks (60 TB) fit in one.',
        },
      );
    }
    this.memory.grow(bytes);
    Atomics.store(this.#words, usedWord, 0);
    Atomics.store(this.#words, segmentsWord, segments + 1);
  }

  #seek(start: number, slots: number, words: Int32Array): { readonly found: boolean; readonly at: number } {
    const mask = slots - 1;
    for (let slot = (words[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const at = start + slot * wordsPerSlot;
      const state = this.#compare(at, words);
      if (state !== 'other') return { found: state === 'same', at };
    }
  }

  #compare(at: number, words: Int32Array): 'same' | 'empty' | 'other' {
    const first = this.#words[at];
    if (first !== words[0] && first !== 0) return 'other';
    let same = first === words[0];
    let empty = first === 0;
    for (let word = 1; word < wordsPerSlot && (same || empty); word++) {
      const value = this.#words[at + word];
      if (value !== words[word]) same = false;
      if (value !== 0) empty = false;
    }
    if (same) return 'same';
    return empty ? 'empty' : 'other';
  }

  #firstSlots(): number {
    return this.#words[firstSlotsWord] ?? 0;
  }

  #lock(): void {
    while (Atomics.compareExchange(this.#words, lockWord, 0, 1) !== 0)
      Atomics.wait(this.#words, lockWord, 1, 1);
  }

  #unlock(): void {
    Atomics.store(this.#words, lockWord, 0);
    Atomics.notify(this.#words, lockWord, 1);
  }
}

/** The id at hand, as words; used anew by every claim. */
const scratch = new Int32Array(wordsPerSlot);
const scratchBytes = new Uint8Array(scratch.buffer);

function idWords(id: Uint8Array): Int32Array {
  scratchBytes.set(id);
  return scratch;
}
