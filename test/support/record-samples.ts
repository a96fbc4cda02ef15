/** Records for tests: system `db` under plan `plan` and hash `h` in vault `v`. */
import type { BackupRecord, CheckRecord, VerifyRecord } from '../../src/evidence/record.ts';
import { recordTimes } from '../../src/evidence/record-common.ts';

type Shared = Pick<
  BackupRecord,
  'id' | 'runId' | 'vault' | 'host' | 'programVersion' | 'system' | 'systemHash' | 'planId' | 'verdict'
>;

function shared(id: string): Shared {
  return {
    id,
    runId: 'run',
    vault: 'v',
    host: 'host',
    programVersion: '0',
    system: 'db',
    systemHash: 'h',
    planId: 'plan',
    verdict: 'pass',
  };
}

/** Takes 100 ms. */
export function backupRecord(
  snapshotId: string,
  given: Partial<BackupRecord> & { readonly startMs: number },
): BackupRecord {
  return {
    type: 'backup',
    ...shared(`backup-${snapshotId}`),
    trigger: 'schedule',
    snapshotId,
    capturedAtMs: given.startMs,
    files: 1,
    directories: 0,
    bytes: 1,
    bytesAdded: 1,
    values: {},
    problemCount: 0,
    writerPauseMs: 0,
    ...recordTimes(given.startMs, given.startMs + 100),
    ...given,
  };
}

export function checkRecord(
  snapshotIds: readonly string[],
  damagedSnapshotIds: readonly string[] = [],
): CheckRecord {
  return {
    type: 'check',
    ...shared(`check-${snapshotIds.join()}`),
    ...recordTimes(1, 1),
    verdict: damagedSnapshotIds.length === 0 ? 'pass' : 'fail',
    scope: 'part',
    snapshotIds,
    damagedSnapshotIds,
    packsRead: 1,
    bytesRead: 1,
  };
}

export function verifyRecord(
  snapshotId: string,
  endMs: number,
  given: Partial<VerifyRecord> = {},
): VerifyRecord {
  const verdict = given.verdict ?? 'pass';
  return {
    type: 'verify',
    ...shared(`verify-${snapshotId}-${endMs}`),
    ...recordTimes(endMs - 10, endMs),
    snapshotId,
    restored: verdict === 'pass',
    restoreMs: 5,
    checkMs: 5,
    files: 1,
    bytes: 1,
    checks: [{ name: 'restore', verdict: verdict === 'incomplete' ? 'fail' : verdict }],
    ...given,
  };
}
