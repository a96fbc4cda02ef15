/** Laws that hold for every plan, tried on seeded ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SeededRandom, seededRandom } from '../../../test/support/seeded-random.ts';
import { type Status, statusOrder } from '../../objective/objective.ts';
import type { PlanFacts } from '../lint/plan-facts.ts';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import { simulate } from './simulate.ts';
import type { Back, Simulation } from './simulation.ts';

const schedules = ['hourly', 'every 6h', 'daily at 02:00', 'every 15 min', '[daily at 01:00, every 4h]'];
const kinds = [
  'data-corruption',
  'site-loss',
  'ransomware',
  'total-loss',
  'infrastructure-failure',
  'service-failure',
];
const vaultNames = ['a', 'b', 'c'];

function randomPlan(random: SeededRandom): ResolvedPlan {
  const count = 1 + random.below(7);
  const some = (text: string): string => (random.below(2) === 0 ? text : '');
  const systems = Array.from({ length: count }, (_, index) => {
    const depends = Array.from({ length: random.below(3) }, () => random.below(Math.max(1, index)));
    const named = [...new Set(index === 0 ? [] : depends)].map((each) => `s${each}`);
    return `  s${index}:
    depends_on: [${named.join(', ')}]
    vaults: [${vaultNames.filter((_each, at) => at === 0 || random.below(2) === 0).join(', ')}]
    ${some(`source: { kind: sqlite, path: ./s${index}.db }`)}
    schedule: ${random.pick(schedules)}
    ${some('runbook: restore-it')}
    ${some('logs: { max_lag: 3 min }')}
    ${some(`retention: ${random.pick(['{ daily: 30 }', '{ hourly: 12 }', '{ within: 2 days }'])}`)}
    ${some('replication: [{ to: west, kind: files }]')}
    estimates: { capture: ${1 + random.below(90)} min, copy: ${1 + random.below(30)} min, restore: ${1 + random.below(200)} min${some(', start: 3 min')} }`;
  });
  return planOf(`version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: Shop, owner: Jane Doe }
vaults:
  a: { location: /backup/a, ${some('site: east')} }
  b: { location: "s3://b/x", role: secondary }
  c: { location: /backup/c, off_site: true, role: archive }
sites: { east: { role: primary }, west: { role: ${random.pick(['standby', 'recovery'])}, provision_takes: 20 min } }
objectives: { rpo: ${1 + random.below(20)} h, rto: ${1 + random.below(10)} h }
runbooks:
  restore-it: { steps: [{ do: assess }, { do: restore }, { do: apply-logs }, { do: check, takes: 5 min }] }
failovers: { to-west: { from: east, to: west, ${some('runbook: restore-it')} } }
systems:
${systems.join('\n')}
scenarios:
  disaster:
    kind: ${random.pick(kinds)}
    ${some('detection: { within: 4 min }')}
    ${some('unnoticed_for: 5 h')}
    ${some('response: fail-over')}
    ${some('runbooks: [restore-it]')}
    ${some(`strikes: { systems: [s0], sites: [${some('east')}] }`)}
`);
}

function planOf(yaml: string): ResolvedPlan {
  const { plan, findings } = parsePlan(yaml, 'lifeboat.yaml');
  assert.ok(plan, `${JSON.stringify(findings)}\n${yaml}`);
  return resolvePlan(plan);
}

function simulated(plan: ResolvedPlan, facts: PlanFacts = {}, nowMs?: number): Simulation {
  const simulation = simulate(plan, 'disaster', facts, nowMs === undefined ? undefined : { nowMs });
  assert.ok(simulation);
  return simulation;
}

function forEachPlan(check: (plan: ResolvedPlan, random: SeededRandom, seed: number) => void): void {
  for (let seed = 1; seed <= 250; seed++) {
    const random = seededRandom(seed);
    check(randomPlan(random), random, seed);
  }
}

/** What is known of it. */
function backMs(back: Back): number {
  if (back.kind === 'never') return Number.POSITIVE_INFINITY;
  return back.kind === 'known' ? back.atMs : back.atLeastMs;
}

