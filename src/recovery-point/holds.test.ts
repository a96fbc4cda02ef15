import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import type { HoldRecord } from '../evidence/vault-records.ts';
import { holdsFromRecords, momentAfterHolds, namesToHold } from './holds.ts';

let number = 0;

function hold(action: HoldRecord['action'], atMs: number, more: Partial<HoldRecord> = {}): RunRecord {
  return {
    type: 'hold',
    id: `record-${number++}`,
    runId: 'run',
    vault: 'here',
    host: 'host',
    programVersion: '0',
    verdict: 'pass',
    ...recordTimes(atMs, atMs),
    kind: 'pin',
    action,
    snapshotIds: ['one'],
    reason: 'because',
    ...more,
  };
}

function kinds(records: readonly RunRecord[], nowMs = 1000, vault = 'here', id = 'one'): readonly string[] {
  return holdsFromRecords(records, nowMs)(vault, id).map(({ kind }) => kind);
}

test('the newest record of a kind counts, in whatever order they come', () => {
  const records = [hold('set', 1), hold('release', 2), hold('set', 3)];
  assert.deepEqual(kinds(records), ['pin']);
  assert.deepEqual(kinds(records.toReversed()), ['pin']);
  assert.deepEqual(kinds(records.slice(0, 2)), []);
});

test('a pin and a legal hold are released apart, and each holds in its vault only', () => {
  const records = [hold('set', 1), hold('set', 1, { kind: 'legal-hold' }), hold('release', 2)];
  assert.deepEqual(kinds(records), ['legal-hold']);
  assert.deepEqual(kinds(records, 1000, 'away'), []);
  assert.deepEqual(kinds(records, 1000, 'here', 'two'), []);
});

test('a hold with an end ends by itself; of one moment the one that sets counts', () => {
  assert.deepEqual(kinds([hold('set', 1, { untilMs: 1000 })], 999), ['pin']);
  assert.deepEqual(kinds([hold('set', 1, { untilMs: 1000 })], 1000), []);
  assert.deepEqual(kinds([hold('set', 5), hold('release', 5)]), ['pin']);
});

test('a new hold is dated after all that are known, though a clock was ahead', () => {
  const records = [hold('release', 5000)];
  const atMs = momentAfterHolds(records, 1000);
  assert.equal(atMs, 5001);
  assert.deepEqual(kinds([hold('set', atMs), ...records]), ['pin']);
  assert.equal(momentAfterHolds(records, 9000), 9000);
});

test('what restic named anew is held by its first id, until that is released', () => {
  const renamed = { id: 'two', original: 'one' };
  const kindsOf = (...records: readonly RunRecord[]) =>
    holdsFromRecords(records, 1000, [renamed])('here', 'two').map(({ kind }) => kind);
  assert.deepEqual(kindsOf(hold('set', 1)), ['pin']);
  assert.deepEqual(kindsOf(hold('set', 1), hold('release', 2)), []);
  const own = hold('set', 3, { snapshotIds: ['two'], untilMs: 900 });
  assert.deepEqual(kindsOf(hold('set', 1), own), ['pin'], 'its own pin is over, the other is not');
  assert.deepEqual(kinds([hold('set', 1)], 1000, 'here', 'two'), [], 'nobody knows what it was called');
});

test('a hold names what the snapshot was first, and a release does where that is not there beside it', () => {
  const renamed = [{ id: 'two', original: 'one' }, { id: 'three' }];
  assert.deepEqual(
    namesToHold(renamed, 'set', () => true),
    ['two', 'one', 'three'],
  );
  assert.deepEqual(
    namesToHold(renamed, 'release', () => false),
    ['two', 'one', 'three'],
  );
  assert.deepEqual(
    namesToHold(renamed, 'release', () => true),
    ['two', 'three'],
  );
});
