/**
 * Brings objects out of an archive class: asks the store for each, waits until all can be read, and says how far it
 * is. Nothing is kept on this machine: run again, it asks the store how things are and goes on from there. Asking for
 * what is thawing or thawed already costs nothing but a look.
 */
import type { ThawSpeed } from '../object-store/abilities.ts';
import { forEachLimited } from '../repository/for-each-limited.ts';
import type { NeededPack } from '../repository/repository-types.ts';
import type { WorkProgress } from '../repository/work-progress.ts';
import type { ArchiveAccess } from '../vault/archive-access.ts';
import { bytesOf, type ColdSurvey, surveyCold } from './survey-cold.ts';
import { requireOffered, usualThawMs } from './thaw-offers.ts';

export interface ThawWish {
  readonly speed: ThawSpeed;
  /** For how many days what is thawed can be read. */
  readonly days: number;
  /** False: ask, and come back later. */
  readonly wait: boolean;
}

export interface ThawRequest {
  readonly archive: ArchiveAccess;
  readonly needed: readonly NeededPack[];
  /** As it was just asked for; without it the store is asked. */
  readonly survey?: ColdSurvey;
  readonly wish: ThawWish;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ThawOutcome {
  /** For how many objects it was asked now. */
  readonly asked: number;
  readonly readyObjects: number;
  readonly pendingObjects: number;
  readonly pendingBytes: number;
  /** When the last of them is usually there: milliseconds since the epoch. */
  readonly usuallyReadyAtMs: number;
}

const pollMsMin = 15_000;
const pollMsMax = 10 * 60_000;
/** So many looks in the usual time. */
const pollsPerThaw = 60;
/** After so many times the usual time somebody should look at it. */
const waitFactorMax = 3;
const waitMsMin = 60 * 60_000;
/** In one round at most so many that are not ready are looked at: a look is a request too. */
const looksPerRound = 16;
/** So often something may turn out to be cold after all, because its thaw was lost or is over. */
const askedAgainMax = 3;

/** Raises STORE_UNFIT for a speed that is not offered, OBJECT_MISSING. */
export async function thawObjects(request: ThawRequest): Promise<ThawOutcome> {
  const { archive, needed, wish, nowMs, signal } = request;
  const startMs = nowMs();
  const options = { nowMs: startMs, ...(signal === undefined ? {} : { signal }) };
  const survey = request.survey ?? (await surveyCold(archive, needed, options));
  requireOffered(archive.thaw, survey, wish.speed);
  const usualMs = usualThawMs(archive.thaw, survey, wish.speed) ?? 0;
  const asked = await askFor(request, survey);
  const pending = [...survey.cold, ...survey.thawing];
  const left = await awaitObjects(request, pending, { startMs, usualMs });
  return {
    asked,
    readyObjects: needed.length - left.length,
    pendingObjects: left.length,
    pendingBytes: bytesOf(left),
    usuallyReadyAtMs: startMs + usualMs,
  };
}

/** What is on its way is only hurried: a store may raise the speed of what it has not finished. */
async function askFor(request: ThawRequest, { cold, ending, thawing }: ColdSurvey): Promise<number> {
  const hurried = request.wish.speed === 'expedited' ? thawing : [];
  const wanted = [...cold, ...ending, ...hurried];
  let done = 0;
  await forEachLimited(wanted, request.archive.connections, async ({ key }) => {
    request.signal?.throwIfAborted();
    await ask(request, key);
    done++;
    request.progress?.({
      phase: 'ask for thaw',
      doneFiles: done,
      totalFiles: wanted.length,
      doneBytes: 0,
    });
  });
  return cold.length + ending.length;
}

async function ask({ archive, wish, signal }: ThawRequest, key: string): Promise<void> {
  await archive.thaw.thaw(key, wish.speed, wish.days, signal);
}

/** Gives what is not ready in the end. One look is always taken: some stores thaw at once. */
async function awaitObjects(
  request: ThawRequest,
  pending: readonly NeededPack[],
  { startMs, usualMs }: { readonly startMs: number; readonly usualMs: number },
): Promise<readonly NeededPack[]> {
  const { wish, nowMs, sleep, signal } = request;
  const pollMs = Math.min(pollMsMax, Math.max(pollMsMin, usualMs / pollsPerThaw));
  const endMs = startMs + Math.max(waitMsMin, waitFactorMax * usualMs);
  const askedAgain = new Map<string, number>();
  let left = await stillPending(request, pending, askedAgain);
  while (wish.wait && left.length > 0 && nowMs() < endMs) {
    tell(request, left);
    await sleep(Math.min(pollMs, endMs - nowMs()), signal);
    left = await stillPending(request, left, askedAgain);
  }
  tell(request, left);
  return left;
}

/** Looks from the front until a round finds something that is not ready. */
async function stillPending(
  request: ThawRequest,
  pending: readonly NeededPack[],
  askedAgain: Map<string, number>,
): Promise<readonly NeededPack[]> {
  let rest = pending;
  while (rest.length > 0) {
    request.signal?.throwIfAborted();
    const looked = rest.slice(0, looksPerRound);
    const waiting = await notReady(request, looked, askedAgain);
    rest = [...waiting, ...rest.slice(looksPerRound)];
    if (waiting.length > 0) break;
  }
  return rest;
}

async function notReady(
  request: ThawRequest,
  objects: readonly NeededPack[],
  askedAgain: Map<string, number>,
): Promise<readonly NeededPack[]> {
  const ready = new Set<string>();
  await forEachLimited(objects, request.archive.connections, async ({ key }) => {
    const { kind } = await request.archive.thaw.stateOf(key, request.signal);
    if (kind === 'ready') ready.add(key);
    const times = askedAgain.get(key) ?? 0;
    if (kind !== 'cold' || times >= askedAgainMax) return;
    askedAgain.set(key, times + 1);
    await ask(request, key);
  });
  return objects.filter(({ key }) => !ready.has(key));
}

function tell({ needed, progress }: ThawRequest, left: readonly NeededPack[]): void {
  progress?.({
    phase: 'thaw',
    doneFiles: needed.length - left.length,
    totalFiles: needed.length,
    doneBytes: bytesOf(needed) - bytesOf(left),
    totalBytes: bytesOf(needed),
  });
}
