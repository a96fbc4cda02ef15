import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../plan/canonical-json.ts';
import type { Position } from '../source/position.ts';
import type { LogRecord } from './log-record.ts';
import { parseRecord } from './record.ts';
import { recordTimes } from './record-common.ts';

const common = {
  ...{ id: 'r', runId: 'run', vault: 'v', host: 'shop-1', programVersion: '0.1.0' },
  verdict: 'fail',
  ...recordTimes(1, 1),
} as const;

const records: readonly LogRecord[] = [
  {
    ...{ type: 'log', ...common, event: 'gap', incarnation: '73', branch: '00000001', of: 'here' },
    ...{ fromPosition: '0000000003000028', toPosition: '0000000004000000' },
  },
  {
    type: 'log',
    ...common,
    event: 'protected',
    branch: '00000001',
    fromPosition: '0000000003000028',
    ms: 4000,
  },
  { type: 'log', ...common, event: 'branch', branch: '00000001', nextBranch: '00000002' },
  { type: 'log', ...common, event: 'lost', message: 'missing' },
];

for (const record of records)
  test(`reads ${record.event} back as it was written`, () => {
    assert.deepEqual(parseRecord(JSON.parse(canonicalJson(record))), record);
  });

test('an event that is none is refused', () => {
  assert.throws(() => parseRecord({ ...records[3], event: 'fine' }), {
    code: 'OBJECT_DAMAGED',
    message: /event/,
  });
});

test('the position of a PostgreSQL backup is read back as it was written', () => {
  const position: Position = {
    ...{ kind: 'postgres', systemId: '7310987654321', timeline: 2, base: '0/3000028', at: '0/3000138' },
    ...{ serverVersion: '15.18', segmentBytes: 16 * 1024 * 1024, hasLog: true },
  };
  const backup = {
    ...{ type: 'backup', ...common, trigger: 'manual', position, files: 1, directories: 1, bytes: 1 },
    ...{ bytesAdded: 1, values: {}, problemCount: 0, writerPauseMs: 0 },
  };
  const read = parseRecord(JSON.parse(canonicalJson(backup)));
  assert.deepEqual(read.type === 'backup' && read.position, position);
});
