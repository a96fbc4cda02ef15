/**
 * Prune in two phases. The first, under a shared lock, marks what nobody needs and changes nothing else. The second,
 * when the grace of a mark is over, takes the exclusive lock, looks at everything again and removes it. Why that is safe
 * beside writers of ours and beside stock restic: `docs/decisions/0007-prune-in-two-phases.md`.
 */
import { nowMs as clockMs } from '../../platform/clock.ts';
import { objectKey } from '../layout.ts';
import { withSharedLock } from '../lock/with-shared-lock.ts';
import type { PackTotals, PrunablePack, PruneOptions, PrunePreview, PruneReport } from '../prune-types.ts';
import { lockOptions, type Session, withReadLock } from '../session.ts';
import { isWorthRewriting } from './choose-packs.ts';
import { earlyDeletions } from './early-deletion.ts';
import { type Places, placesOf } from './places.ts';
import { type PrunePlan, planPrune } from './plan-prune.ts';
import {
  isGivenUp,
  loadMarks,
  type MarkedPack,
  type PruneMark,
  packsOfMarks,
  writeMark,
} from './prune-marks.ts';
import { refuseAppendOnly } from './refuse-append-only.ts';
import type { Survey } from './survey.ts';
import { isDue, type SweepReport, sweepMarks } from './sweep-marks.ts';
import { clearDeadRequests } from './sweep-request.ts';
import { withExclusive } from './with-exclusive.ts';

/** What a prune would do. Writes nothing but a lock, and not even that where nothing can be written. */
export async function previewPrune(session: Session, options: PruneOptions): Promise<PrunePreview> {
  const nowMs = options.nowMs ?? clockMs();
  return await withReadLock(session, options.signal, async (signal) => {
    const plan = await planPrune(session, options, nowMs, signal);
    const { usedBytes, wastedBytes } = plan.choice;
    const packs = prunablePacks(plan, options, nowMs);
    const leaving = packs.map(({ id, removableAtMs }) => ({
      key: objectKey('pack', id),
      atMs: Math.max(nowMs, removableAtMs ?? nowMs),
    }));
    const early = await earlyDeletions(session.access.store, leaving, signal);
    return { usedBytes, wastedBytes, packs, early };
  });
}

/**
 * Marks what nobody needs, and removes what was marked long enough ago. Raises VAULT_LOCKED when there is something to
 * remove and others hold the vault for longer than `waitMs`, VAULT_DAMAGED, OBJECT_DAMAGED, OBJECT_MISSING when it
 * cannot be known what is needed, and STORE_APPEND_ONLY.
 */
export async function pruneRepository(session: Session, options: PruneOptions): Promise<PruneReport> {
  const nowMs = options.nowMs ?? clockMs();
  await refuseAppendOnly(session.access.store, options.signal);
  const locking = lockOptions(session, false, options.signal);
  const plan = await withSharedLock(session.access, locking, async (signal) => {
    const planned = await planPrune(session, options, nowMs, signal);
    const mark =
      planned.packs.length === 0 ? [] : [await writeMark(session.access, nowMs, planned.packs, signal)];
    return { ...planned, marks: [...planned.marks, ...mark] };
  });
  const due = plan.marks.filter((mark) => isDue(mark, options.graceMs, nowMs) && isWorthTrying(mark, nowMs));
  const swept = due.length === 0 ? undefined : await sweep(session, due, options, nowMs, plan.survey);
  // a sweep that died after its last mark was gone left its request, and there may never be another sweep
  if (swept === undefined) await clearDeadRequests(session.access, session.owner, '', options.signal);
  session.view = undefined;
  const left = swept === undefined ? plan.marks : await loadMarks(session.access, options.signal);
  return reportOf(plan, swept, left, options, nowMs);
}

async function sweep(
  session: Session,
  due: readonly PruneMark[],
  options: PruneOptions,
  nowMs: number,
  survey: Survey,
): Promise<SweepReport> {
  const names = due.map(({ name }) => name);
  const exclusive = { marks: names, waitMs: options.waitMs ?? 0, signal: options.signal };
  return await withExclusive(session, exclusive, (signal, lock) =>
    sweepMarks(session, names, options, nowMs, { signal, lock }, survey),
  );
}

/** A mark of which the store keeps everything for longer is left alone, and so are those who use the vault. */
function isWorthTrying({ packs }: PruneMark, nowMs: number): boolean {
  return packs.length === 0 || packs.some(({ retainedUntilMs = 0 }) => retainedUntilMs <= nowMs);
}

function prunablePacks(plan: PrunePlan, { graceMs }: PruneOptions, nowMs: number): PrunablePack[] {
  const fresh = { name: '', timeMs: nowMs, packs: plan.packs };
  const seen = new Set<string>();
  return [...plan.marks, fresh].flatMap((mark) =>
    mark.packs.flatMap((pack): PrunablePack[] => {
      if (seen.has(pack.id)) return [];
      seen.add(pack.id);
      const removableAtMs = Math.max(mark.timeMs + graceMs, pack.retainedUntilMs ?? 0);
      const state = mark === fresh ? 'new' : removableAtMs <= nowMs ? 'due' : 'pending';
      const { id, bytes } = pack;
      const rewriteBytes = bytesToMove(plan.survey.places, pack);
      const isMerge = pack.kind === 'rewrite' && !isWorthRewriting(bytes, rewriteBytes);
      const kind = isMerge ? 'merge' : pack.kind;
      return [{ id, kind, state, bytes, rewriteBytes, removableAtMs }];
    }),
  );
}

/** Of a pack that is rewritten: what its mark does not give up. */
function bytesToMove(places: Places, mark: MarkedPack): number {
  const pack = mark.kind === 'rewrite' ? places.index.packNumberOf(mark.id) : undefined;
  const own = pack === undefined ? [] : [...placesOf(places, pack)];
  if (own.length !== mark.blobs) return 0;
  const moved = own.filter((_, position) => !isGivenUp(mark, position));
  return moved.reduce((sum, place) => sum + places.index.lengthAt(place), 0);
}

function reportOf(
  plan: PrunePlan,
  swept: SweepReport | undefined,
  left: readonly PruneMark[],
  { graceMs }: PruneOptions,
  nowMs: number,
): PruneReport {
  const { choice, survey, packs } = plan;
  const dates = left.flatMap(({ timeMs, packs: marked }) =>
    marked.map(({ retainedUntilMs = 0 }) => Math.max(timeMs + graceMs, retainedUntilMs, nowMs)),
  );
  return {
    snapshots: (swept?.survey ?? survey).snapshotIds.length,
    usedBytes: choice.usedBytes,
    wastedBytes: choice.wastedBytes,
    marked: totalsOf(packs),
    reclaimed: {
      packs: swept?.removedPacks ?? 0,
      bytes: (swept?.removedBytes ?? 0) - (swept?.newBytes ?? 0),
    },
    rewrittenBytes: swept?.newBytes ?? 0,
    pending: totalsOf([...packsOfMarks(left).values()]),
    ...(dates.length === 0 ? {} : { removableAtMs: Math.min(...dates) }),
    neededAgain: swept?.neededAgain ?? 0,
    retained: swept?.retained ?? 0,
  };
}

function totalsOf(packs: readonly { readonly bytes: number }[]): PackTotals {
  return { packs: packs.length, bytes: packs.reduce((sum, { bytes }) => sum + bytes, 0) };
}
