/**
 * What becomes of marked packs, now that it is known what is needed: pure. A blob that is used stays, whatever a mark
 * says; of a pack to be rewritten, everything moves that its mark did not give up, since a writer that let the sweep
 * pass may rely on it. The last look before anything goes: each blob that is used has a place that stays.
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
): Settlement {
  const packs = packsToSettle(places, marked);
  const stays = untouchedBlobs(places, packs);
  const promised = promisedPlaces(places, packs, stays);
  const removed = new Set<number>();
  const moved = new Map<number, readonly number[]>();
  const neededAgain: string[] = [];
  for (const [pack, mark] of packs) {
    const own = [...placesOf(places, pack)];
    const needed = [...(promised.get(pack) ?? []), ...usedAgain(places, blobs, own, stays)];
    const staysWhole = needed.length > 0 && (mark.kind === 'unused' || needed.length === own.length);
    if (staysWhole) {
      for (const place of own) stays[places.firsts[place] ?? 0] = 1;
      neededAgain.push(mark.id);
      continue;
    }
    removed.add(pack);
    if (needed.length > 0) moved.set(pack, needed);
  }
  refuseLoss(places, blobs, stays);
  return { removed, moved, neededAgain };
}

/** By first place: 1 for blobs that lie in a pack that nobody touches. */
function untouchedBlobs(places: Places, touched: ReadonlyMap<number, MarkedPack>): Uint8Array {
  const stays = new Uint8Array(places.index.size);
  for (const [place, first] of places.firsts.entries()) {
    if (!touched.has(places.index.packNumberAt(place)) && isThere(places, place)) stays[first] = 1;
  }
  return stays;
}

function refuseLoss(places: Places, blobs: UsedBlobs, stays: Uint8Array): void {
  for (const first of places.firsts) {
    if (isUsed(blobs, first) && stays[first] !== 1) throw lostBlob(places, first);
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
