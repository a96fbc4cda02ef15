import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { aboutVault, vaultWord, withVaultNamed } from './vault-word.ts';

test('a vault is named as the plan names it, else by its place, quoted for the shell', () => {
  assert.equal(vaultWord('b', { location: '/mnt/my disk' }), 'b');
  assert.equal(vaultWord(undefined, { location: '/mnt/disk' }), '/mnt/disk');
  assert.equal(vaultWord(undefined, { location: "/mnt/Jane's disk" }), "'/mnt/Jane'\\''s disk'");
});

test('a command of a hint that names no vault gets the one that was checked', () => {
  const hint =
    'See `lifeboat check`; `lifeboat repair index` mends it, or `lifeboat repair heal --vault a --preview`.';
  assert.equal(
    withVaultNamed(hint, 'b'),
    'See `lifeboat check --vault b`; `lifeboat repair index --vault b` mends it, or `lifeboat repair heal --vault a --preview`.',
  );
  assert.equal(withVaultNamed('`lifeboat ls` shows it.', 'b'), '`lifeboat ls` shows it.');
  assert.equal(withVaultNamed('`lifeboat repair heal`', "'$& b'"), "`lifeboat repair heal --vault '$& b'`");
});

test('an error is about the vault with its hint alone, and else the same', () => {
  const cause = new Error('why');
  const error = new LifeboatError('OBJECT_DAMAGED', 'a lock is damaged', {
    ...{ hint: 'Run `lifeboat unlock --all`.', details: { object: 'locks/1' }, cause },
  });
  const about = aboutVault(error, 'away');
  assert.equal(about.hint, 'Run `lifeboat unlock --vault away --all`.');
  assert.deepEqual(
    [about.code, about.message, about.details, about.cause],
    [error.code, error.message, error.details, cause],
  );
  const without = new LifeboatError('USAGE', 'wrong');
  assert.equal(aboutVault(without, 'away'), without);
});
