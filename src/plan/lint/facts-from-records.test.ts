import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupRecord, checkRecord, verifyRecord } from '../../../test/support/record-samples.ts';
import type { BackupRecord, RunRecord, VerifyRecord } from '../../evidence/record.ts';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { systemHash } from '../system-hash.ts';
import { factsFromRecords } from './facts-from-records.ts';

const planId = '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11';
const { plan } = parsePlan(
  `version: 1
metadata: { id: ${planId}, name: Shop, owner: Jane }
vaults: { here: { location: /a }, away: { location: /b } }
systems:
  db: { source: { kind: sqlite, path: x.db }, checks: [integrity], schedule: hourly, objectives: { rpo: 3 h, rto: 1 h } }
  other: { source: { kind: files, paths: [./x] }, checks: [files], schedule: hourly, objectives: { rpo: 3 h, rto: 1 h } }
`,
  'p',
);
assert.ok(plan !== undefined);
const resolved = resolvePlan(plan);
const [db] = resolved.systems;
assert.ok(db !== undefined);
const hash = systemHash(db);
const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 9, 1);

interface Given {
  readonly bytes?: number;
  readonly more?: Partial<BackupRecord>;
}

function backup(
  run: number,
  atMs: number,
  tookMs: number,
  { bytes = 1000, more = {} }: Given = {},
): BackupRecord {
  return backupRecord(`snapshot-${run}-${atMs}`, {
    planId,
    systemHash: hash,
    runId: `run-${run}`,
    startMs: atMs,
    endMs: atMs + tookMs,
    bytes,
    ...more,
  });
}

function verify(
  atMs: number,
  restoreMs: number,
  bytes: number,
  more: Partial<VerifyRecord> = {},
): VerifyRecord {
  return {
    ...verifyRecord('snapshot', atMs + restoreMs),
    planId,
    systemHash: hash,
    startMs: atMs,
    endMs: atMs + restoreMs,
    restoreMs,
    bytes,
    restored: true,
    ...more,
  };
}

function factsOf(here: readonly RunRecord[], away: readonly RunRecord[] = []) {
  const facts = factsFromRecords(
    [
      { vault: 'here', records: here },
      { vault: 'away', records: away },
    ],
    resolved,
  );
  assert.ok(facts.measured !== undefined);
  return { ...facts, db: facts.measured['db'] };
}

test('captures give median and worst, with the number of runs and since when', () => {
  const facts = factsOf([backup(1, startMs, 100), backup(2, startMs + 1, 900), backup(3, startMs + 2, 200)]);
  const from = 'measured: 3 runs since 2026-10-01';
  assert.deepEqual(facts.db?.captureMedianMs, { value: 200, from });
  assert.deepEqual(facts.db?.captureWorstMs, { value: 900, from });
  assert.deepEqual(facts.captureDurationsMs, { db: 200 });
  assert.deepEqual(Object.keys(facts.measured ?? {}), ['db']);
});

test('the copy to another vault is the time after the first had the point', () => {
  const facts = factsOf(
    [backup(1, startMs, 100), backup(2, startMs + dayMs, 100)],
    [backup(1, startMs + 100, 400), backup(7, startMs, 9999)],
  );
  assert.deepEqual(facts.db?.copyMs, { away: { value: 400, from: 'measured: 1 run since 2026-10-01' } });
  assert.deepEqual(facts.db?.captureMedianMs?.value, 100);
});

test('a copy of the same run and the same point measures, what a run makes up for does not', () => {
  const first = backup(1, startMs, 100);
  const copyOf = (more: Partial<BackupRecord>) =>
    ({
      ...backup(1, startMs + 100, 700, { more }),
      type: 'copy',
      from: { vault: 'here', snapshotId: 'x' },
    }) as const;
  const older = copyOf({ capturedAtMs: startMs - dayMs, endMs: startMs + 200 });
  const same = copyOf({ capturedAtMs: startMs });
  const facts = factsOf([first], [older, same]);
  assert.deepEqual(facts.db?.copyMs, { away: { value: 700, from: 'measured: 1 run since 2026-10-01' } });
  assert.deepEqual(facts.db?.captureMedianMs?.value, 100);
  assert.equal(factsOf([first], [older]).db?.copyMs, undefined);
});

test('the newest check by shares tells how much a vault stores', () => {
  const check = (atMs: number, ofBytes?: number) => ({
    ...checkRecord([]),
    startMs: atMs,
    endMs: atMs,
    ...(ofBytes === undefined ? {} : { coverage: { withinMs: dayMs, bytes: 1, ofBytes } }),
  });
  const facts = factsOf([check(startMs, 100), check(startMs + dayMs, 300), check(startMs + 2 * dayMs)]);
  assert.deepEqual(facts.vaultBytes, { here: { value: 300, from: 'measured: 1 run since 2026-10-02' } });
  assert.equal(factsOf([check(startMs)]).vaultBytes, undefined);
});

test('proofs give the duration and throughput of a restore', () => {
  const facts = factsOf([verify(startMs, 4000, 8000), verify(startMs + dayMs, 2000, 8000)]);
  assert.equal(facts.db?.restoreLastMs?.value, 2000);
  assert.deepEqual(facts.db?.restoreMedianMs, { value: 3000, from: 'measured: 2 runs since 2026-10-01' });
  assert.equal(facts.db?.restoredBytes?.value, 8000);
  assert.equal(facts.db?.restoreBytesPerSecond?.value, 4000);
  assert.equal(facts.db?.captureMedianMs, undefined);
  assert.equal(factsOf([verify(startMs, 0, 10)]).db?.restoreBytesPerSecond, undefined);
});

test('size and growth per day, once there is a day between', () => {
  const grown = factsOf([
    backup(1, startMs, 1, { bytes: 1000 }),
    backup(2, startMs + 4 * dayMs, 1, { bytes: 3000 }),
  ]);
  assert.equal(grown.db?.sourceBytes?.value, 3000);
  assert.equal(grown.db?.growthBytesPerDay?.value, 500);
  const young = factsOf([
    backup(1, startMs, 1, { bytes: 1000 }),
    backup(2, startMs + 60_000, 1, { bytes: 9000 }),
  ]);
  assert.equal(young.db?.sourceBytes?.value, 9000);
  assert.equal(young.db?.growthBytesPerDay, undefined);
});

test('what failed, is of another plan, another source or an unknown vault measures nothing', () => {
  const others: readonly Partial<BackupRecord>[] = [
    { verdict: 'fail' },
    { verdict: 'incomplete' },
    { planId: 'another' },
    { systemHash: 'v1:before' },
    { system: 'gone' },
  ];
  const facts = factsOf(others.map((more, index) => backup(index, startMs, 100, { more })));
  assert.deepEqual(facts.measured, {});
  assert.deepEqual(factsOf([{ ...backup(1, startMs, 100), startMs: 1e300, endMs: 2e300 }]).measured, {});
  assert.deepEqual(factsOf([verify(startMs, 1, 1, { restored: false })]).measured, {});
  const elsewhere = factsFromRecords([{ vault: 'third', records: [backup(1, startMs, 100)] }], resolved);
  assert.deepEqual(elsewhere, { measured: {}, captureDurationsMs: {} });
});

test('only the newest hundred runs count, in whatever order they come', () => {
  const runs = Array.from({ length: 250 }, (_, index) => backup(index, startMs + index * dayMs, index));
  const facts = factsOf(runs);
  assert.deepEqual(facts.db?.captureMedianMs, { value: 200, from: 'measured: 100 runs since 2027-02-28' });
  assert.deepEqual(factsOf(runs.toReversed()), facts);
});
