import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupRecord, checkRecord } from '../../../test/support/record-samples.ts';
import type { CopyRecord, RunRecord } from '../../evidence/record.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import { resolvePlan } from '../../plan/resolve-plan.ts';
import { recoveryPointsFromRecords } from '../../recovery-point/points-from-records.ts';
import { vaultState } from './vault-state.ts';

const nowMs = 1_000_000;

function vaultNamed(name: string) {
  const { draft } = parsePlan(
    `version: 1\nmetadata: { name: Shop, owner: Jane }\nvaults: { ${name}: { location: ./${name} } }\n`,
    'lifeboat.yaml',
  );
  assert.ok(draft);
  const [vault] = resolvePlan(draft.plan).vaults;
  assert.ok(vault);
  return vault;
}

function copyOf(system: string, verdict: CopyRecord['verdict']): CopyRecord {
  const error = { code: 'DISK_FULL', message: 'no room' };
  return {
    ...backupRecord(system, { startMs: 1000 }),
    ...{ type: 'copy', system, verdict, from: { vault: 'here', snapshotId: 's' } },
    ...(verdict === 'fail' ? { error } : {}),
  };
}

function lacks(system: string, owedSinceMs?: number) {
  const lag = { system, vault: 'away', factsAtMs: nowMs, owedPoints: owedSinceMs === undefined ? 0 : 1 };
  const copies = [owedSinceMs === undefined ? lag : { ...lag, owedSinceMs }];
  return { system, status: 'met' as const, assessments: [], copies };
}

function copiesOf(records: readonly RunRecord[], systems: readonly ReturnType<typeof lacks>[]) {
  const points = recoveryPointsFromRecords(records);
  const history = { vault: 'away', role: 'secondary', readAtMs: nowMs, records, points };
  const facts = { vault: vaultNamed('away'), history, systems, pauses: [], givesUp: false, nowMs };
  return vaultState(facts).facets.find(({ name }) => name === 'copies');
}

test('a copy that failed is shown, also of a system that is not the one that waits longest', () => {
  const systems = [lacks('db', 10), lacks('uploads', 500_000), lacks('shop')];
  const failed = copiesOf([copyOf('uploads', 'fail')], systems);
  assert.equal(failed?.status, 'failed');
  assert.match(failed?.words ?? '', /^uploads: away lacks a point .*; the last copy failed: no room$/);
  assert.equal(copiesOf([copyOf('uploads', 'pass')], systems)?.status, 'owed');
  assert.equal(copiesOf([copyOf('shop', 'fail')], systems)?.status, 'owed', 'shop lacks nothing by now');
  assert.equal(copiesOf([copyOf('shop', 'pass')], [lacks('shop')])?.status, 'ok');
  assert.equal(copiesOf([copyOf('shop', 'fail')], [lacks('shop')])?.status, 'none', 'nothing is there');
  const broken = { ...checkRecord([]), verdict: 'fail' as const, ...recordTimes(2000, 2000) };
  assert.equal(copiesOf([copyOf('shop', 'pass'), broken], [lacks('shop')])?.status, 'unknown');
});
