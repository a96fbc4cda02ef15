import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planReference } from './plan-reference.ts';

const lines = planReference().split('\n');

function row(start: string): string {
  return lines.find((line) => line.startsWith(`| \`${start}\``)) ?? assert.fail(`there is no ${start}`);
}

test('every value is told in words, also where a field takes several kinds or any', () => {
  assert.match(row('variables'), /\| map of name to text or number or boolean \|/);
  assert.match(row('profiles'), /\| map of name to map of name to any value \|/);
  assert.doesNotMatch(lines.join('\n'), /undefined|string,number/);
});

test('the kinds of steps are listed once, and fields lead there', () => {
  for (const field of ['steps', 'verification', 'rollback', 'afterwards'])
    assert.match(row(field), /\| list of \[steps\]\(#every-step\) \|/);
  assert.equal(lines.filter((line) => line === '## every step').length, 1);
});

test('a rule is listed with all its numbers', () => {
  assert.ok(row('rpo-schedule').startsWith('| `rpo-schedule` (T4, T3) | error |'));
});
