import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulatedShop } from '../../../test/support/simulated-shop.ts';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { simulate } from './simulate.ts';

/** With both vaults where this version can open them. */
const shop = simulatedShop.replace('s3://shop-away/lifeboat', '/mnt/away');

/** Without objectives that are missed: these stand there as well, and here it is about what the plan lacks. */
function blockersOf(yaml: string, scenario: string) {
  const { plan, findings } = parsePlan(yaml, 'lifeboat.yaml');
  assert.ok(plan, JSON.stringify(findings));
  const simulation = simulate(resolvePlan(plan), scenario, {});
  assert.ok(simulation);
  return simulation.blockers
    .filter(({ kind }) => kind !== 'objective-missed')
    .map(({ severity, kind, about }) => `${severity} ${kind} ${about.join(', ')}`);
}

test('a plan that says everything has nothing in the way', () => {
  assert.deepEqual(blockersOf(shop, 'corruption'), []);
});

test('each thing that is taken away from it is found', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [', restore: 40 min', '', 'blocks unknown-duration orders-db'],
    ['interval: 1 min, ', '', 'blocks unknown-duration '],
    ['unnoticed_for: 3 h', 'description: x', ''],
    ['from: away', 'from: here', ''],
    ['escalation: default\n    unnoticed', 'unnoticed', 'doubt no-people corruption'],
    [', phone: "+49 30 1234567"', '', 'doubt no-answer jane'],
    ['who: [jane], timeout: 10 min', 'who: [jane]', 'doubt no-answer default'],
    [
      'site: east, fallback: the mirror',
      'runs_on: [orders-db], fallback: the mirror',
      'doubt need-struck git',
    ],
    ['site: east, fallback: the mirror in the vault', 'runs_on: [orders-db]', 'doubt need-struck git'],
    [
      '{ do: restore, systems: [orders-db], from',
      '{ do: restart, systems: [orders-db], note: x }\n      - { do: restore, systems: [uploads], from',
      'doubt runbook orders-db',
    ],
    ['runbooks: [database-restore]', 'description: x', 'doubt no-runbook orders-db'],
    [
      'systems: [orders-db] }\n    detection',
      'systems: [orders-db], vaults: [away] }\n    detection',
      'doubt runbook orders-db',
    ],
  ];
  for (const [text, other, expected] of cases) {
    assert.ok(shop.includes(text), text);
    const found = blockersOf(shop.replace(text, other), 'corruption');
    if (expected === '') assert.deepEqual(found, [], text);
    else assert.ok(found.includes(expected), `${text}: ${found.join('; ')}`);
  }
});

test('after ransomware a vault that can be emptied is doubted, and one that cannot is not', () => {
  const exposed = 'doubt vault-exposed away';
  assert.ok(blockersOf(shop, 'nothing-known').includes(exposed));
  const locked = shop.replace('site: east }', 'site: east, immutability: { mode: offline } }');
  assert.ok(!blockersOf(locked, 'nothing-known').includes(exposed));
});

test('a channel that falls silent with what it runs on is named', () => {
  const yaml = `${shop}channels:
  chat: { kind: slack, depends_on: [orders-db] }
  page: { kind: status-page, depends_on: [mail] }
communication: { audiences: { customers: { channels: [chat, page] } } }
`;
  assert.deepEqual(blockersOf(yaml, 'corruption'), ['doubt channel-struck chat']);
});

test('without a site to come back to nobody knows when', () => {
  const yaml = shop.replace(/ {2}west: .*\n/, '').replace('    site: west\n', '    owner: Jane Doe\n');
  const found = blockersOf(yaml, 'region-loss');
  assert.ok(found.includes('blocks no-site orders-db, uploads, api, mail'), found.join('; '));
});

test('systems that wait for each other through a need are told', () => {
  const yaml = shop
    .replace('site: east, fallback: the mirror in the vault', 'runs_on: [uploads]')
    .replace('  uploads:\n', '  uploads:\n    depends_on: [orders-db]\n');
  const found = blockersOf(yaml, 'region-loss');
  assert.ok(found.includes('blocks cycle orders-db, uploads'), found.join('; '));
});

test('what this version does not do yet is told beside a forecast that counts on it', () => {
  assert.deepEqual(blockersOf(simulatedShop, 'corruption'), []);
  const elsewhere = simulatedShop.replace('s3://shop-away/lifeboat', 'gs://shop-away/lifeboat');
  assert.deepEqual(blockersOf(elsewhere, 'corruption'), ['doubt not-executed away']);
  const mysql = shop.replace('kind: sqlite, path: ./orders.db', 'kind: mysql, connection: {}');
  assert.deepEqual(blockersOf(mysql, 'corruption'), ['doubt not-executed orders-db']);
  const logs = shop
    .replace('    needs: [git]\n', '    needs: [git]\n    logs: { keep: 7 days }\n')
    .replace(
      '- { do: check, systems: [orders-db]',
      '- { do: apply-logs }\n      - { do: check, systems: [orders-db]',
    );
  assert.deepEqual(blockersOf(logs, 'corruption'), ['doubt not-executed orders-db']);
  const kept = logs.replace('kind: sqlite, path: ./orders.db', 'kind: postgres, connection: {}');
  assert.deepEqual(blockersOf(kept, 'corruption'), []);
});
