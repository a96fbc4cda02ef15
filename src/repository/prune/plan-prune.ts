/** Computes what a prune would do, as a value; marking and sweeping take it from there. A lock must be held. */

import { statIfThere } from '../../object-store/is-there.ts';
import { forEachLimited } from '../for-each-limited.ts';
import { objectKey } from '../layout.ts';
import { readLocks } from '../lock/with-lock.ts';
import type { PruneOptions } from '../prune-types.ts';
import type { Session } from '../session.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { type Choice, type ChosenPack, choosePacks } from './choose-packs.ts';
import { flagsOf, type Places, placesOf } from './places.ts';
import {
  bitsOf,
  isGivenUp,
  loadMarks,
  type MarkedPack,
  type PruneMark,
  packsOfMarks,
} from './prune-marks.ts';
import { coldObjects, type Retained, retainedObjects } from './retained-objects.ts';
import { type Survey, surveyRepository } from './survey.ts';

const maxUnusedDefault = { percent: 5 };
/** Smaller than this share of a full pack is small. Source: restic. */
const smallPackShare = 1 / 25;
/** While others use the vault, younger packs than this may be parts of their backups: they wait for another time. */
const youngMs = 24 * 60 * 60 * 1000;
/** Each time the packs that turned out not to be readable or removable are left out; then what is left is taken. */
const choicesMax = 3;

export interface PrunePlan {
  readonly survey: Survey;
  readonly marks: readonly PruneMark[];
  readonly choice: Choice;
  /** To be marked. */
  readonly packs: readonly MarkedPack[];
}

/** Raises VAULT_DAMAGED, OBJECT_DAMAGED, OBJECT_MISSING when what is needed cannot be known. */
export async function planPrune(
  session: Session,
  options: PruneOptions,
  nowMs: number,
  signal: AbortSignal,
): Promise<PrunePlan> {
  const { access } = session;
  const marks = await loadMarks(access, signal);
  const survey = await surveyRepository(access, { progress: options.progress, signal });
  const { places } = survey;
  const marked = packsOfMarks(marks);
  // a pack that may be damaged cannot be rewritten, and would keep everything else from going
  const fixed = Uint8Array.from(places.index.packIds, (id) =>
    marked.has(id) || options.suspectedPacks?.has(id) === true ? 1 : 0,
  );
  const { choice, retained } = await chooseWhatCanBeDone(
    session,
    survey,
    marked,
    fixed,
    options,
    nowMs,
    signal,
  );
  const chosen = [
    ...choice.unused.map((pack) => markedPack(places, choice, pack, 'unused', retained)),
    ...choice.rewritten.map((pack) => markedPack(places, choice, pack, 'rewrite', retained)),
    ...unreferencedPacks(places, marked),
  ];
  return { survey, marks, choice, packs: await withoutYoung(access, chosen, nowMs, signal) };
}

interface FeasibleChoice {
  readonly choice: Choice;
  readonly retained: Retained;
}

/** Packs that cannot be read without thawing, or that stay anyway, are not worth rewriting. */
async function chooseWhatCanBeDone(
  session: Session,
  { places, blobs }: Survey,
  marked: ReadonlyMap<string, MarkedPack>,
  fixed: Uint8Array,
  options: PruneOptions,
  nowMs: number,
  signal: AbortSignal,
): Promise<FeasibleChoice> {
  const { store, version } = session.access;
  const settings = {
    maxUnused: options.maxUnused ?? maxUnusedDefault,
    smallPackBytes: smallPackShare * session.packBytesTarget,
    version,
    givenUp: givenUpPlaces(places, marked),
    fixed,
    suspected: flagsOf(places, options.suspectedPacks),
  };
  const keyOf = ({ pack }: ChosenPack) => objectKey('pack', places.index.packIds[pack] ?? '');
  for (let round = 1; ; round++) {
    const choice = choosePacks(places, blobs, settings);
    const rewritten = choice.rewritten.map(keyOf);
    const cold = await coldObjects(store, rewritten, signal);
    const retained = await retainedObjects(store, [...rewritten, ...choice.unused.map(keyOf)], nowMs, signal);
    const feasible = choice.rewritten.filter((pack) => !cold.has(keyOf(pack)) && !retained.has(keyOf(pack)));
    if (feasible.length === choice.rewritten.length || round === choicesMax)
      return { choice: { ...choice, rewritten: feasible }, retained };
    for (const pack of choice.rewritten) if (!feasible.includes(pack)) fixed[pack.pack] = 1;
  }
}

/** By place: 1 where a mark gives it up. */
function givenUpPlaces(places: Places, marked: ReadonlyMap<string, MarkedPack>): Uint8Array {
  const givenUp = new Uint8Array(places.index.size);
  for (const mark of marked.values()) {
    const pack = places.index.packNumberOf(mark.id);
    if (pack === undefined) continue;
    const own = placesOf(places, pack);
    if (own.length !== mark.blobs) continue;
    for (const [position, place] of own.entries()) if (isGivenUp(mark, position)) givenUp[place] = 1;
  }
  return givenUp;
}

function markedPack(
  places: Places,
  { kept }: Choice,
  { pack, bytes }: ChosenPack,
  kind: 'unused' | 'rewrite',
  retained: Retained,
): MarkedPack {
  const id = places.index.packIds[pack] ?? '';
  const own = placesOf(places, pack);
  const until = retained.get(objectKey('pack', id));
  return {
    id,
    kind,
    bytes,
    blobs: own.length,
    ...(kind === 'rewrite' ? { gone: bitsOf(Array.from(own, (place) => kept[place] !== 1)) } : {}),
    ...(typeof until === 'number' ? { retainedUntilMs: until } : {}),
  };
}

function unreferencedPacks(places: Places, marked: ReadonlyMap<string, MarkedPack>): MarkedPack[] {
  return [...places.unreferenced]
    .filter(([id]) => !marked.has(id))
    .map(([id, bytes]) => ({ id, kind: 'unreferenced', bytes, blobs: 0 }));
}

/**
 * A backup that runs has packs that no snapshot needs yet. Marking them would do no harm, since the sweep looks again,
 * but a backup that is cut off would find less of what it had stored.
 */
async function withoutYoung(
  access: RepositoryAccess,
  packs: readonly MarkedPack[],
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly MarkedPack[]> {
  const isAlone = (await readLocks(access, signal)).length <= 1;
  if (isAlone) return packs;
  const old: MarkedPack[] = [];
  await forEachLimited(packs, access.store.facts.connections, async (pack) => {
    const isYoung = pack.kind !== 'rewrite' && (await ageMs(access, pack.id, nowMs, signal)) < youngMs;
    if (!isYoung) old.push(pack);
  });
  return old;
}

/** A store that does not tell gives an age beyond all bounds; so does what is gone. */
async function ageMs(
  access: RepositoryAccess,
  id: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<number> {
  const modifiedMs = (await statIfThere(access.store, objectKey('pack', id), signal))?.modifiedMs;
  return modifiedMs === undefined ? Number.POSITIVE_INFINITY : nowMs - modifiedMs;
}
