import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupRecord, RunRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { clearingOf, deletionPauses } from './suspicion.ts';

const mebibyte = 1024 * 1024;

function common(atMs: number, more: Partial<BackupRecord> = {}) {
  return {
    id: `record-${atMs}`,
    runId: 'run',
    vault: more.vault ?? 'here',
    host: 'host',
    programVersion: '0',
    verdict: 'pass',
    system: 'uploads',
    planId: 'plan',
    ...recordTimes(atMs, atMs),
  } as const;
}

function backup(atMs: number, more: Partial<BackupRecord> = {}): RunRecord {
  return {
    type: 'backup',
    ...common(atMs, more),
    systemHash: 'same',
    trigger: 'schedule',
    snapshotId: `snapshot-${atMs}`,
    capturedAtMs: atMs,
    files: 100,
    directories: 1,
    bytes: 100 * mebibyte,
    bytesAdded: atMs === 1 ? 100 * mebibyte : mebibyte,
    values: {},
    problemCount: 0,
    writerPauseMs: 0,
    ...more,
  };
}

function pause(
  atMs: number,
  action: 'pause' | 'clear',
  vault = 'here',
  clears: readonly string[] = [],
): RunRecord {
  return { type: 'pause', ...common(atMs, { vault }), action, reason: 'told', clears };
}

const nowMs = 1000;

const usual = [1, 2, 3, 4].map((atMs) => backup(atMs));

function reasons(...records: readonly RunRecord[]): readonly string[] {
  return deletionPauses(records, nowMs).map(({ reason }) => reason);
}

test('what is as usual is not suspicious', () => {
  assert.deepEqual(reasons(...usual, backup(5, { bytesAdded: 4 * mebibyte, files: 60 })), []);
  assert.deepEqual(reasons(backup(1), backup(2, { bytesAdded: 90 * mebibyte })), [], 'nothing is usual yet');
});

test('contents that changed in silence are, however young the system', () => {
  assert.deepEqual(reasons(backup(1), backup(2, { silentChangeCount: 3 })), [
    '3 files changed although size and time did not',
  ]);
});

test('far more new bytes than usual are, if they are half of all', () => {
  assert.deepEqual(reasons(...usual, backup(5, { bytesAdded: 90 * mebibyte })), [
    '90% of the bytes are new, where 1.0 MB at most are usual',
  ]);
  assert.deepEqual(reasons(...usual, backup(5, { bytesAdded: 40 * mebibyte })), []);
  const dumps = [1, 2, 3, 4].map((atMs) => backup(atMs, { bytesAdded: 100 * mebibyte }));
  assert.deepEqual(reasons(...dumps, backup(5, { bytesAdded: 110 * mebibyte, bytes: 110 * mebibyte })), []);
});

test('far fewer files are, where there were some', () => {
  assert.deepEqual(reasons(...usual, backup(5, { files: 49 })), ['49 files where there were 100']);
  const few = [1, 2, 3, 4].map((atMs) => backup(atMs, { files: 9 }));
  assert.deepEqual(reasons(...few, backup(5, { files: 1 })), []);
});

test('another source has another idea of what is usual', () => {
  assert.deepEqual(reasons(...usual, backup(5, { files: 1, systemHash: 'other' })), []);
});

test('a suspicion stays until it is cleared in any of the vaults, and a later one is a new one', () => {
  const hit = [...usual, backup(5, { files: 1 }), backup(6, { files: 1 }), backup(7, { files: 1 })];
  assert.deepEqual(reasons(...hit), ['1 files where there were 100']);
  assert.deepEqual(reasons(...hit, pause(8, 'clear', 'away')), []);
  assert.deepEqual(reasons(...hit, pause(8, 'clear'), backup(9, { silentChangeCount: 1 })), [
    '1 file changed although size and time did not',
  ]);
  assert.deepEqual(reasons(...hit, pause(4, 'clear')), ['1 files where there were 100']);
});

test('what was told is not new; each vault has its own history', () => {
  const hit = [...usual, backup(5, { files: 1 })];
  assert.deepEqual(
    deletionPauses(hit, nowMs).map(({ isNew, sinceMs }) => [isNew, sinceMs]),
    [[true, 5]],
  );
  assert.deepEqual(
    deletionPauses([...hit, pause(6, 'pause')], nowMs).map(({ isNew, reason }) => [isNew, reason]),
    [[false, 'told']],
  );
  const away = backup(6, { vault: 'away', bytesAdded: 100 * mebibyte });
  assert.deepEqual(reasons(...usual, away), [], 'the first backup into a new vault adds everything');
});

const year = 365 * 86_400_000;

test('a clearing comes after all that is suspicious, and clears by name what a wrong clock dated ahead', () => {
  const system = { system: 'uploads', planId: 'plan' };
  const hit = [...usual, backup(5, { files: 1 }), backup(7, { silentChangeCount: 2 })];
  assert.deepEqual(clearingOf(hit, system, 6), { atMs: 8, clears: [] });
  assert.deepEqual(reasons(...hit, pause(8, 'clear')), []);
  assert.deepEqual(clearingOf(hit, { ...system, planId: 'another' }, 6), { atMs: 6, clears: [] });
  const ahead = [...hit, backup(year, { silentChangeCount: 3 })];
  const clearing = clearingOf(ahead, system, nowMs);
  assert.deepEqual(clearing, { atMs: nowMs, clears: [`record-${year}`] });
  const cleared = [...ahead, pause(clearing.atMs, 'clear', 'here', clearing.clears)];
  assert.deepEqual(reasons(...cleared), []);
  assert.deepEqual(reasons(...cleared, backup(nowMs + 1, { silentChangeCount: 1 })), [
    '1 file changed although size and time did not',
  ]);
});

test('a clearing that is dated ahead clears nothing until its date, but for a clock that is a minute off', () => {
  const hit = [...usual, backup(5, { files: 1 })];
  assert.deepEqual(reasons(...hit, pause(year, 'clear')), ['1 files where there were 100']);
  assert.deepEqual(reasons(...hit, pause(nowMs + 30_000, 'clear')), []);
});
