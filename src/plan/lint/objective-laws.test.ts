/** What holds of the rules on objectives for every plan: they are pure, and without the cause there is no finding. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  arbitraryFacts,
  arbitraryPlan,
  mapOf,
  type Plain,
  type PlainMap,
} from '../../../test/support/arbitrary-plan.ts';
import type { Finding } from '../finding.ts';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { lintPlan } from './lint-plan.ts';
import type { PlanFacts } from './plan-facts.ts';
import { lintRules } from './rules.ts';

/** By rule: the fields without which its cause is gone. */
const causes: Readonly<Record<string, readonly string[]>> = {
  'rpo-zero': ['rpo'],
  'rpo-schedule': ['rpo'],
  'rpo-by-logs': ['rpo'],
  'zero-margin': ['rpo'],
  'class-schedule': ['data_classes'],
  'inherited-objective': ['tier'],
  'scenario-override': ['scenarios'],
  'rto-dependency': ['rto'],
  'rto-path': ['rto'],
  'rto-restore-time': ['rto'],
  'schedule-contradiction': ['backups'],
  'incremental-impossible': ['backups'],
  'pitr-base': ['logs'],
  'pitr-procedure': ['logs'],
  'retention-floor': ['keep_at_least'],
  'retention-logs': ['logs'],
};

/** Rules that look at each system by itself: what is changed in one says nothing about another. */
const ownFields: Readonly<Record<string, string>> = {
  'schedule-contradiction': 'backups',
  'incremental-impossible': 'backups',
  'pitr-base': 'logs',
  'retention-logs': 'logs',
};

const rules = lintRules.filter(({ id }) => Object.hasOwn(causes, id));
const seeded = { numRuns: 80, seed: 20_261_121 };

function lint(data: PlainMap, facts: PlanFacts): readonly Finding[] {
  // JSON is YAML, and faster to write.
  const parsed = parsePlan(JSON.stringify(data, undefined, 1), 'p');
  return lintPlan(parsed, facts).filter(({ id }) => Object.hasOwn(causes, id));
}

/** Everywhere, however deep. */
function without(value: Plain, key: string): Plain {
  if (Array.isArray(value)) return value.map((item: Plain) => without(item, key));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => name !== key);
  return Object.fromEntries(kept.map(([name, inner]) => [name, without(inner, key)]));
}

function withoutField(data: PlainMap, system: string, key: string): PlainMap {
  const { [key]: _gone, ...rest } = mapOf(mapOf(data['systems'])[system]);
  return { ...data, systems: { ...mapOf(data['systems']), [system]: rest } };
}

test('the same plan and the same facts give the same hits, and neither is changed', () => {
  fc.assert(
    fc.property(arbitraryPlan(), arbitraryFacts(), ({ text }, facts) => {
      const { draft } = parsePlan(text, 'p');
      assert.ok(draft !== undefined);
      const plan = resolvePlan(draft.plan);
      const before = structuredClone({ plan, facts });
      const check = () => rules.map((rule) => rule.check(plan, facts, draft.plan));
      const first = check();
      assert.deepEqual({ plan, facts }, before);
      assert.deepEqual(check(), first);
      const again = resolvePlan(draft.plan);
      assert.deepEqual(
        rules.map((rule) => rule.check(again, facts, draft.plan)),
        first,
      );
    }),
    seeded,
  );
});

test('each rule speaks about some plan, in one line without a full stop, and cites places that are there', () => {
  const spoke = new Set<string>();
  fc.assert(
    fc.property(arbitraryPlan(), arbitraryFacts(), ({ data }, facts) => {
      const lines = JSON.stringify(data, undefined, 1).split('\n').length;
      for (const { id, message, line, related } of lint(data, facts)) {
        spoke.add(id);
        assert.doesNotMatch(message, /[\n.]$|undefined|NaN|Infinity|\[object/);
        assert.ok(line >= 1 && line <= lines);
        assert.ok(related === undefined || (related.line >= 1 && related.line <= lines));
      }
    }),
    { ...seeded, numRuns: 500 },
  );
  assert.deepEqual(
    Object.keys(causes).filter((id) => !spoke.has(id)),
    [],
  );
});

test('without the cause there is no finding', () => {
  fc.assert(
    fc.property(arbitraryPlan(), arbitraryFacts(), ({ data }, facts) => {
      for (const id of new Set(lint(data, facts).map((finding) => finding.id))) {
        for (const key of causes[id] ?? []) {
          const cured = lint(mapOf(without(data, key)), facts);
          assert.deepEqual(
            cured.filter((finding) => finding.id === id),
            [],
            `${id} without ${key}`,
          );
        }
      }
    }),
    { ...seeded, numRuns: 50 },
  );
});

test('what is cured in one system ends its findings and no others', () => {
  const saying = (findings: readonly Finding[]) =>
    findings.map(({ id, path, message }) => ({ id, path, message }));
  fc.assert(
    fc.property(arbitraryPlan('small'), arbitraryFacts(), ({ data }, facts) => {
      for (const { id, path } of lint(data, facts)) {
        const field = ownFields[id];
        const system = path.split('.')[1];
        if (field === undefined || system === undefined) continue;
        const others = lint(data, facts).filter(
          (finding) => finding.id === id && !finding.path.startsWith(`systems.${system}.`),
        );
        const cured = lint(withoutField(data, system, field), facts).filter((finding) => finding.id === id);
        assert.deepEqual(saying(cured), saying(others));
      }
    }),
    seeded,
  );
});

test('a longer RPO never makes a rule on it speak that was silent', () => {
  const laterMs = fc.constantFrom('1 day', '10 days', '400 days');
  fc.assert(
    fc.property(arbitraryPlan('small'), arbitraryFacts(), laterMs, ({ data }, facts, later) => {
      const about = (rpo: string): number => {
        const systems = Object.entries(mapOf(data['systems'])).map(([name, system]) => {
          const rest = mapOf(system);
          return [name, { ...rest, objectives: { ...mapOf(rest['objectives']), rpo } }] as const;
        });
        return lint({ ...data, systems: Object.fromEntries(systems) }, facts).filter(
          ({ id, severity }) => ['rpo-schedule', 'rpo-by-logs'].includes(id) && severity === 'error',
        ).length;
      };
      assert.ok(about(later) <= about('1 h'));
    }),
    { ...seeded, numRuns: 50 },
  );
});
