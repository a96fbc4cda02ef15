import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import { resolvePlan } from '../../plan/resolve-plan.ts';
import type { DraftPlan } from '../load-draft.ts';
import { explainPlace } from './explain-place.ts';

const text = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /nowhere/a, role: secondary } }
objectives: { rpo: 26 h, rto: 8 h }
tiers: { critical: { rpo: 1 h } }
data_classes:
  transactions: { rpo: 5 min }
  uploads: { rpo: 15 min }
systems:
  orders-db:
    tier: critical
    data_classes: [uploads, transactions]
    source: { kind: sqlite, path: ./x.db }
    schedule: hourly
  api: { depends_on: [orders-db] }
scenarios:
  ransomware: { kind: ransomware, objectives: { rpo: 24 h, override: newer points are not trusted } }
`;

function draft(): DraftPlan {
  const parsed = parsePlan(text, 'lifeboat.yaml');
  assert.ok(parsed.plan);
  const resolved = resolvePlan(parsed.plan);
  return {
    path: '/p/lifeboat.yaml',
    folder: '/p',
    files: [],
    parsed,
    plan: parsed.plan,
    resolved,
    errors: 0,
  };
}

function lines(words: string): readonly string[] {
  return explainPlace(draft(), words).lines;
}

test('an objective is explained with every place that had a say, in the order in which they are asked', () => {
  const told = lines('orders-db.rpo');
  assert.equal(told[0], 'RPO of orders-db: 5 min');
  assert.deepEqual(told.slice(3, 8), [
    '    the system: says nothing',
    '    the data class uploads: 15 min (lifeboat.yaml:8)',
    '  → the data class transactions: 5 min (lifeboat.yaml:7), which counts',
    '    the tier critical: 1 h (lifeboat.yaml:5)',
    '    the plan: 1 day 2 h (lifeboat.yaml:4)',
  ]);
  assert.ok(
    told.some((line) => line.includes('ransomware: 1 day (lifeboat.yaml:17; newer points are not trusted)')),
  );
  assert.ok(told.some((line) => line.startsWith('The schedule as it is: every hour')));
});

test('the short and the whole path of an objective mean the same', () => {
  assert.deepEqual(
    explainPlace(draft(), 'orders-db.rto'),
    explainPlace(draft(), 'systems.orders-db.objectives.rto'),
  );
  assert.ok(lines('orders-db.rto').includes('Wait for it: api (8 h)'));
  assert.equal(lines('api.proof-age')[0], 'age of the proof of api: 7 days, the usual value');
});

test('a field is explained with its value, where that comes from, and what it means', () => {
  assert.deepEqual(lines('vaults.here.role').slice(0, 2), [
    'vaults.here.role: secondary',
    '  written at lifeboat.yaml:3',
  ]);
  assert.equal(lines('vaults.here.off_site')[1], '  not written: the usual value, or inherited');
  assert.equal(lines('vaults.here.immutability')[1], '  the plan says nothing about it');
  assert.equal(lines('orders-db.schedule')[0], 'systems.orders-db.schedule: hourly');
});

test('a place that does not exist is refused, with what is near', () => {
  assert.throws(() => explainPlace(draft(), 'vaults.here.rle'), {
    code: 'USAGE',
    hint: 'Did you mean "role"?',
  });
  assert.throws(() => explainPlace(draft(), 'orders-bd.rpo'), { code: 'USAGE' });
  assert.throws(() => explainPlace(draft(), 'a b'), { code: 'USAGE' });
  assert.throws(() => explainPlace(draft(), 'systems.orders-db.checks[7].kind'), { code: 'USAGE' });
});

test('what is not carried out yet is called so, for blocks and maps as a whole too', () => {
  assert.equal(lines('scenarios').at(-1), 'Declared, not yet executed.');
  assert.equal(lines('runbooks').at(-1), 'Declared, not yet executed.');
  assert.equal(lines('systems.orders-db.schedule').at(-1), 'This version acts on it.');
  assert.equal(lines('vaults').at(-1), 'This version acts on it.');
});

test('a name that is written wrongly is answered with the system that is meant', () => {
  assert.throws(
    () => explainPlace(draft(), 'order-db.rpo'),
    (error: unknown) => error instanceof LifeboatError && /Did you mean "orders-db"/.test(error.hint ?? ''),
  );
});
