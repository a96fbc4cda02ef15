/**
 * What goes and what is rewritten, by restic's rules: packs of which nothing is used go; of the others those are
 * rewritten that mix kinds, hold trees in plain, or waste most, until no more than was allowed is wasted; small packs
 * are put together when there are many. Unlike restic, no pack is rewritten for next to nothing. Of a blob that lies in
 * several packs one place stays.
 * Pure. Source: restic `internal/repository/prune.go`.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { UnusedLimit } from '../prune-types.ts';
import { isUsed, type UsedBlobs } from './find-used.ts';
import { type Places, placesOf } from './places.ts';

export interface ChooseOptions {
  /** How much may lie unused beside what is used. */
  readonly maxUnused: UnusedLimit;
  /** A pack below this is small. Bytes. */
  readonly smallPackBytes: number;
  /** In version 2 trees are always compressed. */
  readonly version: 1 | 2;
  /** By place: 1 where an earlier mark gives it up. Those packs are not chosen again. */
  readonly givenUp: Uint8Array;
  /** By number of the pack: 1 where it is marked already or cannot be rewritten, but for packs of which nothing is used. */
  readonly fixed: Uint8Array;
  /** By number of the pack: 1 where it may be damaged. What lies elsewhere too is not kept there. */
  readonly suspected: Uint8Array;
}

export interface Choice {
  /** By place: 1 where it stays, or moves with its pack into a new one. */
  readonly kept: Uint8Array;
  readonly unused: readonly ChosenPack[];
  readonly rewritten: readonly ChosenPack[];
  /** Stored bytes of blobs that are used, each once. */
  readonly usedBytes: number;
  /** Bytes that nothing uses and that stay, because removing them is not worth it. */
  readonly wastedBytes: number;
}

export interface ChosenPack {
  /** Number of the pack. */
  readonly pack: number;
  /** What the vault gets back. */
  readonly bytes: number;
  /** What must be written again for it. */
  readonly rewriteBytes: number;
}

/** So many small packs are worth putting together. Source: restic. */
const smallPacksMin = 10;
/** What rewriting a pack gives back at least, measured by what must be written for it, in percent. */
const gainPercentMin = 0.5;

/** Whether a pack with this much of use and of waste is rewritten for what it wastes. */
export function isWorthRewriting(lostBytes: number, keptBytes: number): boolean {
  return lostBytes > 0 && lostBytes * 100 >= gainPercentMin * keptBytes;
}

/** Raises VAULT_DAMAGED when a blob that is used lies only in packs that are gone. */
export function choosePacks(places: Places, blobs: UsedBlobs, options: ChooseOptions): Choice {
  const kept = keptPlaces(places, blobs, options);
  const packs = places.index.packIds.map((_, pack) => packUse(places, kept, options.givenUp, pack));
  const usedBytes = packs.reduce((sum, { keptBytes }) => sum + keptBytes, 0);
  const open = packs.filter(({ pack }) => options.fixed[pack] !== 1);
  const unused = packs.filter(({ pack, keptBlobs }) => keptBlobs === 0 && !isMarked(options, places, pack));
  const limit = unusedBytesMax(options.maxUnused, usedBytes);
  // whoever allows less waste than is worth rewriting means it
  const candidates = rewriteCandidates(open, options, limit * 100 < gainPercentMin * usedBytes);
  let wastedBytes = packs.reduce((sum, { keptBlobs, lostBytes }) => sum + (keptBlobs > 0 ? lostBytes : 0), 0);
  const rewritten: PackUse[] = [];
  for (const use of candidates) {
    const mayStay = use.kind === 'data' && use.packBytes >= options.smallPackBytes;
    if (mayStay && wastedBytes <= limit) continue;
    rewritten.push(use);
    wastedBytes -= use.lostBytes;
  }
  return {
    kept,
    unused: unused.map((use) => ({ pack: use.pack, bytes: use.packBytes, rewriteBytes: 0 })),
    rewritten: rewritten.map((use) => ({
      pack: use.pack,
      bytes: use.lostBytes,
      rewriteBytes: use.keptBytes,
    })),
    usedBytes,
    wastedBytes,
  };
}

