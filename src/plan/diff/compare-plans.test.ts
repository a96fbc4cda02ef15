import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arbitraryPlan } from '../../../test/support/arbitrary-plan.ts';
import { parsePlan } from '../parse-plan.ts';
import { planHash } from '../plan-hash.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { type ComparedPlan, comparePlans } from './compare-plans.ts';

function compared(text: string): ComparedPlan {
  const { draft, findings } = parsePlan(text, 'lifeboat.yaml');
  assert.ok(draft, JSON.stringify(findings.slice(0, 3)));
  return { plan: draft.plan, resolved: resolvePlan(draft.plan) };
}

const before = `
version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults:
  here: { location: /a, password: "\${env:A}" }
  away: { location: /b, password: "\${env:B}", off_site: true, immutability: { mode: compliance, for: 30 days } }
data_classes: { transactions: { rpo: 5 min } }
systems:
  orders-db:
    owner: Olga
    data_classes: [transactions]
    source: { kind: sqlite, path: ./x.db }
    schedule: every 2 min
    checks: [integrity, foreign_keys]
  api: { depends_on: [orders-db], objectives: { rto: 1 h } }
`;

function messages(change: (text: string) => string): readonly string[] {
  const after = change(before);
  assert.notEqual(after, before);
  return comparePlans(compared(before), compared(after)).map(
    ({ message, direction, approval }) =>
      `${direction}: ${message}${approval === undefined ? '' : ` (${approval})`}`,
  );
}

test('a weaker promise is said first, in words, with whoever has to agree', () => {
  assert.deepEqual(
    messages((text) => text.replace('rpo: 5 min', 'rpo: 1 h')),
    [
      'relaxed: RPO of orders-db relaxed from 5 min to 1 h (from the data class transactions) (Olga)',
      'other: rpo of data class transactions changed from 5 min to 1 h',
    ],
  );
  assert.deepEqual(
    messages((text) => text.replace('for: 30 days', 'for: 7 days')),
    ['relaxed: immutability.for of vault away relaxed from 30 days to 7 days (Jane)'],
  );
  assert.deepEqual(
    messages((text) => text.replace(', foreign_keys', '')),
    ['relaxed: checks of system orders-db no longer has foreign_keys (Olga)'],
  );
  assert.deepEqual(
    messages((text) => text.replace('every 2 min', 'every 4 min')),
    [
      'relaxed: schedule of orders-db changed from every 2 min, counted from midnight UTC to every 4 min, counted from midnight UTC: at most 4 min apart instead of at most 2 min (Olga)',
    ],
  );
});

test('a stronger promise, something new and something gone are told apart', () => {
  assert.deepEqual(
    messages((text) => text.replace('rto: 1 h', 'rto: 30 min')),
    ['tightened: RTO of api tightened from 1 h to 30 min'],
  );
  assert.deepEqual(
    messages((text) => text.replace(/ {2}api: .*\n/, '')),
    ['relaxed: system api removed (Jane)'],
  );
  assert.deepEqual(
    messages((text) => `${text}runbooks: { restore: { steps: [{ do: restore, systems: [orders-db] }] } }\n`),
    ['tightened: runbook restore added'],
  );
});

test('a limit where there was none is a stronger promise, and one that goes is a weaker one', () => {
  const copied = (within: string) => (text: string) =>
    text.replace('off_site: true', `off_site: true, filled_by: here${within}`);
  const without = compared(copied('')(before));
  const within = compared(copied(', copy_within: 5 min')(before));
  const directions = (one: ComparedPlan, two: ComparedPlan) =>
    comparePlans(one, two).map(({ direction, path }) => `${direction}: ${path.join('.')}`);
  assert.deepEqual(directions(without, within), ['tightened: vaults.away.copy_within']);
  assert.deepEqual(directions(within, without), ['relaxed: vaults.away.copy_within']);
});

test('layout, order and spelling make no difference', () => {
  const respelled = before
    .replace('5 min', '300 s')
    .replace('[integrity, foreign_keys]', '[{ kind: integrity }, foreign_keys]');
  assert.deepEqual(comparePlans(compared(before), compared(respelled)), []);
});

test('plans of which nothing differs have the same hash, and a plan does not differ from itself', () => {
  fc.assert(
    fc.property(arbitraryPlan('recovery'), arbitraryPlan('recovery'), (left, right) => {
      const [one, two] = [compared(left.text), compared(right.text)];
      assert.deepEqual(comparePlans(one, one), []);
      const changes = comparePlans(one, two);
      if (changes.length === 0) assert.equal(planHash(one.resolved), planHash(two.resolved));
    }),
    { numRuns: 25 },
  );
});

test('when a value is taken out, a plan of another hash has a difference', () => {
  fc.assert(
    fc.property(arbitraryPlan('recovery'), fc.nat(), (plan, pick) => {
      const lines = plan.text.split('\n');
      const scalars = lines.flatMap((line, index) => (/^\s+[a-z_]+: \S/.test(line) ? [index] : []));
      const at = scalars[pick % Math.max(1, scalars.length)] ?? 0;
      const one = compared(plan.text);
      const { draft } = parsePlan(lines.toSpliced(at, 1).join('\n'), 'lifeboat.yaml');
      if (draft === undefined) return;
      const two = { plan: draft.plan, resolved: resolvePlan(draft.plan) };
      const differs = planHash(one.resolved) !== planHash(two.resolved);
      if (differs) assert.notDeepEqual(comparePlans(one, two), []);
    }),
    { numRuns: 60 },
  );
});

test('a system may have the name of what every object has', () => {
  const added = messages((text) =>
    text.replace('  api: {', '  constructor: { depends_on: [orders-db] }\n  api: {'),
  );
  assert.deepEqual(
    added.filter((each) => each.includes('constructor')),
    ['tightened: system constructor added'],
  );
});
