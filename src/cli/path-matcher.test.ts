import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathMatcher } from './path-matcher.ts';

const samples: readonly [pattern: string, path: string, isMatch: boolean][] = [
  ['*.env', '/srv/app/.env', true],
  ['*.env', '/srv/app/a.env', true],
  ['*.env', '/srv/app/aenv', false],
  ['*', '/srv/.hidden', true],
  ['.env', '/srv/.env', true],
  ['/srv/**/config', '/srv/.app/config', true],
  ['/srv/**/config', '/srv/config', true],
  ['/srv/**', '/srv/.git/.keep', true],
  ['/srv/*', '/srv/.git', true],
  ['/srv/*', '/srv/.git/HEAD', false],
  ['app/*.db', '/srv/app/orders.db', true],
  ['/srv/', '/srv', true],
  ['src', '/srv/src/main.ts', false],
  ['?env', '/srv/.env', true],
];

test('hidden names match as any other, and what is below a match does not', () => {
  for (const [pattern, path, isMatch] of samples)
    assert.equal(pathMatcher([pattern])(path), isMatch, `${pattern} on ${path}`);
});