/** A share is one of the whole: what is used and what is not. */
function unusedBytesMax(limit: UnusedLimit, usedBytes: number): number {
  if ('bytes' in limit) return limit.bytes;
  return (limit.percent / Math.max(100 - limit.percent, 1e-9)) * usedBytes;
}

function isMarked({ givenUp }: ChooseOptions, places: Places, pack: number): boolean {
  return placesOf(places, pack).some((place) => givenUp[place] === 1);
}

/** Packs that waste next to nothing are only worth it when they are small and many. Those that must go come first. */
function rewriteCandidates(open: readonly PackUse[], options: ChooseOptions, isStrict: boolean): PackUse[] {
  const usedPacks = open.filter(({ keptBlobs }) => keptBlobs > 0);
  const isWhole = (use: PackUse) => !wastesEnough(use, isStrict) && !mustGo(use, options);
  const small = usedPacks.filter((use) => isWhole(use) && use.packBytes < options.smallPackBytes);
  const candidates = usedPacks.filter((use) => !isWhole(use));
  if (small.length >= smallPacksMin) candidates.push(...small);
  const rank = (use: PackUse) => (mustGo(use, options) ? 0 : use.kind === 'tree' ? 1 : 2);
  return candidates.sort(
    (a, b) => rank(a) - rank(b) || b.lostBytes * a.keptBytes - a.lostBytes * b.keptBytes || a.pack - b.pack,
  );
}

function wastesEnough({ lostBytes, keptBytes }: PackUse, isStrict: boolean): boolean {
  return isWorthRewriting(lostBytes, keptBytes) || (isStrict && lostBytes > 0);
}

function mustGo(use: PackUse, { version }: ChooseOptions): boolean {
  return use.kind === 'mixed' || (version === 2 && use.hasPlainTrees);
}

interface PackUse {
  readonly pack: number;
  readonly kind: 'data' | 'tree' | 'mixed';
  readonly hasPlainTrees: boolean;
  /** Bytes of the object; 0 when it is gone. */
  readonly packBytes: number;
  readonly keptBlobs: number;
  readonly keptBytes: number;
  /** Of places that no earlier mark gives up. */
  readonly lostBytes: number;
}

function packUse(places: Places, kept: Uint8Array, givenUp: Uint8Array, pack: number): PackUse {
  const { index } = places;
  let [trees, data, plainTrees, keptBlobs, keptBytes, lostBytes] = [0, 0, 0, 0, 0, 0];
  for (const place of placesOf(places, pack)) {
    if (index.isTreeAt(place)) trees++;
    else data++;
    if (index.isTreeAt(place) && !index.isCompressedAt(place)) plainTrees++;
    if (kept[place] === 1) {
      keptBlobs++;
      keptBytes += index.lengthAt(place);
    } else if (givenUp[place] !== 1) lostBytes += index.lengthAt(place);
  }
  return {
    pack,
    kind: trees === 0 ? 'data' : data === 0 ? 'tree' : 'mixed',
    hasPlainTrees: plainTrees > 0,
    packBytes: Math.max(0, places.packBytes[pack] ?? 0),
    keptBlobs,
    keptBytes,
    lostBytes,
  };
}

/** One place of each blob that is used, and of marked packs what their mark does not give up. */
function keptPlaces(places: Places, blobs: UsedBlobs, options: ChooseOptions): Uint8Array {
  const { index } = places;
  const kept = new Uint8Array(index.size);
  const { firsts } = places;
  const eligible = eligiblePlaces(places, options);
  const copies = countCopies(blobs, firsts, eligible);
  keepWhatWasGivenUp(places, blobs, firsts, copies, kept);
  const clean = packsWithoutWaste(places, blobs, firsts, copies, options);
  for (let place = 0; place < index.size; place++) {
    const first = firsts[place] ?? 0;
    const left = copies[first] ?? 0;
    if (left === 0 || eligible[place] !== 1) continue;
    const staysHere = left === 1 || clean[index.packNumberAt(place)] === 1;
    if (staysHere) kept[place] = 1;
    copies[first] = staysHere ? 0 : left - 1;
  }
  return kept;
}

