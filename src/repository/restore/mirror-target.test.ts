import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault } from '../../../test/support/vault.ts';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';

test('a mirror leaves what is right, replaces what differs, removes what does not belong, and nothing elsewhere', async () => {
  using folder = temporaryFolder();
  const at = (...names: string[]): string => join(folder.path, ...names);
  const source = at('source');
  fs.mkdirSync(join(source, 'deep'), { recursive: true });
  const files = { same: 'as it was', other: 'the new one', longer: 'more than before', 'deep/last': 'last' };
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(join(source, name), text);
  fs.chmodSync(join(source, 'same'), 0o600);
  await using vault = await makeVault(openMemoryStore());
  const { snapshot } = await backUp(vault, source);

  const to = at('to');
  const there = join(to, source);
  fs.mkdirSync(join(there, 'stray-folder/below'), { recursive: true });
  fs.mkdirSync(join(there, 'deep'));
  const old = { same: 'as it was', other: 'the old one', longer: 'less', 'deep/last': 'last', stray: 'x' };
  for (const [name, text] of Object.entries(old)) fs.writeFileSync(join(there, name), text);
  fs.writeFileSync(join(to, 'outside'), 'stays');
  const before = (name: string): number => fs.statSync(join(there, name)).ino;
  const [same, other, last] = [before('same'), before('other'), before('deep/last')];
  fs.mkdirSync(at('staging'));
  const report = await vault.restore(snapshot, {
    target: to,
    replaceFrom: at('staging'),
    verify: true,
    mirror: { below: source, last: join(source, 'deep/last') },
  });
  assert.deepEqual([report.problems, report.unchanged], [[], 1]);
  for (const [name, text] of Object.entries(files))
    assert.equal(fs.readFileSync(join(there, name), 'utf8'), text, name);
  assert.equal(before('same'), same, 'not written again');
  assert.equal(fs.statSync(join(there, 'same')).mode & 0o777, 0o600);
  assert.notEqual(before('other'), other);
  assert.notEqual(before('deep/last'), last, 'the last one is always put in place anew');
  assert.deepEqual(fs.readdirSync(there).sort(), ['deep', 'longer', 'other', 'same']);
  assert.equal(fs.readFileSync(join(to, 'outside'), 'utf8'), 'stays');
});
