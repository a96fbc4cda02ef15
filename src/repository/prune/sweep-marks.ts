/**
 * Phase two: removes what marks name, under restic's exclusive lock, after everything was looked at again.
 *
 * The order, so that the process may die between any two steps: new packs; new index files; old index files go; packs
 * go; what is left of the marks is written; the marks go. Before the old index files go, everything old is whole; after
 * that, everything needed is in the new ones, and what is left over is named by no index file and still by a mark.
 */
import { hasCode } from '../../error/lifeboat-error.ts';
import { forEachLimited } from '../for-each-limited.ts';
import { objectKey } from '../layout.ts';
import type { HeldLock } from '../lock/with-lock.ts';
import type { PruneOptions } from '../prune-types.ts';
import type { Session } from '../session.ts';
import { flagsOf, type Places } from './places.ts';
import {
  deleteMark,
  loadMarks,
  type MarkedPack,
  type PruneMark,
  packsOfMarks,
  writeMark,
} from './prune-marks.ts';
import { deleteIndexFiles, filesToReplace, writeIndex } from './replace-index.ts';
import { coldObjects, type Retained, retainedObjects } from './retained-objects.ts';
import { type Rewritten, rewritePacks } from './rewrite-packs.ts';
import { type Settlement, settleMarks } from './settle-marks.ts';
import { type Survey, surveyRepository } from './survey.ts';

export interface SweepReport {
  readonly survey: Survey;
  readonly removedPacks: number;
  readonly removedBytes: number;
  readonly newPacks: number;
  readonly newBytes: number;
  readonly neededAgain: number;
  readonly retained: number;
}

/** A mark may be carried out when its grace is over. */
export function isDue(mark: PruneMark, graceMs: number, nowMs: number): boolean {
  return nowMs - mark.timeMs >= graceMs;
}

/** `names` are those of the marks that the request named: no other may be touched. */
export async function sweepMarks(
  session: Session,
  names: readonly string[],
  options: PruneOptions,
  nowMs: number,
  held: { readonly signal: AbortSignal; readonly lock: HeldLock },
  earlier?: Survey,
): Promise<SweepReport> {
  const { access } = session;
  const { signal, lock } = held;
  const survey = await surveyRepository(access, { progress: options.progress, signal }, earlier);
  const { places } = survey;
  const marks = (await loadMarks(access, signal)).filter(({ name }) => names.includes(name));
  const { free, kept, keptFiles } = await whatMayGo(session, places, packsOfMarks(marks), nowMs, signal);
  const settlement = settleMarks(places, survey.blobs, free, flagsOf(places, options.suspectedPacks));
  const rewritten = await rewritePacks(access, places, settlement.moved, {
    packBytesTarget: session.packBytesTarget,
    progress: options.progress,
    signal,
  });
  await replaceIndex(session, places, { settlement, rewritten, keptFiles }, held);
  const going = packsToDelete(places, settlement, free);
  await lock.confirm();
  const refused = await deletePacks(session, going, options, signal);
  const left = [...kept, ...refused];
  await replaceMarks(session, marks, left, signal);
  const removed = [...going].filter(([id]) => !refused.some((pack) => pack.id === id));
  return {
    survey,
    removedPacks: removed.length,
    removedBytes: removed.reduce((sum, [, bytes]) => sum + bytes, 0),
    newPacks: rewritten.packs.length,
    newBytes: rewritten.bytes,
    neededAgain: settlement.neededAgain.length,
    retained: left.length,
  };
}

interface Permitted {
  readonly free: ReadonlyMap<string, MarkedPack>;
  readonly kept: readonly MarkedPack[];
  /** Ids of index files that the store keeps. None of them names a pack that is free. */
  readonly keptFiles: ReadonlySet<string>;
}

