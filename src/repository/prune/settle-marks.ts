/**
 * What becomes of marked packs, now that it is known what is needed: pure. A blob that is used stays, whatever a mark
 * says; of a pack to be rewritten, everything moves that its mark did not give up, since a writer that let the sweep
 * pass may rely on it. The last look before anything goes: each blob that is used has a place that stays. A place in a
 * pack that may be damaged (`suspected`, by number of the pack) is one only where nothing marked has the blob.
 */
import { isThere, lostBlob } from './choose-packs.ts';
import { isUsed, type UsedBlobs } from './find-used.ts';
import { type Places, placesOf } from './places.ts';
import { isGivenUp, type MarkedPack } from './prune-marks.ts';

export interface Settlement {
  /** Numbers of the packs that go, those that are rewritten among them. */
  readonly removed: ReadonlySet<number>;
  /** By number of the pack: the places that move into new packs. */
  readonly moved: ReadonlyMap<number, readonly number[]>;
  /** Packs that are marked but needed as they are. */
  readonly neededAgain: readonly string[];
}

/** Raises VAULT_DAMAGED when a blob that is used would have no place. */
export function settleMarks(
  places: Places,
  blobs: UsedBlobs,
  marked: ReadonlyMap<string, MarkedPack>,
  suspected: Uint8Array,
): Settlement {
  const packs = packsToSettle(places, marked);
  const stays = untouchedBlobs(places, (pack) => !packs.has(pack) && suspected[pack] !== 1);
  const ends: Ends = { removed: new Set(), moved: new Map(), neededAgain: [] };
  // what may be damaged comes last, when it is known what lies elsewhere and stays
  for (const flag of [0, 1])
    settleGroup(places, blobs, new Map([...packs].filter(([pack]) => suspected[pack] === flag)), stays, ends);
  const doubtful = untouchedBlobs(places, (pack) => !packs.has(pack) && suspected[pack] === 1);
  refuseLoss(places, blobs, (first) => stays[first] === 1 || doubtful[first] === 1);
  return ends;
}

interface Ends {
  readonly removed: Set<number>;
  readonly moved: Map<number, readonly number[]>;
  readonly neededAgain: string[];
}

/** `stays` and `ends` grow. */
function settleGroup(
  places: Places,
  blobs: UsedBlobs,
  packs: ReadonlyMap<number, MarkedPack>,
  stays: Uint8Array,
  { removed, moved, neededAgain }: Ends,
): void {
  const promised = promisedPlaces(places, packs, stays);
  for (const [pack, mark] of packs) {
    const own = [...placesOf(places, pack)];
    const needed = [...(promised.get(pack) ?? []), ...usedAgain(places, blobs, own, stays)];
    const staysWhole = needed.length > 0 && (mark.kind === 'unused' || isNeededAgain(mark, own, needed));
    if (staysWhole) {
      for (const place of own) stays[places.firsts[place] ?? 0] = 1;
      neededAgain.push(mark.id);
      continue;
    }
    removed.add(pack);
    if (needed.length > 0) moved.set(pack, needed);
  }
}

/** A mark that gave up nothing is about the pack as such: it is small, or mixes what new packs keep apart. */
function isNeededAgain(mark: MarkedPack, own: readonly number[], needed: readonly number[]): boolean {
  return needed.length === own.length && own.some((_, position) => isGivenUp(mark, position));
}

/** By first place: 1 for blobs that lie in one of these packs. */
function untouchedBlobs(places: Places, isMeant: (pack: number) => boolean): Uint8Array {
  const stays = new Uint8Array(places.index.size);
  for (const [place, first] of places.firsts.entries()) {
    if (isMeant(places.index.packNumberAt(place)) && isThere(places, place)) stays[first] = 1;
  }
  return stays;
}

function refuseLoss(places: Places, blobs: UsedBlobs, isLeft: (first: number) => boolean): void {
  for (const first of places.firsts) {
    if (isUsed(blobs, first) && !isLeft(first)) throw lostBlob(places, first);
  }
}

/** Marked packs that the index knows as the mark does, by number. */
function packsToSettle(places: Places, marked: ReadonlyMap<string, MarkedPack>): Map<number, MarkedPack> {
  const packs = new Map<number, MarkedPack>();
  for (const mark of marked.values()) {
    const pack = places.index.packNumberOf(mark.id);
    if (pack !== undefined && placesOf(places, pack).length === mark.blobs) packs.set(pack, mark);
  }
  return packs;
}

/** What marks of packs to be rewritten do not give up, each blob once. From now on it counts as staying. */
function promisedPlaces(
  places: Places,
  packs: ReadonlyMap<number, MarkedPack>,
  stays: Uint8Array,
): ReadonlyMap<number, readonly number[]> {
  const promised = new Map<number, readonly number[]>();
  for (const [pack, mark] of packs) {
    const own = [...placesOf(places, pack)];
    const kept = own.filter((place, position) => !isGivenUp(mark, position) && claim(places, place, stays));
    promised.set(pack, kept);
  }
  return promised;
}

/** What a mark gives up, although it is used and lies nowhere else that stays. */
function usedAgain(
  places: Places,
  blobs: UsedBlobs,
  own: readonly number[],
  stays: Uint8Array,
): readonly number[] {
  return own.filter((place) => isUsed(blobs, places.firsts[place] ?? 0) && claim(places, place, stays));
}

/** True when this place is the first of its blob that stays. */
function claim(places: Places, place: number, stays: Uint8Array): boolean {
  const first = places.firsts[place] ?? 0;
  if (stays[first] === 1 || !isThere(places, place)) return false;
  stays[first] = 1;
  return true;
}