/** By place: 1 where it may stay. One in a pack that may be damaged may only where there is no other. */
function eligiblePlaces(places: Places, { givenUp, suspected }: ChooseOptions): Uint8Array {
  const { firsts, index } = places;
  const isOpen = (place: number) => isThere(places, place) && givenUp[place] !== 1;
  const isTrusted = (place: number) => suspected[index.packNumberAt(place)] !== 1;
  const hasTrusted = new Uint8Array(firsts.length);
  for (const [place, first] of firsts.entries()) if (isOpen(place) && isTrusted(place)) hasTrusted[first] = 1;
  return Uint8Array.from(firsts, (first, place) =>
    isOpen(place) && (isTrusted(place) || hasTrusted[first] !== 1) ? 1 : 0,
  );
}

/** By first place: how many places there are to choose from; 0 for what is not used. */
function countCopies(blobs: UsedBlobs, firsts: Uint32Array, eligible: Uint8Array): Uint32Array {
  const copies = new Uint32Array(firsts.length);
  for (const [place, first] of firsts.entries())
    if (isUsed(blobs, first) && eligible[place] === 1) copies[first] = (copies[first] ?? 0) + 1;
  return copies;
}

/** What a mark gave up may be needed again, by a backup that came after it: the sweep will keep it. */
function keepWhatWasGivenUp(
  places: Places,
  blobs: UsedBlobs,
  firsts: Uint32Array,
  copies: Uint32Array,
  kept: Uint8Array,
): void {
  const found = new Uint8Array(firsts.length);
  for (let place = 0; place < firsts.length; place++) {
    const first = firsts[place] ?? 0;
    if (!isUsed(blobs, first) || copies[first] !== 0 || found[first] === 1 || !isThere(places, place))
      continue;
    kept[place] = 1;
    found[first] = 1;
  }
  for (let first = 0; first < firsts.length; first++) {
    if (isUsed(blobs, first) && copies[first] === 0 && found[first] === 0) throw lostBlob(places, first);
  }
}

/** Packs that are there, and of which every blob is used and some lie nowhere else: the best home for duplicates. */
function packsWithoutWaste(
  places: Places,
  blobs: UsedBlobs,
  firsts: Uint32Array,
  copies: Uint32Array,
  { fixed }: ChooseOptions,
): Uint8Array {
  const clean = new Uint8Array(places.packBytes.length);
  for (let pack = 0; pack < clean.length; pack++) {
    const own = placesOf(places, pack);
    const isWholly = own.every((place) => isUsed(blobs, firsts[place] ?? 0));
    const isNeeded = own.some(
      (place) => copies[firsts[place] ?? 0] === 1 && isUsed(blobs, firsts[place] ?? 0),
    );
    if (fixed[pack] === 1 || (isWholly && isNeeded)) clean[pack] = 1;
  }
  return clean;
}

/** Whether the pack is in the store. */
export function isThere(places: Places, place: number): boolean {
  return (places.packBytes[places.index.packNumberAt(place)] ?? -1) >= 0;
}

export function lostBlob({ index }: Places, place: number): LifeboatError {
  const { id, type, packId } = index.entryAt(place);
  return new LifeboatError(
    'VAULT_DAMAGED',
    `a snapshot needs the ${type} blob ${id}, and the pack ${packId} in which it lay is gone`,
    {
      hint: 'Nothing was removed. Run `lifeboat check`, mend the vault from another one, then prune again.',
      details: { blob: id, pack: packId },
    },
  );
}