/** Marked packs that the store lets go and that can be read where they must be; and what it keeps. */
async function whatMayGo(
  session: Session,
  places: Places,
  marked: ReadonlyMap<string, MarkedPack>,
  nowMs: number,
  signal: AbortSignal,
): Promise<Permitted> {
  const { store } = session.access;
  const keys = [...marked.keys()].map((id) => objectKey('pack', id));
  const files = places.files.map(({ id }) => objectKey('index', id));
  const retained = await retainedObjects(store, [...keys, ...files], nowMs, signal);
  const rewritten = [...marked.values()].filter(({ kind }) => kind === 'rewrite');
  const cold = await coldObjects(
    store,
    rewritten.map(({ id }) => objectKey('pack', id)),
    signal,
  );
  const free = new Map<string, MarkedPack>();
  const kept: MarkedPack[] = [];
  for (const pack of marked.values()) {
    const until = keptUntil(places, pack, retained);
    if (until === undefined && !cold.has(objectKey('pack', pack.id))) free.set(pack.id, pack);
    // a cold pack is left out of the mark: what it wastes costs less than bringing it back
    else if (until !== undefined) kept.push(withDate(pack, until));
  }
  const keptFiles = places.files.filter(({ id }) => retained.has(objectKey('index', id)));
  return { free, kept, keptFiles: new Set(keptFiles.map(({ id }) => id)) };
}

/** A pack stays as long as it, or an index file that names it, is kept by the store. */
function keptUntil(places: Places, pack: MarkedPack, retained: Retained): number | 'forever' | undefined {
  const number = places.index.packNumberOf(pack.id);
  const files = number === undefined ? [] : (places.filesOfPack[number] ?? []);
  const keys = files.map((file) => objectKey('index', places.files[file]?.id ?? ''));
  const dates = [objectKey('pack', pack.id), ...keys]
    .map((key) => retained.get(key))
    .filter((date) => date !== undefined);
  if (dates.length === 0) return undefined;
  return dates.includes('forever') ? 'forever' : Math.max(...dates.map(Number));
}

function withDate({ retainedUntilMs: _, ...pack }: MarkedPack, until: number | 'forever'): MarkedPack {
  return until === 'forever' ? pack : { ...pack, retainedUntilMs: until };
}

interface IndexWork extends Pick<Permitted, 'keptFiles'> {
  readonly settlement: Settlement;
  readonly rewritten: Rewritten;
}

async function replaceIndex(
  { access }: Session,
  places: Places,
  { settlement: { removed }, rewritten, keptFiles }: IndexWork,
  { signal, lock }: { readonly signal: AbortSignal; readonly lock: HeldLock },
): Promise<void> {
  const change = { removed, added: rewritten.packs };
  const replaced = filesToReplace(places, change, keptFiles);
  if (replaced.size === 0) return;
  await lock.confirm();
  const written = new Set(await writeIndex(access, places, change, replaced, signal));
  await lock.confirm();
  await deleteIndexFiles(
    access,
    [...replaced].filter((id) => !written.has(id)),
    signal,
  );
}

/** Ids and bytes: what the index no longer names, and what it never named. */
function packsToDelete(
  places: Places,
  { removed }: Settlement,
  free: ReadonlyMap<string, MarkedPack>,
): ReadonlyMap<string, number> {
  const going = new Map<string, number>();
  for (const pack of removed) {
    const bytes = places.packBytes[pack] ?? -1;
    if (bytes >= 0) going.set(places.index.packIds[pack] ?? '', bytes);
  }
  for (const id of free.keys()) {
    const bytes = places.unreferenced.get(id);
    if (bytes !== undefined) going.set(id, bytes);
  }
  return going;
}

/** Gives those that the store does not let go: nothing names them any more, so they are only in the way. */
async function deletePacks(
  { access: { store } }: Session,
  going: ReadonlyMap<string, number>,
  { progress }: PruneOptions,
  signal: AbortSignal,
): Promise<MarkedPack[]> {
  const refused: MarkedPack[] = [];
  let doneBytes = 0;
  const totalBytes = [...going.values()].reduce((sum, bytes) => sum + bytes, 0);
  await forEachLimited(going, store.facts.connections, async ([id, bytes]) => {
    try {
      await store.delete(objectKey('pack', id), signal);
    } catch (error) {
      if (!hasCode(error, 'OBJECT_RETAINED')) throw error;
      refused.push({ id, kind: 'unreferenced', bytes, blobs: 0 });
    }
    doneBytes += bytes;
    progress?.({ phase: 'prune: remove', doneFiles: 0, doneBytes, totalBytes });
  });
  return refused;
}

/** What is left keeps the time of its mark: its grace does not begin anew. */
async function replaceMarks(
  { access }: Session,
  marks: readonly PruneMark[],
  left: readonly MarkedPack[],
  signal: AbortSignal,
): Promise<void> {
  const [oldest] = marks;
  if (oldest !== undefined && left.length > 0) await writeMark(access, oldest.timeMs, left, signal);
  for (const mark of marks) await deleteMark(access, mark, signal);
}
