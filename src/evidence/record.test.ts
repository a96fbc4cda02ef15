import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../plan/canonical-json.ts';
import { parseRecord, type RunRecord } from './record.ts';
import { recordTimes } from './record-common.ts';

const common = {
  id: 'run-1:1',
  runId: 'run-1',
  vault: 'ab12',
  host: 'shop-1',
  programVersion: '0.1.0',
  verdict: 'pass',
  system: 'orders-db',
  systemHash: 'v1:aa',
  planId: 'p',
  planHash: 'v1:bb',
  ...recordTimes(Date.UTC(2026, 10, 20, 2, 0), Date.UTC(2026, 10, 20, 2, 1)),
} as const;

const records: readonly RunRecord[] = [
  { type: 'init', ...common },
  {
    type: 'backup',
    ...common,
    trigger: 'schedule',
    snapshotId: 'cd34',
    capturedAtMs: common.startMs,
    position: { kind: 'sqlite', journal: 'wal', changeCounter: 7, pageCount: 9, walSalt: '0a', walFrame: 12 },
    files: 3,
    directories: 2,
    bytes: 4096,
    bytesAdded: 512,
    values: { 'rows:orders': 4711, 'sha256:x': 'ff' },
    contentDigest: 'ee',
    problemCount: 0,
    writerPauseMs: 1.5,
    canary: { sequence: 4, writtenAtMs: 1 },
  },
  {
    type: 'check',
    ...common,
    scope: 'all',
    snapshotIds: ['cd34'],
    damagedSnapshotIds: [],
    packsRead: 1,
    bytesRead: 2,
  },
  {
    type: 'verify',
    ...common,
    snapshotId: 'cd34',
    restored: true,
    restoreMs: 900,
    checkMs: 30,
    files: 3,
    bytes: 4096,
    checks: [{ name: 'integrity', verdict: 'pass', expected: 'ok', actual: 'ok' }],
    loss: { kind: 'measured', ms: 1200, rows: 2 },
  },
  {
    type: 'restore',
    ...common,
    snapshotId: 'cd34',
    destination: 'in-place',
    restoreMs: 9,
    files: 1,
    bytes: 1,
    safetyCopy: '/var/x',
  },
  { type: 'key', ...common, action: 'remove', keyId: 'k' },
  { type: 'forget', ...common, snapshotIds: ['cd34'], bytesFreed: 10 },
];

describe('parseRecord', () => {
  for (const record of records) {
    it(`reads ${record.type} back as it was written`, () => {
      assert.deepEqual(parseRecord(JSON.parse(canonicalJson(record))), record);
    });

    it(`names the field of ${record.type} that is missing`, () => {
      const optionalFields = [
        'system',
        'systemHash',
        'planId',
        'planHash',
        'snapshotId',
        'capturedAtMs',
        'position',
        'contentDigest',
        'canary',
        'loss',
        'safetyCopy',
      ];
      for (const name of Object.keys(record)) {
        if (optionalFields.includes(name)) continue;
        const without = { ...record, [name]: undefined };
        assert.throws(
          () => parseRecord(without),
          (error: Error) => error.message.includes(`${name} is not`),
        );
      }
    });
  }

  it('tolerates types and fields of a later version', () => {
    const later = parseRecord({ ...common, type: 'teleport', beam: 7 });
    assert.deepEqual(later, { type: 'unknown', originalType: 'teleport', ...common });
    assert.deepEqual(parseRecord({ ...records[0], beam: 7 }), records[0]);
  });

  it('keeps the error of a run that failed', () => {
    const failed = {
      ...records[0],
      verdict: 'fail',
      error: { code: 'DISK_FULL', message: 'the disk is full' },
    };
    assert.deepEqual(parseRecord(failed), failed);
  });

  it('answers everything else with one kind of error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        assert.throws(() => parseRecord(json), { code: 'OBJECT_DAMAGED' });
      }),
    );
  });
});
