import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lintPlan } from '../plan/lint/lint-plan.ts';
import { sameDisk } from '../plan/lint/same-disk.ts';
import { parsePlan } from '../plan/parse-plan.ts';
import { resolvePlan } from '../plan/resolve-plan.ts';
import { planFacts } from './plan-facts.ts';

const text = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: ./vault } }
systems: { orders: { source: { kind: files, paths: [./data/orders.txt] }, schedule: hourly } }
`;

test('data that is not on this machine shares no disk with a vault', () => {
  const folder = mkdtempSync(join(tmpdir(), 'facts-'));
  try {
    const parsed = parsePlan(text, 'lifeboat.yaml');
    const plan = resolvePlan(parsed.plan ?? assert.fail('the plan is right'));
    const hits = () => sameDisk.check(plan, planFacts(parsed, folder), parsed.plan ?? assert.fail()).length;
    assert.equal(hits(), 0);
    mkdirSync(join(folder, 'data'));
    assert.equal(hits(), 0);
    writeFileSync(join(folder, 'data', 'orders.txt'), 'one');
    assert.equal(hits(), 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what is there is not called missing, and neither is what cannot be looked at', () => {
  const folder = mkdtempSync(join(tmpdir(), 'facts-'));
  try {
    const parsed = parsePlan(text.replace('orders.txt', 'orders.txt, ./loop/x'), 'lifeboat.yaml');
    symlinkSync('loop', join(folder, 'loop'));
    const missing = () =>
      lintPlan(parsed, planFacts(parsed, folder)).flatMap(({ id, path }) =>
        id === 'not-there' ? [path] : [],
      );
    assert.deepEqual(missing(), ['vaults.here.location', 'systems.orders.source.paths[0]']);
    mkdirSync(join(folder, 'vault'));
    assert.deepEqual(missing(), ['systems.orders.source.paths[0]']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
