/** What stock restic writes, in every way it can, we list, restore, check, compare and dump as it does. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Repository, Snapshot } from '../../src/repository/repository-types.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { makeRandomTree } from '../support/random-tree.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { newerRestic, type ResticOptions, resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeKeyCheap, openVault, restoreTo, treeIdOf } from '../support/vault.ts';
import { makeTreeForRestic } from './tree-for-restic.ts';

interface Way {
  readonly program: string;
  readonly version: '1' | '2';
  readonly flags: readonly string[];
}

const newer = newerRestic();
const compressions = ['off', 'auto', 'max'];

const ways: readonly Way[] = [
  { program: 'restic', version: '1', flags: [] },
  ...compressions.map((level) => waysOf('restic', ['--compression', level])),
  ...['4', '128'].map((size) => waysOf('restic', ['--pack-size', size])),
  ...(newer === undefined
    ? []
    : [
        { program: newer, version: '1' as const, flags: [] },
        waysOf(newer, ['--compression', 'max']),
        waysOf(newer, ['--pack-size', '4']),
      ]),
];

function waysOf(program: string, flags: readonly string[]): Way {
  return { program, version: '2', flags };
}

for (const [seed, way] of ways.entries()) {
  test(`we read version ${way.version} by ${way.program} ${way.flags.join(' ')}`, async () => {
    using folder = temporaryFolder();
    const tree = join(folder.path, 'tree');
    const vaultPath = join(folder.path, 'vault');
    const restic: ResticOptions = { repository: vaultPath, program: way.program };
    makeTreeForRestic(tree, way.program === newer, { seed, files: 10, fileBytesMax: 600_000 });
    writeFileSync(join(tree, 'several packs'), seededRandom(seed).bytes(9_000_000));
    await resticMustSucceed(restic, 'init', '--repository-version', way.version);
    await makeKeyCheap(vaultPath);
    await resticMustSucceed(restic, ...way.flags, 'backup', tree);
    await using vault = await openVault(vaultPath);
    assert.equal(vault.version, Number(way.version));
    const first = await vault.snapshot('latest');
    await expectSame(folder.path, vault, restic, first, tree);

    appendFileSync(join(tree, 'several packs'), 'more');
    rmSync(join(tree, 'same-2'));
    await resticMustSucceed(restic, ...way.flags, 'backup', tree);
    const second = await vault.snapshot('latest');
    await expectSameDiff(vault, restic, first, second);

    const ours = await backUp(vault, tree, { parent: second });
    assert.equal(ours.summary.dataBlobs, 0);
    assert.equal(await treeIdOf(vault, ours.snapshot, tree), await treeIdOf(vault, second, tree));
    await resticMustSucceed(restic, 'check', '--read-data');
  });
}

test('several keys of restic open the vault, and a new one of ours opens it for restic', async () => {
  using folder = temporaryFolder();
  const restic = { repository: join(folder.path, 'vault') };
  await resticMustSucceed(restic, 'init');
  const passwords = ['second', 'größer als drei'];
  for (const password of passwords) {
    writeFileSync(join(folder.path, 'password'), password);
    await resticMustSucceed(restic, 'key', 'add', '--new-password-file', join(folder.path, 'password'));
  }
  for (const password of passwords) {
    await using vault = await openVault(restic.repository, { password });
    const keys = await vault.keys();
    assert.equal(keys.length, 3);
    assert.equal(keys.filter((key) => key.current).length, 1);
  }
  await using vault = await openVault(restic.repository);
  const added = await vault.addKey('ours');
  const list = await resticMustSucceed({ ...restic, password: 'ours' }, 'key', 'list', '--json');
  assert.ok(list.includes(added.id.slice(0, 8)));
});

test('a parent that restic wrote in another time zone still saves reading', async () => {
  using folder = temporaryFolder();
  const tree = join(folder.path, 'tree');
  mkdirSync(tree);
  makeRandomTree(tree, { seed: 77, files: 10, rawLinkTargets: false });
  const restic = { repository: join(folder.path, 'vault'), environment: { TZ: 'Asia/Kathmandu' } };
  await resticMustSucceed(restic, 'init');
  await resticMustSucceed(restic, 'backup', tree);
  await using vault = await openVault(restic.repository);
  const parent = await vault.snapshot('latest');
  assert.match(parent.time, /\+05:45$/);
  const { summary, snapshot } = await backUp(vault, tree, { parent });
  assert.equal(summary.filesNew + summary.filesChanged, 0);
  assert.equal(summary.dataBlobs, 0);
  const target = join(folder.path, 'target');
  assert.deepEqual((await restoreTo(vault, snapshot, target, { verify: true })).problems, []);
  const expected = /^"(link-0|hard-link-to-link|hard-fifo|fifo)": hard links /;
  const differences = compareTrees(tree, join(target, tree)).filter((line) => !expected.test(line));
  assert.deepEqual(differences, []);
  await resticMustSucceed(restic, 'check', '--read-data');
});

/** Listing, restore, check, dump and sizes. */
async function expectSame(
  folder: string,
  vault: Repository,
  restic: ResticOptions,
  snapshot: Snapshot,
  tree: string,
): Promise<void> {
  const report = await vault.check({ readData: 'all' });
  assert.deepEqual(report.errors, []);
  assert.equal(report.packs, report.packsRead);
  assert.deepEqual(await listed(vault, snapshot), await listedByRestic(restic, snapshot.id));

  const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
  assert.deepEqual((await restoreTo(vault, snapshot, ours, { verify: true })).problems, []);
  await resticMustSucceed(restic, 'restore', snapshot.id, '--target', theirs);
  // older restics set no attributes on links and pipes
  const expected = /^"(link-1|fifo|hard-fifo)": xattrs /;
  assert.deepEqual(
    compareTrees(ours, theirs, { ignore: ['root'] }).filter(
      (line) => !expected.test(line) && !isAbove(line, tree),
    ),
    [],
  );

  const dumped = Buffer.concat(await Array.fromAsync(vault.dump(snapshot, join(tree, 'several packs'))));
  assert.ok(dumped.equals(readFileSync(join(tree, 'several packs'))));
  const sizes = JSON.parse(
    await resticMustSucceed(restic, 'stats', '--json', '--mode', 'restore-size', snapshot.id),
  );
  assert.equal((await vault.stats([snapshot])).restoreBytes, sizes.total_size);
}

