import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import { needsOfRunbook } from './needs-of-runbook.ts';
import { recoveryGraph } from './recovery-graph.ts';
import { recoveryOrder } from './recovery-order.ts';
import { stepsOfRunbook } from './steps-of-runbook.ts';

function planOf(yaml: string): ResolvedPlan {
  const { draft, findings } = parsePlan(yaml, 'lifeboat.yaml');
  assert.ok(draft, JSON.stringify(findings));
  return resolvePlan(draft.plan);
}

const head = `
version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults:
  here: { location: /backup/here, site: primary }
  away: { location: /backup/away }
sites:
  primary: { role: primary }
  west: { role: recovery }
`;

const shop = planOf(`${head}
recovery_needs:
  git: { kind: git, site: west }
  names: { kind: dns, runs_on: [ns] }
  chat: { kind: chat, needed_by: [talk] }
runbooks:
  bring-back: { steps: [{ do: restore }, { do: run-runbook, runbook: go-live }, { do: review }] }
  go-live: { steps: [{ do: deploy }, { do: run-runbook, runbook: bring-back }] }
  talk: { steps: [{ do: assess }] }
systems:
  api: { depends_on: [db], runbook: bring-back, needs: [names], release: { repository: code } }
  db: { source: { kind: sqlite, path: ./a.db }, vaults: [here] }
  code: { source: { kind: files, paths: [./code] } }
  ns: { site: west }
`);

const edgesOf = (plan: ResolvedPlan, kind: 'system' | 'site' | 'vault' | 'need', name: string) => {
  const graph = recoveryGraph(plan);
  const index = graph.indexOf(kind, name);
  assert.ok(index !== undefined, name);
  return (graph.before[index] ?? []).map((target, at) => {
    const node = graph.nodes[target];
    return `${graph.because[index]?.[at]} ${node?.kind} ${node?.name}`;
  });
};

test('a system waits for what it depends on, its code, its site and its needs', () => {
  assert.deepEqual(edgesOf(shop, 'system', 'api'), [
    'depends-on system db',
    'is-built-from system code',
    'stands-at site primary',
    'is-recovered-by need names',
    'is-recovered-by need git',
  ]);
});

test('one vault is waited for, one of several is a choice', () => {
  assert.deepEqual(edgesOf(shop, 'system', 'db'), ['stands-at site primary', 'is-restored-from vault here']);
  assert.deepEqual(edgesOf(shop, 'system', 'code'), ['stands-at site primary']);
});

test('vaults and needs are lost with their sites, and a need runs on systems', () => {
  assert.deepEqual(edgesOf(shop, 'vault', 'here'), ['is-lost-with site primary']);
  assert.deepEqual(edgesOf(shop, 'vault', 'away'), []);
  assert.deepEqual(edgesOf(shop, 'need', 'git'), ['is-lost-with site west']);
  assert.deepEqual(edgesOf(shop, 'need', 'names'), ['runs-on system ns']);
});

test('a runbook that calls others needs what they need, and calls that go in a circle end', () => {
  assert.deepEqual(
    stepsOfRunbook(shop, 'bring-back').steps.map((step) => step.do),
    ['restore', 'run-runbook', 'deploy', 'run-runbook', 'review'],
  );
  assert.deepEqual(needsOfRunbook(shop, 'bring-back'), ['git']);
  assert.deepEqual(needsOfRunbook(shop, 'talk'), ['chat']);
  assert.deepEqual(needsOfRunbook(shop, 'none'), []);
});

test('a need that runs on a system whose recovery needs it makes a cycle', () => {
  const plan = planOf(`${head}
recovery_needs:
  names: { kind: dns, runs_on: [ns] }
systems:
  ns: { needs: [names] }
`);
  const graph = recoveryGraph(plan);
  const { cycles } = recoveryOrder(graph.before);
  assert.deepEqual(
    cycles.map((cycle) => cycle.map((node) => graph.nodes[node]?.name)),
    [['ns', 'names']],
  );
});

test('names that are nowhere declared make no edge', () => {
  const { systems, ...rest } = shop;
  const lost = { ...rest, systems: systems.map((system) => ({ ...system, dependsOn: ['nothing'] })) };
  assert.deepEqual(edgesOf(lost, 'system', 'ns'), ['stands-at site west']);
});

test('a plan is worked out once', () => {
  assert.equal(recoveryGraph(shop), recoveryGraph(shop));
});
