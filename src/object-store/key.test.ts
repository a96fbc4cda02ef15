import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isKey, isUnfinishedName } from './key.ts';

test('no key of any kind leads out of the folder it is joined to', () => {
  const pieces = fc.constantFrom('a', '.', '..', '/', '-', 'data', '\0', '\\', 'Z9', '...');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const key = parts.join('');
      fc.pre(isKey(key));
      assert.equal(posix.join('/vault', key), `/vault/${key}`);
    }),
  );
});

test('keys of the vault are keys', () => {
  const id = 'ab'.repeat(32);
  for (const key of [
    'config',
    `keys/${id}`,
    `data/ab/${id}`,
    'lifeboat/vault.json',
    'lifeboat/log/db-tmp-1/x',
  ]) {
    assert.equal(isKey(key), true, key);
  }
});

test('the temporary names of restic and of ours are unfinished writes, other names are not', () => {
  assert.equal(isUnfinishedName('abcd-tmp-3141592653'), true);
  assert.equal(isUnfinishedName('abcd-tmp-00ffaa'), true);
  assert.equal(isUnfinishedName('abcd-tmp-'), false);
  assert.equal(isUnfinishedName('my-tmp-shop'), false);
  assert.equal(isKey('data/abcd-tmp-3141592653'), false);
});
