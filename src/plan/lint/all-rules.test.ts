/** What holds of every rule and of every plan. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makePlan } from '../../../bench/make-plan.ts';
import { arbitraryFacts, arbitraryPlan } from '../../../test/support/arbitrary-plan.ts';
import { editPlan } from '../edit-plan.ts';
import { parsePlan } from '../parse-plan.ts';
import { lintPlan } from './lint-plan.ts';
import { explainRule, findRules, lintRules } from './rules.ts';

test('each of the thirty traps has a rule that can be explained by its number', () => {
  const numbers = Array.from({ length: 30 }, (_, index) => `T${index + 1}`);
  assert.deepEqual(
    numbers.filter((number) => findRules(number).length === 0),
    [],
  );
  for (const number of numbers) assert.match(explainRule(number) ?? '', /Fix: /);
});

test('every rule has an id of its own, and an explanation of two sentences', () => {
  const ids = lintRules.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  const wordy = lintRules.filter(({ explanation }) => sentences(explanation) !== 2).map(({ id }) => id);
  assert.deepEqual(wordy, []);
});

function sentences(text: string): number {
  return text.split(/[.?!](?:\s|$)/).filter((part) => part.trim() !== '').length;
}

test('no plan makes the linter throw, every finding has a place in the text, and the same plan gives the same findings', () => {
  fc.assert(
    fc.property(arbitraryPlan(), arbitraryFacts(), ({ text }, facts) => {
      const parsed = parsePlan(text, 'lifeboat.yaml');
      const findings = lintPlan(parsed, facts);
      const lines = text.split('\n').length;
      for (const { line, column, message } of findings)
        assert.ok(
          line >= 1 && line <= lines && column >= 1 && message !== '',
          `${line}:${column} ${message}`,
        );
      assert.deepEqual(lintPlan(parsePlan(text, 'lifeboat.yaml'), facts), findings);
    }),
    { numRuns: 80 },
  );
});

test('a safe edit leaves a plan without errors that it did not have, and the finding is gone', () => {
  fc.assert(
    fc.property(arbitraryPlan('recovery'), ({ text }) => {
      for (const finding of lintPlan(parsePlan(text, 'lifeboat.yaml'), {})) {
        if (finding.edits === undefined) continue;
        const edited = editPlan(text, finding.edits);
        assert.ok('text' in edited, `${finding.id}: ${JSON.stringify(edited)}`);
        const again = parsePlan(edited.text, 'lifeboat.yaml');
        assert.ok(again.plan, `${finding.id}: ${JSON.stringify(again.findings[0])}`);
        const left = lintPlan(again, {}).filter(({ id, path }) => id === finding.id && path === finding.path);
        assert.deepEqual(left, [], finding.id);
      }
    }),
    { numRuns: 30 },
  );
});

test('1,000 systems are read and linted in less than a second of processor time', () => {
  const text = makePlan(1000);
  const rounds = [1, 2, 3].map(() => {
    const started = process.cpuUsage();
    const findings = lintPlan(parsePlan(text, 'lifeboat.yaml'), {});
    const { user, system } = process.cpuUsage(started);
    assert.ok(findings.length > 0);
    return (user + system) / 1000;
  });
  // The best of three: the first one also pays for compiling.
  assert.ok(Math.min(...rounds) < 1000, `${rounds.map(Math.round).join(', ')} ms`);
});
