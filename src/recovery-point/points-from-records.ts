/** Folds the history of vaults into the recovery points that exist now. */
import type {
  BackupRecord,
  CheckRecord,
  CopyRecord,
  RestoreRecord,
  RunRecord,
  VerifyRecord,
} from '../evidence/record.ts';
import { foundRight } from './found-right.ts';
import type { Proof, ProofFailure, ProofStep, RecoveryPoint, RestoreStep } from './recovery-point.ts';

type Points = Map<string, RecoveryPoint>;

/**
 * All recovery points with their proof, oldest capture first. `records` may come in any order and from several
 * vaults; a record counts only for points of its own vault. Records of an unknown type change nothing.
 */
export function recoveryPointsFromRecords(records: readonly RunRecord[]): readonly RecoveryPoint[] {
  const points: Points = new Map();
  // By end, so that a check counts before or after what it judged, whatever the order of arrival; ids break ties.
  const inOrder = records.toSorted(
    (a, b) => rank(a) - rank(b) || a.endMs - b.endMs || compareText(a.id, b.id),
  );
  for (const record of inOrder) applyRecord(points, record);
  return [...points.values()].sort((a, b) => a.capturedAtMs - b.capturedAtMs || compareText(a.id, b.id));
}

/** Points are made first and given up last, for clocks of different hosts need not agree. */
function rank(record: RunRecord): number {
  return record.type === 'backup' || record.type === 'copy' ? 0 : record.type === 'forget' ? 2 : 1;
}

function applyRecord(points: Points, record: RunRecord): void {
  switch (record.type) {
    case 'backup':
    case 'copy':
      applyBackup(points, record);
      break;
    case 'check':
      applyCheck(points, record);
      break;
    case 'verify':
      applyVerify(points, record);
      break;
    case 'restore':
      applyRestore(points, record);
      break;
    case 'forget':
      for (const snapshotId of record.snapshotIds) points.delete(pointKey(record.vault, snapshotId));
      break;
    default:
      // Canaries and keys prove nothing about a point.
      break;
  }
}

function applyBackup(points: Points, record: BackupRecord | CopyRecord): void {
  const { snapshotId, system, capturedAtMs } = record;
  if (snapshotId === undefined || system === undefined || capturedAtMs === undefined) return;
  if (record.verdict === 'fail') return;
  points.set(pointKey(record.vault, snapshotId), {
    id: snapshotId,
    system,
    vault: record.vault,
    snapshotId,
    capturedAtMs,
    complete: record.verdict === 'pass' && record.problemCount === 0,
    position: record.position ?? { kind: 'none' },
    ...(record.planHash === undefined ? {} : { planHash: record.planHash }),
    ...(record.systemHash === undefined ? {} : { systemHash: record.systemHash }),
    bytes: record.bytes,
    files: record.files,
    proof: { written: stepOf(record) },
  });
}

function applyCheck(points: Points, record: CheckRecord): void {
  const step = stepOf(record);
  for (const snapshotId of foundRight(record))
    succeed(points, pointKey(record.vault, snapshotId), { checked: step });
  for (const snapshotId of record.coldSnapshotIds ?? []) {
    const key = pointKey(record.vault, snapshotId);
    const point = points.get(key);
    if (point !== undefined) points.set(key, { ...point, archived: step });
  }
  if (record.verdict === 'fail' && record.dataSound !== true) applyDamage(points, record, step);
}

function applyDamage(points: Points, record: CheckRecord, step: ProofStep): void {
  for (const [key, point] of points) {
    if (point.vault !== record.vault) continue;
    const named = record.damagedSnapshotIds.includes(point.snapshotId);
    const inDoubt = record.damagedSnapshotIds.length === 0;
    if (named || inDoubt) points.set(key, { ...point, failure: worse(point, { ...step, foundBy: 'check' }) });
  }
}

/** A restore on request proves nothing; what it met on the way speaks against the point, until that is read back. */
function applyRestore(points: Points, record: RestoreRecord): void {
  const key = pointKey(record.vault, record.snapshotId);
  const point = points.get(key);
  if (point === undefined || record.foundDamage !== true) return;
  points.set(key, { ...point, failure: worse(point, { ...stepOf(record), foundBy: 'check' }) });
}

function applyVerify(points: Points, record: VerifyRecord): void {
  const key = pointKey(record.vault, record.snapshotId);
  const point = points.get(key);
  if (point === undefined) return;
  const step = stepOf(record);
  if (record.verdict === 'fail') {
    points.set(key, { ...point, failure: { ...step, foundBy: 'restore' } });
    return;
  }
  if (!record.restored) return;
  // the very check that failed before may be the one that was not carried out now
  if (point.failure?.foundBy === 'restore' && record.verdict !== 'pass') return;
  const restored: RestoreStep = { ...step, durationMs: record.restoreMs };
  succeed(points, key, { checked: step, restored, ...(isApproval(record) ? { approved: restored } : {}) });
}

/** No checks at all approve nothing. */
function isApproval(record: VerifyRecord): boolean {
  return (
    record.verdict === 'pass' &&
    record.checks.length > 0 &&
    record.checks.every((check) => check.verdict === 'pass')
  );
}

/** A finding of a restore stays until a restore lifts it. */
function worse(point: RecoveryPoint, found: ProofFailure): ProofFailure {
  return point.failure?.foundBy === 'restore' ? point.failure : found;
}

/**
 * A success after a failure starts the proof anew: what was proven before does not come back. Reading bytes back
 * cannot lift what a restore has found, for those bytes may be exactly what is wrong.
 */
function succeed(points: Points, key: string, steps: Partial<Proof>): void {
  const point = points.get(key);
  if (point === undefined) return;
  if (point.failure === undefined) {
    points.set(key, { ...point, proof: { ...point.proof, ...steps } });
    return;
  }
  if (point.failure.foundBy === 'restore' && steps.restored === undefined) return;
  const { failure: _lifted, ...rest } = point;
  points.set(key, { ...rest, proof: { written: point.proof.written, ...steps } });
}

function stepOf(record: RunRecord): ProofStep {
  return {
    atMs: record.endMs,
    recordId: record.id,
    ...(record.systemHash === undefined ? {} : { systemHash: record.systemHash }),
  };
}

function pointKey(vault: string, snapshotId: string): string {
  return `${vault} ${snapshotId}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
