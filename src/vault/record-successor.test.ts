import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testRun } from '../../test/support/test-run.ts';
import type { RunRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import type { HoldRecord } from '../evidence/vault-records.ts';
import { holdsFromRecords } from '../recovery-point/holds.ts';
import { recordSuccessor } from './record-successor.ts';

const nowMs = 1_000_000;
const dayMs = 86_400_000;

function hold(id: string, kind: HoldRecord['kind'], untilMs?: number): HoldRecord {
  return {
    ...{ type: 'hold', id: `${kind} of ${id}`, runId: 'run', vault: 'v', host: 'host', programVersion: '0' },
    ...{ verdict: 'pass', ...recordTimes(5, 5), kind, action: 'set', snapshotIds: [id] },
    reason: `${kind} of ${id}`,
    ...(untilMs === undefined ? {} : { untilMs }),
  };
}

/** Kind, reason and end of what holds the new point afterwards. */
async function heldAfter(...before: readonly HoldRecord[]): Promise<readonly unknown[]> {
  const records: RunRecord[] = [...before];
  const vault = {
    id: 'v',
    append: async (record: RunRecord) => {
      records.push(record);
    },
  };
  await recordSuccessor(
    testRun(() => nowMs),
    vault,
    before,
    'old',
    'new',
  );
  assert.deepEqual(records.at(-1)?.type, 'forget');
  return holdsFromRecords(records, nowMs)('v', 'new').map(({ kind, reason, untilMs }) => [
    kind,
    reason,
    untilMs,
  ]);
}

test('a hold of the new point is never shortened by that of the old one, and one that lasts longer goes over', async () => {
  const [soon, late] = [nowMs + dayMs, nowMs + 2 * dayMs];
  for (const [old, own, reason, end] of [
    [soon, undefined, 'legal-hold of new', undefined],
    [soon, late, 'legal-hold of new', late],
    [undefined, undefined, 'legal-hold of new', undefined],
    [late, soon, 'legal-hold of old', late],
    [undefined, late, 'legal-hold of old', undefined],
    [soon, nowMs - 1, 'legal-hold of old', soon],
  ] as const)
    assert.deepEqual(await heldAfter(hold('old', 'legal-hold', old), hold('new', 'legal-hold', own)), [
      ['legal-hold', reason, end],
    ]);
});

test('each kind goes over by itself', async () => {
  assert.deepEqual(await heldAfter(hold('old', 'pin'), hold('new', 'legal-hold')), [
    ['legal-hold', 'legal-hold of new', undefined],
    ['pin', 'pin of old', undefined],
  ]);
});
