/**
 * Which points one vault is owed from the others. Two points of a system are copies of each other when they were
 * captured in the same millisecond: a copy keeps that moment as it was recorded.
 *
 * A vault is owed the newest point, the newest complete one, and whatever its own retention would keep if it had
 * them. Where nothing is ever given up, that is what is newer than all it has: an older vault is not filled up
 * unasked. What was given up there on purpose is never owed again, or copies and retention would undo each other.
 */
import type { RunRecord } from '../evidence/record.ts';
import type { RecoveryPoint } from './recovery-point.ts';
import { chooseKeptByAny } from './retention-choice.ts';
import type { RetentionPolicy } from './retention-policy.ts';
import { isInFuture, readStoredTime, type StoredTime, storedTimeAt } from './stored-time.ts';
import { givenUpCaptures } from './successors.ts';

export interface CopyVault {
  /** The vault's name in the plan. */
  readonly vault: string;
  readonly records: readonly RunRecord[];
  /** Points whose snapshot is there, of any system. */
  readonly points: readonly RecoveryPoint[];
}

export interface CopyQuestion {
  readonly system: string;
  readonly target: CopyVault;
  /** In the order of preference: a point is taken from the first that has it whole. */
  readonly sources: readonly CopyVault[];
  /** Of the system in the target; empty: everything is kept. */
  readonly policies: readonly RetentionPolicy[];
  readonly nowMs: number;
  /** Just what somebody asked for by name, whatever retention says and what was given up. */
  readonly asked?: (point: RecoveryPoint) => boolean;
}

export interface OwedCopy {
  /** The name of the vault that has it. */
  readonly from: string;
  readonly point: RecoveryPoint;
}

/** Oldest capture first. */
export function owedCopies(question: CopyQuestion): readonly OwedCopy[] {
  const { system, target, nowMs } = question;
  const own = target.points.filter((point) => point.system === system);
  const had = new Set(own.filter(isSettled).map(({ capturedAtMs }) => capturedAtMs));
  const offered = offeredBy(question);
  const missing = offered.filter(({ point }) => !had.has(point.capturedAtMs));
  const { asked } = question;
  if (asked !== undefined) return missing.filter(({ point }) => asked(point));
  const gone = givenUpCaptures(target.records, system);
  const lacking = missing.filter(({ point }) => !gone.has(point.capturedAtMs));
  const wanted = wantedStates(question, [...had], offered, lacking, nowMs);
  return lacking.filter(({ point }) => wanted.has(point.capturedAtMs));
}

/** One that was never read back is looked at again, unless it lies where it cannot be; for one that is damaged a copy mends nothing. */
function isSettled({ proof, failure, archived }: RecoveryPoint): boolean {
  return proof.checked !== undefined || archived !== undefined || failure !== undefined;
}

/** One offer for each moment, oldest first. Points that something speaks against are not passed on. */
function offeredBy({ system, sources }: CopyQuestion): readonly OwedCopy[] {
  const offers = new Map<number, OwedCopy>();
  for (const { vault, points } of sources)
    for (const point of points)
      if (point.system === system && point.failure === undefined && !offers.has(point.capturedAtMs))
        offers.set(point.capturedAtMs, { from: vault, point });
  return [...offers.values()].sort((a, b) => a.point.capturedAtMs - b.point.capturedAtMs);
}

/**
 * By when they were captured: the time that the snapshots have, with the offset of where they were taken. Copies keep it,
 * so retention judges them by it in every vault. Where the record of the capture is not known, UTC must do.
 */
function storedTimes({ system, target, sources }: CopyQuestion): ReadonlyMap<number, StoredTime> {
  const times = new Map<number, StoredTime>();
  for (const record of [target, ...sources].flatMap(({ records }) => records)) {
    if (record.type !== 'backup' || record.system !== system || record.capturedAtMs === undefined) continue;
    const time = readStoredTime(record.start);
    if (time !== undefined) times.set(record.capturedAtMs, time);
  }
  return times;
}

function wantedStates(
  question: CopyQuestion,
  had: readonly number[],
  offered: readonly OwedCopy[],
  lacking: readonly OwedCopy[],
  nowMs: number,
): ReadonlySet<number> {
  const { policies } = question;
  // one that a clock dated ahead would be the newest for years, and keep all that is newer away
  const isDue = (state: number) => !isInFuture(storedTimeAt(state), nowMs);
  const due = offered.filter(({ point }) => isDue(point.capturedAtMs));
  const complete = due.findLast(({ point }) => point.complete);
  const wanted = new Set(
    [offered.at(-1), due.at(-1), complete].flatMap((copy) => copy?.point.capturedAtMs ?? []),
  );
  if (policies.length === 0) {
    const newestHad = Math.max(Number.NEGATIVE_INFINITY, ...had.filter(isDue));
    const isNewer = newestHad > Number.NEGATIVE_INFINITY ? (state: number) => state > newestHad : () => false;
    for (const { point } of lacking) if (isNewer(point.capturedAtMs)) wanted.add(point.capturedAtMs);
    return wanted;
  }
  const states = [...had, ...lacking.map(({ point }) => point.capturedAtMs)];
  const times = storedTimes(question);
  const candidates = states.map((state) => {
    return { id: String(state), time: times.get(state) ?? storedTimeAt(state), state };
  });
  for (const judged of [candidates, candidates.filter(({ state }) => isDue(state))])
    for (const { kept, point } of chooseKeptByAny(judged, policies, nowMs)) if (kept) wanted.add(point.state);
  return wanted;
}
