import assert from 'node:assert/strict';
import { test } from 'node:test';
import { includesOf } from './includes-of.ts';

test('the included files are found in every way that YAML writes a list', () => {
  const texts = [
    'version: 1\ninclude: [a.yaml, ./b.yaml]\nsystems: {}\n',
    'include:\n  - a.yaml # one\n\n  # two\n  - "b.yaml"\nversion: 1\n',
    'include:\n- a.yaml\n- b.yaml',
    'include: [\n  a.yaml,\n  b.yaml\n]\nversion: 1\n',
    '"include": [a.yaml, b.yaml]\r\nversion: 1\r\n',
    '{ version: 1, include: [a.yaml, b.yaml] }',
    'x: &x a.yaml\ninclude: [*x, b.yaml]\n',
    '? include\n: [a.yaml, b.yaml]\n',
  ];
  for (const text of texts) {
    assert.deepEqual(includesOf(text, 'lifeboat.yaml'), ['a.yaml', 'b.yaml'], text);
    assert.deepEqual(includesOf(text, '../up/x.yaml'), ['../up/a.yaml', '../up/b.yaml'], text);
  }
});

test('what is no list of names, or cannot be read, includes nothing', () => {
  const texts = [
    '',
    'version: 1\n',
    'include: a.yaml\n',
    'include: [1, "", " ", TODO, null, { a: b }]\n',
    'systems:\n  a:\n    include: [a.yaml]\n',
    '# include: [a.yaml]\nversion: 1\n',
    'include: [a.yaml\n',
    'a: |\n  x\n  include: [a.yaml]\n',
  ];
  for (const text of texts) assert.deepEqual(includesOf(text, 'lifeboat.yaml'), [], text);
});
