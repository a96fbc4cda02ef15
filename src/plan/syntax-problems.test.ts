/** One mistake in the syntax is one finding. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from './parse-plan.ts';

function problems(text: string): readonly string[] {
  return parsePlan(text, 'p').findings.map(
    ({ id, line, column, message, suggestion }) => `${id} ${line}:${column} ${message}; ${suggestion}`,
  );
}

const needsQuotes = 'text with "${" inside of brackets needs quotes; put it into quotes';

test('a reference in brackets without quotes', () => {
  assert.deepEqual(
    problems('v: { here: { location: /mnt/v, password: ${file:/etc/key} } }\nx:\n  y: 1\n  z: [a]\n'),
    [`yaml-syntax 1:42 ${needsQuotes}: "\${file:/etc/key}"`],
  );
  assert.deepEqual(problems('v: [${env:X}, b]\nw: 1\n'), [`yaml-syntax 1:5 ${needsQuotes}: "\${env:X}"`]);
});

test('what a command holds is not repeated', () => {
  assert.deepEqual(problems('v: { p: ${command:echo hunter2} }\nw: 1\n'), [`yaml-syntax 1:9 ${needsQuotes}`]);
});

test('text that begins with a bracket', () => {
  assert.deepEqual(problems('a:\n  name: [Name] [Phone]\n  b: 1\nc: 2\n'), [
    'yaml-syntax 2:9 text that begins with [ needs quotes; put the whole text into quotes',
  ]);
});

test('a tab is one error a line, and nothing follows from it', () => {
  const tab = 'a tab in the indentation; use spaces; YAML does not allow tabs there';
  assert.deepEqual(problems('a:\n\t\tb: 1\n\tc: 2\nd: 1\n  e: 2\n'), [
    `yaml-syntax 2:1 ${tab}`,
    `yaml-syntax 3:1 ${tab}`,
  ]);
});

test('what stands before a tab or a wrong token is told as well', () => {
  assert.equal(problems('a: "\\o"\nb:\n\tc: 1\n').length, 2);
  assert.equal(problems('a: "\\o"\nb: { c: ${env:X} }\nd: 1\n').length, 2);
});
