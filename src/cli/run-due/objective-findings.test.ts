import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusOrder } from '../../objective/objective.ts';
import type { SystemAssessment } from '../../objective/system-assessment.ts';
import { objectiveFindings } from './objective-findings.ts';

const assessed = (status: SystemAssessment['status']): SystemAssessment => ({
  system: status,
  status,
  assessments: [],
});

test('what is breached or unknown raises the alarm, and nothing else does', () => {
  const findings = objectiveFindings(statusOrder.map(assessed));
  const told = findings.filter(({ error }) => error !== undefined);
  assert.deepEqual(told.map(({ subject, systems, error }) => [subject, systems, error?.code]).toSorted(), [
    ['objective breached', ['breached'], 'OBJECTIVE_NOT_MET'],
    ['objective unknown', ['unknown'], 'OBJECTIVE_NOT_MET'],
  ]);
  assert.equal(findings.length, statusOrder.length);
});

test('it says why, and what to do', () => {
  const [finding] = objectiveFindings([assessed('unknown')]);
  assert.equal(finding?.error?.message, 'unknown: the plan has no objective for it');
  assert.match(finding?.error?.hint ?? '', /objectives in the plan/);
});
