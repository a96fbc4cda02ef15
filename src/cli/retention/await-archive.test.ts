/** Points move into an archive, day by day, in whatever order copies and retention happen to run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RunRecord } from '../../evidence/record.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import { resolvePlan } from '../../plan/resolve-plan.ts';
import type { ResolvedPlan } from '../../plan/resolved-plan.ts';
import type { CopyVault } from '../../recovery-point/owed-copies.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import { chooseKeptByAny } from '../../recovery-point/retention-choice.ts';
import { copyLagsOf } from '../plan/copy-lags.ts';
import { owedInPlan } from '../plan/owed-in-plan.ts';
import { awaitingArchive, keepAwaiting } from './await-archive.ts';
import { policiesOf } from './plan-policies.ts';
import { vaultPoint } from './vault-point.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const startMs = Date.parse('2026-01-01T12:00:00Z');

function planOf(retention: string, cold = ''): ResolvedPlan {
  const { draft, findings } = parsePlan(
    `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: ./here }, cold: { location: ./cold, role: archive${cold} } }
systems: { db: { source: { kind: files, paths: [./x] }, schedule: daily, checks: [files], ${retention} } }
`,
    'lifeboat.yaml',
  );
  assert.ok(draft, JSON.stringify(findings));
  return resolvePlan(draft.plan);
}

function pointAt(vault: string, capturedAtMs: number): RecoveryPoint {
  const id = `${vault}-${Math.round((capturedAtMs - startMs) / dayMs)}`;
  const step = { atMs: capturedAtMs, recordId: 'r' };
  return {
    id,
    snapshotId: id,
    system: 'db',
    vault,
    capturedAtMs,
    complete: true,
    position: { kind: 'none' },
    bytes: 1,
    files: 1,
    proof: { written: step, checked: step },
  };
}

interface World {
  readonly plan: ResolvedPlan;
  here: readonly RecoveryPoint[];
  cold: readonly RecoveryPoint[];
}

function vaultsOf({ here, cold }: World): readonly CopyVault[] {
  const records: readonly RunRecord[] = [];
  return [
    { vault: 'here', records, points: here },
    { vault: 'cold', records, points: cold },
  ];
}

function systemOf({ plan }: World) {
  const [system] = plan.systems;
  assert.ok(system);
  return system;
}

function owedIn(world: World, nowMs: number): readonly RecoveryPoint[] {
  const histories = vaultsOf(world);
  const target = histories.find(({ vault }) => vault === 'cold');
  assert.ok(target);
  const question = { plan: world.plan, system: systemOf(world), target, histories, nowMs };
  return owedInPlan(question).map(({ point }) => point);
}

function copy(world: World, nowMs: number): void {
  world.cold = [...world.cold, ...owedIn(world, nowMs).map((point) => pointAt('cold', point.capturedAtMs))];
}

function retain(world: World, nowMs: number): void {
  const system = systemOf(world);
  for (const name of ['here', 'cold'] as const) {
    const vault = world.plan.vaults.find((each) => each.name === name);
    assert.ok(vault);
    const candidates = world[name].map((point) => vaultPoint(point, undefined));
    const waiting = awaitingArchive(world.plan, system, vaultsOf(world), nowMs);
    const decisions = keepAwaiting(chooseKeptByAny(candidates, policiesOf(system, vault), nowMs), waiting);
    const kept = new Set(decisions.flatMap(({ kept: isKept, point }) => (isKept ? [point.id] : [])));
    world[name] = world[name].filter(({ id }) => kept.has(id));
  }
}

/** Ages in days, youngest first. */
function ages(points: readonly RecoveryPoint[], nowMs: number): readonly number[] {
  return points.map(({ capturedAtMs }) => Math.round((nowMs - capturedAtMs) / dayMs)).sort((a, b) => a - b);
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

function live(world: World, days: number, chores: (day: number) => readonly ('copy' | 'retain')[]): number {
  let nowMs = startMs;
  for (let day = 0; day < days; day++) {
    world.here = [...world.here, pointAt('here', startMs + day * dayMs)];
    nowMs = startMs + day * dayMs + hourMs;
    for (const chore of chores(day)) (chore === 'copy' ? copy : retain)(world, nowMs);
  }
  return nowMs;
}

const retention = 'retention: { within: 30 days, archive: { after: 30 days, keep_for: 90 days } }';

test('thirty days here, and then ninety in the archive', () => {
  const world: World = { plan: planOf(retention), here: [], cold: [] };
  const nowMs = live(world, 200, () => ['copy', 'retain']);
  assert.deepEqual(ages(world.here, nowMs), range(0, 29));
  assert.deepEqual(ages(world.cold, nowMs), range(30, 119));
});

test('in any order, and with days on which nothing is copied, no point is missing', () => {
  const chore = fc.constantFrom(
    ['copy', 'retain'] as const,
    ['retain', 'copy'] as const,
    ['retain'] as const,
    [] as const,
  );
  fc.assert(
    fc.property(fc.array(chore, { minLength: 60, maxLength: 60 }), (list) => {
      const world: World = {
        plan: planOf('retention: { within: 10 days, archive: { after: 10 days, keep_for: 20 days } }'),
        here: [],
        cold: [],
      };
      const nowMs = live(world, list.length, (day) => list[day] ?? []);
      const there = new Set([...ages(world.here, nowMs), ...ages(world.cold, nowMs)]);
      for (const age of range(0, 29)) assert.ok(there.has(age), `${age} days`);
    }),
    { numRuns: 60 },
  );
});

test('an archive is owed nothing that is younger, is not late for it, and may get it when somebody asks', () => {
  const world: World = { plan: planOf(retention), here: [], cold: [] };
  const nowMs = live(world, 30, () => []);
  assert.deepEqual(owedIn(world, nowMs), []);
  const [target] = vaultsOf(world).filter(({ vault }) => vault === 'cold');
  assert.ok(target);
  const asked = owedInPlan({
    plan: world.plan,
    system: systemOf(world),
    target,
    histories: vaultsOf(world),
    nowMs,
    asked: ({ id }) => id === 'here-7',
  });
  assert.deepEqual(
    asked.map(({ point }) => point.id),
    ['here-7'],
  );
  const lags = (atMs: number) =>
    copyLagsOf(
      world.plan,
      systemOf(world),
      vaultsOf(world).map((vault) => ({ ...vault, role: 'primary', readAtMs: atMs })),
      atMs,
    ).find(({ vault }) => vault === 'cold');
  assert.deepEqual(lags(nowMs), { system: 'db', vault: 'cold', owedPoints: 0, factsAtMs: nowMs });
  const laterMs = nowMs + dayMs;
  assert.equal(lags(laterMs)?.owedPoints, 1);
  assert.equal(
    lags(laterMs)?.owedSinceMs,
    laterMs - hourMs,
    'since it was old enough, not since it is there',
  );
});

test('a point that came into the archive sooner shortens the time of no other', () => {
  const world: World = { plan: planOf(retention), here: [], cold: [] };
  const nowMs = live(world, 200, () => ['copy', 'retain']);
  world.cold = [...world.cold, pointAt('cold', nowMs)];
  retain(world, nowMs);
  assert.deepEqual(ages(world.cold, nowMs), [0, ...range(30, 119)]);
});

test('where backups have stopped, the archive keeps what it has', () => {
  const world: World = { plan: planOf(retention), here: [], cold: [] };
  const lastMs = live(world, 200, () => ['copy', 'retain']);
  const laterMs = lastMs + 400 * dayMs;
  retain(world, laterMs);
  assert.equal(world.here.length, 30);
  assert.equal(world.cold.length, 90);
});

test('an archive that cannot be read keeps everything here that is to move, but not what must be gone', () => {
  const limited = retention.replace('within:', 'at_most: 40 days, within:');
  for (const [plan, kept] of [
    [planOf(retention), range(0, 99)],
    [planOf(limited), range(0, 39)],
  ] as const) {
    const world: World = { plan, here: [], cold: [] };
    const nowMs = live(world, 100, () => []);
    const [here] = vaultsOf(world);
    assert.ok(here);
    const waiting = awaitingArchive(plan, systemOf(world), [here], nowMs);
    const candidates = world.here.map((point) => vaultPoint(point, undefined));
    const vault = plan.vaults.find(({ name }) => name === 'here');
    assert.ok(vault);
    const decisions = keepAwaiting(
      chooseKeptByAny(candidates, policiesOf(systemOf(world), vault), nowMs),
      waiting,
    );
    const left = decisions.filter((each) => each.kept).map(({ point }) => point.point);
    assert.deepEqual(
      ages(
        left.filter((point) => point !== undefined),
        nowMs,
      ),
      kept,
    );
  }
});

test('without an end the rules of the archive itself say what stays, and without any everything does', () => {
  const endless = 'retention: { within: 3 days, archive: { after: 3 days } }';
  const policies = (cold: string) => {
    const plan = planOf(endless, cold);
    const [system] = plan.systems;
    const vault = plan.vaults.find(({ name }) => name === 'cold');
    assert.ok(system && vault);
    return policiesOf(system, vault);
  };
  const own = policies(', retention: { monthly: 12 }');
  assert.deepEqual(
    own.map(({ counts }) => counts.monthly),
    [12],
  );
  assert.deepEqual(policies(''), [{ counts: {} }]);
  const world: World = { plan: planOf(endless), here: [], cold: [] };
  const nowMs = live(world, 50, () => ['copy', 'retain']);
  assert.deepEqual(ages(world.cold, nowMs), range(3, 49));
});

test('a vault that is no archive goes by the rules alone', () => {
  const plan = planOf('vaults: [here], retention: { daily: 3, archive: { keep_for: 90 days } }');
  const world: World = { plan, here: [], cold: [] };
  const nowMs = live(world, 20, () => ['retain']);
  assert.deepEqual(ages(world.here, nowMs), [0, 1, 2]);
});
