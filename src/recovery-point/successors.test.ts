import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupRecord, checkRecord } from '../../test/support/record-samples.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { givenUpCaptures, successorsOf } from './successors.ts';

const first = backupRecord('first', { startMs: 1000 });
const again = backupRecord('again', { startMs: 5000, capturedAtMs: 1000 });
const other = backupRecord('other', { startMs: 2000 });
const checked = { ...checkRecord(['again', 'other']), ...recordTimes(6000, 6000) };

const successors = (records: Parameters<typeof successorsOf>[1]['records'], ...snapshotIds: string[]) => [
  ...successorsOf('v', { records, snapshotIds }),
];

test('what is gone lives on as a point of the same capture that was read back and found whole', () => {
  const records = [first, again, other, checked];
  assert.deepEqual(successors(records, 'again', 'other'), [['first', 'again']]);
  assert.deepEqual(successors(records, 'first', 'other'), [], 'the one that is left was never read back');
  assert.deepEqual(successors(records, 'other'), [], 'both are gone');
  assert.deepEqual(successors([first, again, other], 'again'), [], 'it was not read back');
  const damaged = { ...checkRecord([], ['again']), id: 'later', ...recordTimes(7000, 7000) };
  assert.deepEqual(successors([...records, damaged], 'again', 'other'), []);
  const incomplete = { ...again, verdict: 'incomplete', problemCount: 1 } as const;
  assert.deepEqual(successors([first, incomplete, checked], 'again'), []);
  const elsewhere = { ...again, system: 'web' };
  assert.deepEqual(successors([first, elsewhere, checked], 'again'), []);
  assert.deepEqual([...successorsOf('another', { records, snapshotIds: ['again'] })], []);
});

test('a capture is given up when all that is known of it there was given up', () => {
  const forget = (...snapshotIds: string[]) =>
    ({ ...checked, id: snapshotIds.join(), type: 'forget', snapshotIds, bytesFreed: 0 }) as const;
  const of = (...records: Parameters<typeof givenUpCaptures>[0]) => [...givenUpCaptures(records, 'db')];
  assert.deepEqual(of(first, again, other, forget('first')), []);
  assert.deepEqual(of(first, again, other, forget('first', 'again')), [1000]);
  assert.deepEqual(of(first, forget('first'), forget('other'), other), [1000, 2000]);
  assert.deepEqual([...givenUpCaptures([first, forget('first')], 'web')], []);
});
