/**
 * The plans of real teams with their faults mended, beside the same plans as they were written: nothing is left to mend,
 * nothing that was asked for is lost on the way, and all that can be asked of a plan can be asked of these.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { askedFor } from '../../scripts/generate/asked-for.ts';
import { readIncludes } from '../../src/cli/read-includes.ts';
import { comparePlans } from '../../src/plan/diff/compare-plans.ts';
import { explainObjective, objectiveFields } from '../../src/plan/explain/explain-objective.ts';
import { lintPlan } from '../../src/plan/lint/lint-plan.ts';
import { lintRules } from '../../src/plan/lint/rules.ts';
import { type ParsedPlan, parsePlan } from '../../src/plan/parse-plan.ts';
import { planHash } from '../../src/plan/plan-hash.ts';
import { type Plan, planSchema } from '../../src/plan/plan-schema.ts';
import { resolvePlan } from '../../src/plan/resolve-plan.ts';
import type { ResolvedPlan } from '../../src/plan/resolved-plan.ts';
import { walkFields } from '../../src/plan/schema-walk.ts';
import { normalisedPlan } from '../../src/plan/show/normalised-plan.ts';
import { normalisedYaml } from '../../src/plan/show/plan-yaml.ts';
import { simulate } from '../../src/plan/simulate/simulate.ts';

const examples = resolve(import.meta.dirname, '../../examples');
const asWritten = join(examples, 'as-written');
const names = readdirSync(examples).filter((name) => existsSync(join(asWritten, name, 'lifeboat.yaml')));

interface Example {
  readonly parsed: ParsedPlan;
  readonly plan: Plan;
  readonly resolved: ResolvedPlan;
}

async function load(folder: string, profile?: string): Promise<Example> {
  const text = readFileSync(join(folder, 'lifeboat.yaml'), 'utf8');
  const files = await readIncludes(text, 'lifeboat.yaml', folder);
  const parsed = parsePlan(text, 'lifeboat.yaml', {
    files,
    ...(profile === undefined ? {} : { profile }),
  });
  const plan = parsed.draft?.plan ?? assert.fail(`nothing of ${folder} can be understood`);
  return { parsed, plan, resolved: resolvePlan(plan) };
}

/** Errors and warnings. */
function faultsOf({ parsed }: Example): readonly string[] {
  return lintPlan(parsed, {})
    .filter(({ severity }) => severity !== 'info')
    .map(({ id, path, message }) => `${id} ${path}: ${message}`);
}

/** Ids of what was asked for that no written field expresses; usual values were not written. */
function notExpressed(name: string, { parsed }: Example): readonly string[] {
  const expressed = new Set(
    walkFields(planSchema, parsed.composed).flatMap(({ facts, value }) =>
      value === undefined ? [] : (facts.mission ?? []),
    ),
  );
  return askedFor()
    .filter(({ id, plans }) => plans.includes(name) && !expressed.has(id))
    .map(({ id }) => id);
}

test('each of the five plans stands there repaired', () => {
  assert.deepEqual(names.toSorted(), readdirSync(asWritten).toSorted());
  assert.deepEqual(names.toSorted(), [...new Set(askedFor().flatMap(({ plans }) => plans))].toSorted());
});

for (const name of names) {
  const folder = join(examples, name);

  test(`${name}: lints without errors and warnings, each of its profiles too`, async () => {
    const repaired = await load(folder);
    assert.deepEqual(faultsOf(repaired), []);
    assert.ok(repaired.parsed.plan !== undefined);
    for (const profile of Object.keys(repaired.plan.profiles ?? {})) {
      const other = await load(folder, profile);
      assert.deepEqual(faultsOf(other), [], profile);
      assert.notEqual(other.plan.metadata.id, repaired.plan.metadata.id);
    }
  });

  test(`${name}: what the team asked for is expressed, as written and repaired`, async () => {
    assert.deepEqual(notExpressed(name, await load(join(asWritten, name))), [], 'as written');
    assert.deepEqual(notExpressed(name, await load(folder)), [], 'repaired');
  });

  test(`${name}: shown normalised it is the same plan`, async () => {
    const { plan, resolved } = await load(folder);
    const text = normalisedYaml(normalisedPlan(plan, resolved), ['shown']);
    const again = parsePlan(text, 'shown.yaml').plan ?? assert.fail('what is shown is no plan');
    assert.equal(planHash(resolvePlan(again)), planHash(resolved));
  });

  test(`${name}: each objective of each system says where it comes from`, async () => {
    const { plan, resolved } = await load(folder);
    for (const system of resolved.systems)
      for (const field of objectiveFields) {
        const { objective, candidates } = explainObjective(plan, resolved, system, field);
        const chosen = candidates.filter(({ isChosen }) => isChosen);
        const isFromPlan = objective !== undefined && objective.from.kind !== 'default';
        assert.equal(chosen.length, isFromPlan ? 1 : 0, `${system.name}.${field}`);
        if (isFromPlan) assert.equal(chosen[0]?.valueMs, objective.valueMs, `${system.name}.${field}`);
      }
  });

  test(`${name}: the way from the plan as written is told in words, and there is none to itself`, async () => {
    const [before, after] = [await load(join(asWritten, name)), await load(folder)];
    const changes = comparePlans(before, after);
    assert.ok(changes.length > 20, `${changes.length} changes`);
    assert.deepEqual(comparePlans(after, after), []);
  });

  test(`${name}: no scenario breaches an objective, or leaves one unknown`, async () => {
    const { resolved } = await load(folder);
    const scenarios = Object.keys(resolved.scenarios);
    assert.ok(scenarios.length > 0);
    for (const scenario of scenarios) {
      const forecast = simulate(resolved, scenario, {}) ?? assert.fail(scenario);
      assert.ok(forecast.systems.length > 0, `${scenario} strikes nothing`);
      const missed = forecast.systems.filter(({ status }) => status === 'breached' || status === 'unknown');
      assert.deepEqual(
        missed.map(({ system, status }) => `${system} is ${status}`),
        [],
        scenario,
      );
      assert.ok(['met', 'at-risk'].includes(forecast.status), `${scenario}: ${forecast.status}`);
    }
  });

  test(`${name}: every scenario has a runbook and a drill`, async () => {
    const { scenarios, drills } = (await load(folder)).resolved;
    const played = new Set(Object.values(drills).map(({ scenario }) => scenario));
    for (const [scenario, { runbooks, failover }] of Object.entries(scenarios)) {
      assert.ok(runbooks !== undefined || failover !== undefined, `${scenario} has no runbook`);
      assert.ok(played.has(scenario), `${scenario} is never played`);
    }
  });

  test(`${name}: the README answers each rule that speaks about the plan as written`, async () => {
    const rows = readFileSync(join(folder, 'README.md'), 'utf8').match(/^\| .* \| .* \| .* \|$/gm) ?? [];
    const { parsed } = await load(join(asWritten, name));
    const faults = lintPlan(parsed, {}).filter(({ severity }) => severity !== 'info');
    const unanswered = [...new Set(faults.map(({ id }) => id))].filter(
      (id) => !rows.some((row) => answers(row, id)),
    );
    assert.deepEqual(unanswered, []);
  });
}

/** By its id, or by a number of its own. */
function answers(row: string, id: string): boolean {
  const rule = lintRules.find((each) => each.id === id);
  return [id, rule?.number ?? id, ...(rule?.also ?? [])].some((word) =>
    new RegExp(`(?<![\\w-])${word}s?(?![\\w-])`).test(row),
  );
}
