/** A point of a vault as retention looks at it: what is recorded of it, at the time that its snapshot is stored with. */
import type { RunRecord } from '../../evidence/record.ts';
import { isProven, type RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { KeepCandidate } from '../../recovery-point/retention-choice.ts';
import { isInFuture, readStoredTime, storedTimeAt } from '../../recovery-point/stored-time.ts';
import type { Snapshot } from '../../repository/repository-types.ts';

export interface VaultPoint extends KeepCandidate {
  /** The snapshot's id. */
  readonly id: string;
  readonly timeMs: number;
  /** Absent for a snapshot that no plan knows of. */
  readonly point?: RecoveryPoint;
}

export function vaultPoint(point: RecoveryPoint, snapshot: Snapshot | undefined): VaultPoint {
  const time = snapshot === undefined ? undefined : readStoredTime(snapshot.time);
  return {
    id: point.snapshotId,
    time: time ?? storedTimeAt(point.capturedAtMs),
    timeMs: point.capturedAtMs,
    point,
  };
}

export function plainPoint({ id, time, timeMs, tags }: Snapshot): VaultPoint {
  const stored = readStoredTime(time) ?? storedTimeAt(timeMs);
  return { id, time: stored, timeMs, ...(tags === undefined ? {} : { tags }) };
}

/** Restored into a sandbox and found right, and nothing speaks against it since. */
export function isProvenPoint({ point }: VaultPoint): boolean {
  return point?.complete === true && isProven(point, 'restored');
}

/** One that a clock dated too far ahead would be the newest for years, and is no measure of what else is kept. */
export function isSoundPoint({ point, time }: VaultPoint, nowMs: number): boolean {
  if (isInFuture(time, nowMs)) return false;
  return point === undefined || (point.complete && point.failure === undefined);
}

/** Snapshots of the vault that records say were given up. */
export function givenUp(records: readonly RunRecord[]): ReadonlySet<string> {
  return new Set(records.flatMap((record) => (record.type === 'forget' ? record.snapshotIds : [])));
}
