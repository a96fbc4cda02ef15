import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitStatements } from './split-statements.ts';

test('statements are split at semicolons outside of quotes, and what is for psql is left out', () => {
  const script = [
    '--',
    '-- PostgreSQL database cluster dump; with a semicolon',
    '--',
    '\\restrict abc',
    "SET client_encoding = 'UTF8';",
    'CREATE ROLE "odd;""name";',
    "ALTER ROLE x WITH LOGIN PASSWORD 'it''s; \\';",
    "COMMENT ON ROLE x IS E'a\\';b\n\\c';",
    '\\unrestrict abc',
  ].join('\n');
  assert.deepEqual(splitStatements(script), [
    "SET client_encoding = 'UTF8';",
    'CREATE ROLE "odd;""name";',
    "ALTER ROLE x WITH LOGIN PASSWORD 'it''s; \\';",
    "COMMENT ON ROLE x IS E'a\\';b\n\\c';",
  ]);
});

test('nothing comes of nothing, and of comments', () => {
  assert.deepEqual(splitStatements(''), []);
  assert.deepEqual(splitStatements('-- only\n\n-- comments'), []);
});
