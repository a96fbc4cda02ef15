/** Which of the objects that are needed cannot be read now. Asks the store and changes nothing. */
import type { ThawState } from '../object-store/abilities.ts';
import { forEachLimited } from '../repository/for-each-limited.ts';
import type { NeededPack } from '../repository/repository-types.ts';
import type { ArchiveAccess } from '../vault/archive-access.ts';

/** Glossary: *ending*: thawed before, and cold again so soon that the work might not end in time. */
export interface ColdSurvey {
  /** All that is needed, readable or not. */
  readonly objects: number;
  readonly bytes: number;
  readonly cold: readonly ColdObject[];
  readonly thawing: readonly ColdObject[];
  readonly ending: readonly NeededPack[];
  /** When the first of those that are thawed is cold again. */
  readonly readyUntilMs?: number;
}

export interface ColdObject extends NeededPack {
  readonly storageClass: string;
}

/** What is cold again within this time is asked for once more. */
const endingWithinMs = 24 * 60 * 60 * 1000;

/** Where everything lies that a restore reads in bulk; what is needed elsewhere is asked for one by one. */
const packPrefix = 'data/';

/** For fewer objects a list of the whole vault would be more than to ask for each. */
const listedFrom = 256;

export interface SurveyOptions {
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

/** Raises OBJECT_MISSING. */
export async function surveyCold(
  archive: ArchiveAccess,
  needed: readonly NeededPack[],
  { nowMs, signal }: SurveyOptions,
): Promise<ColdSurvey> {
  const found = { cold: [] as ColdObject[], thawing: [] as ColdObject[] };
  const ending: NeededPack[] = [];
  let readyUntilMs: number | undefined;
  const warm = await warmKeys(archive, needed, signal);
  const asked = needed.filter(({ key }) => !warm.has(key));
  await forEachLimited(asked, archive.connections, async (object) => {
    const state: ThawState = await archive.thaw.stateOf(object.key, signal);
    if (state.kind !== 'ready') {
      found[state.kind].push({ ...object, storageClass: await archive.classOf(object.key, signal) });
    } else if (state.untilMs !== undefined) {
      readyUntilMs = Math.min(readyUntilMs ?? state.untilMs, state.untilMs);
      if (state.untilMs - nowMs < endingWithinMs) ending.push(object);
    }
  });
  return {
    objects: needed.length,
    bytes: bytesOf(needed),
    ...found,
    ending,
    ...(readyUntilMs === undefined ? {} : { readyUntilMs }),
  };
}

/** What a list tells, a thousand objects at a time, need not be asked one by one. */
async function warmKeys(
  archive: ArchiveAccess,
  needed: readonly NeededPack[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const warm = new Set<string>();
  if (needed.length < listedFrom) return warm;
  const wanted = new Set(needed.map(({ key }) => key));
  for await (const { key, isWarm } of archive.list(packPrefix, signal))
    if (isWarm && wanted.has(key)) warm.add(key);
  return warm;
}

/** Of several restores from one vault: what two of them need is asked for once. */
export function joinSurveys(surveys: readonly ColdSurvey[]): ColdSurvey {
  return {
    objects: surveys.reduce((sum, { objects }) => sum + objects, 0),
    bytes: surveys.reduce((sum, { bytes }) => sum + bytes, 0),
    cold: onceEach(surveys.flatMap(({ cold }) => cold)),
    thawing: onceEach(surveys.flatMap(({ thawing }) => thawing)),
    ending: onceEach(surveys.flatMap(({ ending }) => ending)),
  };
}

function onceEach<T extends NeededPack>(objects: readonly T[]): readonly T[] {
  return [...new Map(objects.map((object) => [object.key, object])).values()];
}

export function isWithinReach({ cold, thawing }: ColdSurvey): boolean {
  return cold.length === 0 && thawing.length === 0;
}

export function bytesOf(objects: readonly NeededPack[]): number {
  return objects.reduce((sum, { bytes }) => sum + bytes, 0);
}