/** Restic before 0.17 restores no times of folders that were only on the way. */
function isAbove(line: string, tree: string): boolean {
  const path = /^"([^"]*)": mtime/.exec(line)?.[1];
  return path !== undefined && `${tree}/`.startsWith(`/${path}/`);
}

async function listed(vault: Repository, snapshot: Snapshot): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { path, node } of vault.list(snapshot))
    lines.push(
      `${node.type} ${shown(path.toString('utf8'))} ${node.uid}:${node.gid} ${node.size} ${node.mtime}`,
    );
  return lines.sort();
}

async function listedByRestic(restic: ResticOptions, id: string): Promise<readonly string[]> {
  const output = await resticMustSucceed(restic, 'ls', '--json', id);
  const entries = output.trim().split('\n').slice(1);
  return entries
    .map((line) => JSON.parse(line))
    .map((node) => `${node.type} ${shown(node.path)} ${node.uid}:${node.gid} ${node.size ?? 0} ${node.mtime}`)
    .sort();
}

/** How many replacement characters stand for bytes that are not UTF-8 is a matter of taste. */
function shown(path: string): string {
  return path.replaceAll(/\ufffd+/g, '?');
}

async function expectSameDiff(
  vault: Repository,
  restic: ResticOptions,
  older: Snapshot,
  newer: Snapshot,
): Promise<void> {
  const output = await resticMustSucceed(restic, 'diff', '--metadata', older.id, newer.id);
  const theirs = output
    .split('\n')
    .flatMap((line) => /^([+MUT-]) +(\/.*?)\/?$/.exec(line)?.slice(1).join(' ') ?? []);
  const ours: string[] = [];
  for await (const { change, path } of vault.diff(older, newer))
    ours.push(`${change} ${path.toString('utf8')}`);
  assert.ok(ours.length >= 2);
  assert.deepEqual(ours.sort(), theirs.sort());
}
