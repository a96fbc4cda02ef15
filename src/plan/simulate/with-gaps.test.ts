import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulatedShop } from '../../../test/support/simulated-shop.ts';
import { parsePlan } from '../parse-plan.ts';
import type { PlanPath } from '../plan-path.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { simulate } from './simulate.ts';
import type { Simulation } from './simulation.ts';
import { withGaps } from './with-gaps.ts';

const plan = resolvePlan(parsePlan(simulatedShop, 'lifeboat.yaml').plan ?? assert.fail('the plan is right'));

function shopWith(scenario: string, ...places: readonly PlanPath[]): Simulation {
  const simulation = simulate(plan, scenario, {}) ?? assert.fail(`${scenario} is there`);
  return withGaps(
    simulation,
    plan,
    places.map((at) => ({ at, owes: 'Jane' })),
  );
}

function gapBlockers({ blockers }: Simulation): readonly string[] {
  return blockers.filter(({ kind }) => kind === 'placeholder').map((each) => each.severity);
}

describe('withGaps', () => {
  it('leaves a forecast alone that no gap touches, and names the gap all the same', () => {
    const places: readonly PlanPath[] = [
      ['contacts', 'john', 'phone'],
      ['systems', 'mail', 'site'],
      ['systems', 'api', 'proof', 'every'],
      ['scenarios', 'corruption', 'unnoticed_for'],
    ];
    for (const at of places) {
      const simulation = shopWith('restart', at);
      assert.equal(simulation.status, 'met', at.join('.'));
      assert.deepEqual(gapBlockers(simulation), ['doubt'], at.join('.'));
    }
  });

  it('is never better than unknown where one touches', () => {
    const places: readonly PlanPath[] = [
      ['systems', 'api', 'estimates', 'start'],
      ['systems', 'orders-db', 'schedule'],
      ['systems', 'gone', 'source', 'path'],
      ['scenarios', 'restart', 'detection', 'within'],
      ['runbooks', 'database-restore', 'steps', 0, 'takes'],
      ['objectives', 'rto'],
      ['vaults', 'here', 'location'],
      [],
    ];
    for (const at of places) {
      const simulation = shopWith('restart', at);
      assert.equal(simulation.status, 'unknown', at.join('.'));
      assert.deepEqual(gapBlockers(simulation), ['blocks'], at.join('.'));
    }
  });

  it('says of a verdict which gap makes it unknown and who owes the value', () => {
    const [api] = shopWith('restart', ['systems', 'api', 'estimates', 'start']).systems;
    for (const { status, reason } of api?.verdicts ?? assert.fail('api is struck')) {
      assert.equal(status, 'unknown');
      assert.match(reason, /^systems\.api\.estimates\.start is still a placeholder, which Jane owes/);
    }
  });

  it('leaves what is breached breached', () => {
    const before = shopWith('region-loss').systems.filter(({ status }) => status === 'breached').length;
    const after = shopWith('region-loss', ['sites', 'east', 'role']);
    assert.ok(before > 0);
    assert.equal(after.systems.filter(({ status }) => status === 'breached').length, before);
    assert.ok(after.systems.every(({ status }) => status !== 'met' && status !== 'at-risk'));
  });
});
