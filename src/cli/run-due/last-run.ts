/** The last backup run of one system into one vault, as far as the vault's records and this machine know. */
import type { BackupRecord, CopyRecord } from '../../evidence/record.ts';
import { recoveryPointsFromRecords } from '../../recovery-point/points-from-records.ts';
import type { VaultHistory } from '../plan/plan-history.ts';

/** Clocks of two hosts may differ by this much before a time in the future counts as a wrong clock. */
export const clockSkewToleratedMs = 60_000;

export interface LastRun {
  readonly startMs: number;
  readonly endMs: number;
  readonly systemHash?: string;
  /** Absent when the run left a complete point that was read back and is still there. */
  readonly failure?: RunFailure;
}

export interface RunFailure {
  readonly code: string;
  readonly message: string;
}

/** A run that failed on this machine, and may have left no record in the vault. */
export interface FailedAttempt extends RunFailure {
  readonly atMs: number;
  readonly systemHash: string;
}

export interface LastRunRequest {
  readonly planId: string;
  readonly system: string;
  readonly history: Pick<VaultHistory, 'records' | 'points' | 'trouble'>;
  readonly attempt?: FailedAttempt;
  readonly nowMs: number;
}

/**
 * The newest over all the vaults that could be read: a system is captured once, into whichever takes the point.
 * `undefined` when there was none.
 */
export function lastRunOfSystem(
  request: Omit<LastRunRequest, 'history'>,
  histories: readonly LastRunRequest['history'][],
): LastRun | undefined {
  const runs = histories
    .map((history) => lastRunOf({ ...request, history }))
    .filter((run) => run !== undefined);
  const latestMs = request.nowMs + clockSkewToleratedMs;
  return newestOf(runs.filter(({ startMs }) => startMs <= latestMs)) ?? newestOf(runs);
}

/**
 * `undefined` when there was none. Runs that lie in the future count only when there are no others, so that one
 * record made under a wrong clock neither hides nor repeats runs.
 */
export function lastRunOf(request: LastRunRequest): LastRun | undefined {
  const { planId, system, history, attempt, nowMs } = request;
  const records = history.records.filter(
    (record): record is BackupRecord =>
      record.type === 'backup' && record.system === system && record.planId === planId,
  );
  const latestMs = nowMs + clockSkewToleratedMs;
  const runs = [
    ...records.map((record) => ({ startMs: record.startMs, record })),
    ...wholeCopies(request).map((copy) => ({ startMs: copy.capturedAtMs ?? copy.startMs, record: copy })),
  ];
  const newest = newestOf(runs.filter(({ startMs }) => startMs <= latestMs)) ?? newestOf(runs);
  const recorded = newest === undefined ? undefined : fromRecord(newest.record, newest.startMs, history);
  if (attempt === undefined || attempt.atMs > latestMs) return recorded;
  if (recorded !== undefined && recorded.startMs <= latestMs && recorded.endMs >= attempt.atMs)
    return recorded;
  const { atMs, systemHash, code, message } = attempt;
  return { startMs: atMs, endMs: atMs, systemHash, failure: { code, message } };
}

/** A copy shows that there was a run, even when the vault of the capture is not to be read. One with a flaw shows nothing. */
function wholeCopies({ planId, system, history }: LastRunRequest): readonly CopyRecord[] {
  return history.records.filter(
    (record): record is CopyRecord =>
      record.type === 'copy' &&
      record.system === system &&
      record.planId === planId &&
      failureOf(record, history) === undefined,
  );
}

function newestOf<Run extends { readonly startMs: number }>(runs: readonly Run[]): Run | undefined {
  return runs.reduce<Run | undefined>(
    (newest, run) => (newest === undefined || run.startMs >= newest.startMs ? run : newest),
    undefined,
  );
}

function fromRecord(
  record: BackupRecord | CopyRecord,
  startMs: number,
  history: LastRunRequest['history'],
): LastRun {
  const failure = failureOf(record, history);
  return {
    startMs,
    endMs: record.endMs,
    ...(record.systemHash === undefined ? {} : { systemHash: record.systemHash }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** A run that says it passed is believed when its point was read back and is still there. */
function failureOf(
  record: BackupRecord | CopyRecord,
  { records, points, trouble }: LastRunRequest['history'],
): RunFailure | undefined {
  if (record.verdict !== 'pass') {
    const code = record.verdict === 'incomplete' ? 'BACKUP_INCOMPLETE' : 'INTERNAL';
    return record.error ?? { code, message: `the last backup of ${record.system} ended ${record.verdict}` };
  }
  const point = recoveryPointsFromRecords(records).find(
    ({ snapshotId, vault }) => snapshotId === record.snapshotId && vault === record.vault,
  );
  // given up by a later record, on purpose
  if (point === undefined) return undefined;
  if (point.failure?.foundBy === 'check')
    return { code: 'VAULT_DAMAGED', message: `the last point of ${record.system} is damaged in the vault` };
  // what lies in an archive class cannot be read back, and trying again changes nothing
  if (point.failure === undefined && point.proof.checked === undefined && point.archived === undefined)
    return { code: 'BACKUP_INCOMPLETE', message: `the last point of ${record.system} was not read back` };
  const isThere = trouble !== undefined || points.some(({ id }) => id === point.id);
  if (isThere) return undefined;
  return { code: 'SNAPSHOT_NOT_FOUND', message: `the last point of ${record.system} is gone from the vault` };
}