const byName = (simulation: Simulation) => new Map(simulation.systems.map((each) => [each.system, each]));

test('a longer restore brings nothing back earlier', () => {
  forEachPlan((plan, random, seed) => {
    const slow = random.pick(plan.systems).name;
    const measure = (value: number): PlanFacts => ({
      measured: { [slow]: { restoreLastMs: { value, from: 'measured' } } },
    });
    const before = simulated(plan, measure(60_000 * (1 + random.below(100))));
    const after = byName(simulated(plan, measure(60_000 * (101 + random.below(1000)))));
    for (const { system, back } of before.systems) {
      const later = after.get(system);
      assert.ok(later !== undefined && backMs(later.back) >= backMs(back), `${system}, seed ${seed}`);
    }
  });
});

test('the loss of one more vault makes no verdict better', () => {
  const rank = (status: Status | undefined) => (status === undefined ? 0 : statusOrder.indexOf(status));
  forEachPlan((plan, random, seed) => {
    const scenario = plan.scenarios['disaster'];
    assert.ok(scenario);
    const strikes = scenario.strikes ?? { systems: plan.systems.map(({ name }) => name) };
    const struck = (vaults: readonly string[]): ResolvedPlan => ({
      ...plan,
      scenarios: { disaster: { ...scenario, strikes: { ...strikes, vaults: [...vaults] } } },
    });
    const gone = vaultNames.filter(() => random.below(3) === 0);
    const before = simulated(struck(gone));
    const after = byName(simulated(struck([...gone, random.pick(vaultNames)])));
    for (const { system, verdicts } of before.systems)
      for (const [index, { status, objective }] of verdicts.entries()) {
        const worse = after.get(system)?.verdicts[index];
        assert.ok(rank(worse?.status) >= rank(status), `${objective} of ${system}, seed ${seed}`);
      }
  });
});

test('at no moment more is lost than at the worst', () => {
  forEachPlan((plan, random, seed) => {
    const worst = byName(simulated(plan));
    for (let round = 0; round < 4; round++) {
      const nowMs = Date.UTC(2026, 0, 1) + random.below(365 * 86_400) * 1000;
      for (const { system, loss } of simulated(plan, {}, nowMs).systems) {
        const most = worst.get(system)?.loss;
        assert.equal(loss.kind, most?.kind, `${system}, seed ${seed}`);
        if (loss.kind === 'bounded' && most?.kind === 'bounded')
          assert.ok(
            loss.valueMs <= most.valueMs,
            `${loss.valueMs} > ${most.valueMs}: ${system}, seed ${seed}`,
          );
      }
    }
  });
});

test('green rests on nothing unknown, nothing is back before what it depends on, and the path ends with the last', () => {
  forEachPlan((plan, _random, seed) => {
    const simulation = simulated(plan);
    const systems = byName(simulation);
    for (const { system, status, loss, back } of simulation.systems) {
      const isKnown = loss.kind !== 'unknown' && loss.kind !== 'everything' && back.kind === 'known';
      assert.ok(status !== 'met' || isKnown, `${system}, seed ${seed}`);
      for (const name of plan.systems.find((each) => each.name === system)?.dependsOn ?? []) {
        const before = systems.get(name);
        if (before !== undefined)
          assert.ok(backMs(back) >= backMs(before.back), `${system} before ${name}, seed ${seed}`);
      }
    }
    const { steps, totalMs } = simulation.criticalPath;
    const sum = steps.reduce((total, { durationMs }) => total + (durationMs ?? 0), 0);
    assert.equal(sum, totalMs, `seed ${seed}`);
    const known = simulation.systems.map(({ back }) => (back.kind === 'never' ? 0 : backMs(back)));
    assert.ok(totalMs >= Math.max(0, ...known), `seed ${seed}`);
  });
});
