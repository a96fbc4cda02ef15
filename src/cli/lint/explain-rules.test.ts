import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainRule, findRules, lintRules, numbersOf } from '../../plan/lint/rules.ts';

test('every rule is explained by its id and by each of its numbers', () => {
  for (const rule of lintRules) {
    for (const name of [rule.id, ...numbersOf(rule).flatMap((number) => [number, number.toLowerCase()])]) {
      assert.ok(findRules(name).includes(rule), `${name} finds ${rule.id}`);
      assert.ok(explainRule(name)?.includes(rule.explanation), `${name} explains ${rule.id}`);
    }
  }
});
