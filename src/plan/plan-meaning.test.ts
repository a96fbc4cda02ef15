/** The hash changes exactly when the meaning does, over plans of the whole language. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arbitraryPlan } from '../../test/support/arbitrary-plan.ts';
import { canonicalJson } from './canonical-json.ts';
import { parsePlan } from './parse-plan.ts';
import { planHash } from './plan-hash.ts';
import { planSchema } from './plan-schema.ts';
import { resolvePlan } from './resolve-plan.ts';
import { objectivesSchema } from './schema/system-schema.ts';
import { meaningOf } from './schema-walk.ts';
import { normalisedPlan } from './show/normalised-plan.ts';

interface Meant {
  readonly hash: string;
  /** Everything that the plan says, less what only counts where systems inherit it. */
  readonly said: string;
}

function meant(text: string): Meant | undefined {
  const { plan } = parsePlan(text, 'lifeboat.yaml');
  if (plan === undefined) return undefined;
  const resolved = resolvePlan(plan);
  const { data } = normalisedPlan(plan, resolved);
  const { objectives: _objectives, ...rest } = data;
  const said = {
    ...rest,
    systems: withoutEmpty(data['systems']),
    tiers: withoutInherited(data['tiers']),
    data_classes: withoutInherited(data['data_classes']),
  };
  const full = Object.fromEntries(Object.entries(said).filter(([, value]) => !isEmpty(value)));
  const asSets = meaningOf(planSchema, full, { textOf: canonicalJson, quantityOf: (_, value) => value });
  const critical = resolved.systems.map((system) => system.critical);
  return { hash: planHash(resolved), said: canonicalJson({ asSets, critical }) };
}

/** A system or plan with an empty list or map is one without it, and to keep none of a kind is to say nothing of it. */
function withoutEmpty(systems: unknown): unknown {
  const entries = typeof systems === 'object' && systems !== null ? Object.entries(systems) : [];
  return Object.fromEntries(
    entries.map(([name, system]) => [
      name,
      Object.fromEntries(
        Object.entries(system)
          // a retention that says nothing keeps nothing, and none at all keeps everything
          .filter(([key, value]) => key === 'retention' || !isEmpty(value))
          .map(([key, value]) => [key, key === 'retention' ? withoutZeros(value) : value]),
      ),
    ]),
  );
}

function isEmpty(value: unknown): boolean {
  return ['[]', '{}'].includes(canonicalJson(value));
}

function withoutZeros(retention: unknown): unknown {
  const entries = typeof retention === 'object' && retention !== null ? Object.entries(retention) : [];
  return Object.fromEntries(entries.filter(([, count]) => count !== 0));
}

function withoutInherited(classes: unknown): unknown {
  const inherited = [...Object.keys(objectivesSchema.shape), 'critical'];
  const entries = typeof classes === 'object' && classes !== null ? Object.entries(classes) : [];
  const kept = entries.map(([name, each]) => {
    const own = Object.entries(each).filter(([key]) => !inherited.includes(key));
    return [name, Object.fromEntries(own)] as const;
  });
  // One that says nothing of its own means nothing but what systems inherit of it.
  return Object.fromEntries(kept.filter(([, own]) => Object.keys(own).length > 0));
}

test('a line that is taken out of a plan changes its hash exactly when it changes what the plan says', () => {
  let [same, other] = [0, 0];
  fc.assert(
    fc.property(arbitraryPlan('whole'), fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), (plan, picks) => {
      const before = meant(plan.text);
      assert.ok(before);
      const lines = plan.text.trimEnd().split('\n');
      for (const pick of picks) {
        const at = 1 + (pick % (lines.length - 1));
        const after = meant(lines.toSpliced(at, 1).join('\n'));
        if (after === undefined) continue;
        const saysTheSame: boolean = after.said === before.said;
        if (saysTheSame) same += 1;
        else other += 1;
        assert.equal(after.hash === before.hash, saysTheSame, lines[at]);
      }
    }),
    // Plans are large, and each step of making one smaller reads seven of them.
    { numRuns: 60, endOnFailure: true },
  );
  assert.ok(same > 3 && other > 50, `${same} and ${other} of each kind`);
});
