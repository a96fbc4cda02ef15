import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setXattrPathNoFollow } from '../../src/platform/posix/xattr.ts';
import { compareTrees } from './compare-trees.ts';
import { makeRandomTree } from './random-tree.ts';
import { newerRestic, resticMustSucceed } from './stock-restic.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('one seed makes one tree, another seed another', () => {
  using folder = temporaryFolder();
  const [first, second, other] = ['1', '2', '3'].map((name) => join(folder.path, name));
  assert.ok(first && second && other);
  for (const path of [first, second, other]) mkdirSync(path);
  makeRandomTree(first, { seed: 7, files: 5 });
  makeRandomTree(second, { seed: 7, files: 5 });
  makeRandomTree(other, { seed: 8, files: 5 });
  assert.deepEqual(compareTrees(first, second), []);
  assert.ok(compareTrees(first, other).length > 20);
});

test('every kind of difference is found', () => {
  using folder = temporaryFolder();
  const [left, right] = [join(folder.path, 'left'), join(folder.path, 'right')];
  for (const path of [left, right]) mkdirSync(path);
  for (const path of [left, right]) makeRandomTree(path, { seed: 3, files: 2, fileBytesMax: 600_000 });
  assert.deepEqual(compareTrees(left, right), []);
  const size = statSync(join(right, 'size-523264')).size;
  writeFileSync(join(right, 'size-523264'), Buffer.alloc(size));
  chmodSync(join(right, 'size-1'), 0o755);
  setXattrPathNoFollow(Buffer.from(join(right, 'same-2')), 'user.plain', Buffer.from('other'));
  rmSync(join(right, 'fifo'));
  writeFileSync(join(right, 'extra'), '');
  unlinkSync(join(right, 'hard-1'));
  copyFileSync(join(right, 'same-1'), join(right, 'hard-1'));
  const found = compareTrees(left, right).join('\n');
  for (const expected of [
    '"size-523264": content differs',
    '"size-1": mode 4755 ≠ 755',
    '"same-2": xattrs ',
    '.: "fifo" is missing',
    '.: "extra" is too many',
    '"hard-1": hard links 3 with',
    '.: mtime ',
  ]) {
    assert.ok(found.includes(expected), `${expected} in\n${found}`);
  }
});

test('the tree survives stock restic, apart from what restic cannot keep', async () => {
  using folder = temporaryFolder();
  const [source, target] = [join(folder.path, 'source'), join(folder.path, 'target')];
  mkdirSync(source);
  makeRandomTree(source, { seed: 11, rawLinkTargets: newerRestic() !== undefined });
  const program = newerRestic() ?? 'restic';
  const options = { repository: join(folder.path, 'repository'), program };
  await resticMustSucceed(options, 'init');
  await resticMustSucceed(options, 'backup', source);
  await resticMustSucceed(options, 'restore', 'latest', '--target', target);
  const differences = compareTrees(source, join(target, source));
  const unexpected = differences.filter(
    (line) => !/^"(link-1|link-0|hard-link-to-link|hard-fifo|fifo)": (hard links|xattrs) /.test(line),
  );
  assert.deepEqual(unexpected, []);
  assert.ok(readdirSync(source).length > 30);
});
