/** What we write, stock restic checks, restores, backs up to the same trees, tags and prunes; then it is ours again. */
import assert from 'node:assert/strict';
import { closeSync, lstatSync, mkdirSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { compareTrees } from '../support/compare-trees.ts';
import { newerRestic, type ResticOptions, resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo, treeIdOf } from '../support/vault.ts';
import { makeTreeForRestic } from './tree-for-restic.ts';

const newer = newerRestic();
const programs = [
  { program: 'restic', isNew: false },
  ...(newer === undefined ? [] : [{ program: newer, isNew: true }]),
];
const manyEntries = 100_000;

/** Restic keeps no hard links between links and between pipes, and its older versions no attributes on them. */
const restoredByRestic =
  /^"(link-1|link-0|hard-link-to-link|hard-fifo|fifo)": (hard links|xattrs) |^\.: "socket" is missing$/;
/** So do we, since the format has no place for them, and no socket. */
const restoredByUs = /^"(link-0|hard-link-to-link|hard-fifo|fifo)": hard links |^\.: "socket" is missing$/;

for (const [seed, { program, isNew }] of programs.entries()) {
  test(`a nasty tree goes from us to ${program} and back`, async (t) => {
    using folder = temporaryFolder();
    const tree = join(folder.path, 'tree');
    const vaultPath = join(folder.path, 'vault');
    const restic: ResticOptions = { repository: vaultPath, program };
    makeNastyTree(tree, 20 + seed, isNew);
    await using vault = await makeVault(vaultPath);

    const ours = await backUp(vault, tree);
    assert.deepEqual(ours.problems, []);

    await t.test('restic finds nothing wrong', async () => {
      await resticMustSucceed(restic, 'check', '--read-data');
    });
    await t.test('restic restores it as it was', async () => {
      const target = join(folder.path, 'by-restic');
      await resticMustSucceed(restic, 'restore', 'latest', '--target', target);
      assert.deepEqual(differences(tree, target, restoredByRestic), []);
    });
    await t.test('we restore it as it was', async () => {
      const target = join(folder.path, 'by-us');
      const report = await restoreTo(vault, ours.snapshot, target, { verify: true });
      assert.deepEqual(report.problems, []);
      assert.deepEqual(differences(tree, target, restoredByUs), []);
    });
    await t.test('restic backs it up to the identical tree', async () => {
      await sameTreesFromBoth(vaultPath, tree, restic);
    });
    await t.test('restic tags, forgets and prunes, and we go on', async () => {
      await changeWithRestic(restic);
      await goOn(vaultPath, tree, restic);
    });
  });
}

test('a folder of 100,000 entries gives the same tree in both', async () => {
  using folder = temporaryFolder();
  const tree = join(folder.path, 'tree');
  const vaultPath = join(folder.path, 'vault');
  mkdirSync(tree);
  for (let entry = 0; entry < manyEntries; entry++) closeSync(openSync(join(tree, `entry-${entry}`), 'w'));
  await using vault = await makeVault(vaultPath);
  const ours = await backUp(vault, tree);
  await resticMustSucceed({ repository: vaultPath }, 'backup', '--force', tree);
  const theirs = await vault.snapshot('latest');
  assert.notEqual(theirs.id, ours.snapshot.id);
  assert.equal(await treeIdOf(vault, ours.snapshot, tree), await treeIdOf(vault, theirs, tree));
  const target = join(folder.path, 'target');
  const report = await restoreTo(vault, ours.snapshot, target);
  assert.equal(report.files, manyEntries);
  assert.deepEqual(compareTrees(tree, join(target, tree)), []);
});

test("keys and locks of ours are restic's too", async () => {
  using folder = temporaryFolder();
  const restic = { repository: folder.path };
  await using vault = await makeVault(folder.path);
  writeFileSync(join(folder.path, 'second'), 'the second password\n');
  await resticMustSucceed(restic, 'key', 'add', '--new-password-file', join(folder.path, 'second'));
  await using second = await openVault(folder.path, { password: 'the second password' });
  const keys = await second.keys();
  assert.equal(keys.length, 2);
  const first = keys.find((key) => !key.current);
  assert.ok(first);
  await resticMustSucceed({ ...restic, password: 'the second password' }, 'key', 'remove', first.id);
  await assert.rejects(openVault(folder.path), { code: 'WRONG_PASSWORD' });
  await second.addKey('the third password');
  await resticMustSucceed({ ...restic, password: 'the third password' }, 'unlock');
  assert.equal(vault.id, second.id);
});

function makeNastyTree(tree: string, seed: number, isNew: boolean): void {
  makeTreeForRestic(tree, isNew, { seed });
  const server = createServer().listen(join(tree, 'socket'));
  after(() => server.close());
}

function differences(tree: string, target: string, expected: RegExp): readonly string[] {
  return compareTrees(tree, join(target, tree)).filter((line) => !expected.test(line));
}

/** The trees of the folders above hold their times, which others may change while we work; then once more. */
async function sameTreesFromBoth(vaultPath: string, tree: string, restic: ResticOptions): Promise<void> {
  await using vault = await openVault(vaultPath);
  const root = dirname(dirname(tree));
  for (let attempt = 1; ; attempt++) {
    const before = lstatSync(root, { bigint: true });
    const ours = await backUp(vault, tree);
    await resticMustSucceed(restic, 'backup', '--force', tree);
    const after = lstatSync(root, { bigint: true });
    const theirs = await vault.snapshot('latest');
    assert.notEqual(theirs.id, ours.snapshot.id);
    assert.equal(await treeIdOf(vault, ours.snapshot, tree), await treeIdOf(vault, theirs, tree));
    if (before.ctimeNs !== after.ctimeNs && attempt < 10) continue;
    assert.equal(ours.snapshot.tree, theirs.tree);
    return;
  }
}

async function changeWithRestic(restic: ResticOptions): Promise<void> {
  await resticMustSucceed(restic, 'tag', '--add', 'kept', 'latest');
  await resticMustSucceed(restic, 'forget', '--keep-last', '1', '--group-by', '', '--prune');
  await resticMustSucceed(restic, 'check', '--read-data');
}

async function goOn(vaultPath: string, tree: string, restic: ResticOptions): Promise<void> {
  await using vault = await openVault(vaultPath);
  const parent = await vault.snapshot('latest');
  assert.deepEqual(parent.tags, ['kept']);
  unlinkSync(join(tree, 'same-2'));
  const { summary, snapshot } = await backUp(vault, tree, { parent });
  assert.ok(summary.filesUnmodified > 40);
  assert.equal(summary.filesNew + summary.filesChanged, 0);
  const target = join(vaultPath, '..', 'again');
  assert.deepEqual((await restoreTo(vault, snapshot, target, { verify: true })).problems, []);
  assert.deepEqual(differences(tree, target, restoredByUs), []);
  const report = await vault.check({ readData: 'all' });
  assert.deepEqual(report.errors, []);
  await resticMustSucceed(restic, 'check', '--read-data');
}
