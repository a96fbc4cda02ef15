import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { expandedSteps } from './runbook-steps.ts';

const text = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: ./here } }
systems: { db: { source: { kind: sqlite, path: ./x.db }, schedule: hourly } }
sites: { east: { role: primary }, west: { role: standby } }
failovers: { move: { from: east, to: west, runbook: moving } }
runbooks:
  day:
    steps: [{ do: fail-over, failover: move }, { do: run-runbook, runbook: after }, { do: resume, what: [sync] }]
  moving: { steps: [{ do: pause, what: [sync] }, { do: run-runbook, runbook: day }] }
  after: { steps: [{ do: review }] }
`;

test('what a step does as a whole stands in its place, that of a failover too, and a circle is cut', () => {
  const { plan, findings } = parsePlan(text, 'lifeboat.yaml');
  assert.ok(plan, JSON.stringify(findings));
  const steps = expandedSteps(resolvePlan(plan), 'day').map(({ runbook, step }) => `${runbook}: ${step.do}`);
  assert.deepEqual(steps, [
    'day: fail-over',
    'moving: pause',
    'moving: run-runbook',
    'day: run-runbook',
    'after: review',
    'day: resume',
  ]);
});
