import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRestPath } from './rest-path.ts';

const id = 'ab'.repeat(32);

const meanings: readonly (readonly [string, object])[] = [
  ['/', { kind: 'repository', segments: [] }],
  ['/shop', { kind: 'repository', segments: ['shop'] }],
  ['/ada/shop/', { kind: 'repository', segments: ['ada', 'shop'] }],
  ['/config', { kind: 'config', segments: [], key: 'config' }],
  ['/ada/config', { kind: 'config', segments: ['ada'], key: 'ada/config' }],
  ['/data/', { kind: 'list', segments: [], type: 'data', prefix: 'data/' }],
  ['/ada/locks', { kind: 'list', segments: ['ada'], type: 'locks', prefix: 'ada/locks/' }],
  [`/data/${id}`, { kind: 'object', segments: [], type: 'data', id, key: `data/ab/${id}` }],
  [`/ada/keys/${id}`, { kind: 'object', segments: ['ada'], type: 'keys', id, key: `ada/keys/${id}` }],
  ['/a%64a/config', { kind: 'config', segments: ['ada'], key: 'ada/config' }],
];

for (const [path, meaning] of meanings)
  test(`${path} means ${JSON.stringify(meaning).slice(0, 40)}`, () => {
    assert.deepEqual(parseRestPath(path), meaning);
  });

const meaningless: readonly string[] = [
  '',
  'config',
  'http://elsewhere/config',
  '/../config',
  '/ada/../../config',
  '/%2e%2e/config',
  '/..%2f..%2fetc/config',
  '/%2e/config',
  '//config',
  '/ada//config',
  '/data/../config',
  `/data/${id.toUpperCase()}`,
  `/data/${id}0`,
  `/data/${id.slice(1)}`,
  `/data/ab/${id}`,
  `/data/${id}/more`,
  '/data/..%2fconfig',
  '/ada%2fshop/config',
  '/lifeboat%2frepositories%2fshop/config',
  '/lifeboat%2Fspare/keys/',
  `/ada/data%2Fab/locks/${id}`,
  '/data/passwd',
  `/lifeboat/data/${id}`,
  '/lifeboat/config',
  '/Lifeboat/config',
  '/data/config',
  '/keys/data/',
  '/a%00b/config',
  '/a b/config',
  '/ä/config',
  '/%zz/config',
  '/ada\\..\\config',
  '/ada-tmp-0abc/config',
  `/${'a'.repeat(3000)}/config`,
  `${'/a'.repeat(9)}/config`,
];

for (const path of meaningless)
  test(`${JSON.stringify(path.slice(0, 60))} means nothing`, () => {
    assert.equal(parseRestPath(path), undefined);
  });
