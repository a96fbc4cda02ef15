import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { lintRules } from './lint/rules.ts';
import { explainParserRule, parserRules } from './parser-rules.ts';

const ids = /\bid: '([a-z0-9-]+)',\s+severity\b|\brefusal\(\s*'([a-z-]+)'/g;

test('whatever the parser can find is explained', () => {
  const found = ['.', 'compose'].flatMap((folder) => idsIn(path.join(import.meta.dirname, folder)));
  assert.ok(found.length > 25, `${found}`);
  for (const id of found)
    assert.match(explainParserRule(id) ?? '', new RegExp(`^${id}: .+\n\n.+\n\nFix: `), id);
});

test('no id is both of the parser and of the linter', () => {
  assert.deepEqual(
    lintRules.filter(({ id }) => parserRules.has(id)),
    [],
  );
  assert.equal(explainParserRule('nothing'), undefined);
});

function idsIn(folder: string): readonly string[] {
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  return files.flatMap((name) => {
    const text = fs.readFileSync(path.join(folder, name), 'utf8');
    return [...text.matchAll(ids)].map((match) => match[1] ?? match[2] ?? '');
  });
}
