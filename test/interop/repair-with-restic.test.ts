/** The same damage, repaired by stock restic and by us: what restic's repair leaves to be restored, ours leaves too. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { repairsOf } from '../../src/repository/repository.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { newerRestic, type ResticOptions, resticMustSucceed, runRestic } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault } from '../support/vault.ts';

const program = newerRestic();
const skip = program === undefined ? 'needs restic 0.18, see LIFEBOAT_TEST_RESTIC_NEW' : false;
const seed = 811;

function packsOf(vault: string): readonly string[] {
  return fs
    .readdirSync(join(vault, 'data'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(vault, 'data', name))
    .filter((path) => fs.statSync(path).isFile())
    .sort((a, b) => fs.statSync(b).size - fs.statSync(a).size);
}

/** Each changes the vault in place and gives the ids of the packs that are damaged. */
const damages: Readonly<Record<string, (vault: string, treePack: string) => readonly string[]>> = {
  'the index is lost': (vault) => {
    fs.rmSync(join(vault, 'index'), { recursive: true });
    fs.mkdirSync(join(vault, 'index'));
    return [];
  },
  'a pack is truncated': (vault) => {
    const [pack = ''] = packsOf(vault);
    fs.chmodSync(pack, 0o600);
    fs.truncateSync(pack, Math.floor(fs.statSync(pack).size / 2));
    return [basename(pack)];
  },
  'a pack is missing': (vault) => {
    const [pack = ''] = packsOf(vault);
    fs.rmSync(pack);
    return [basename(pack)];
  },
  'a tree is lost': (vault, treePack) => {
    fs.rmSync(join(vault, 'data', treePack.slice(0, 2), treePack));
    return [treePack];
  },
};

async function repairByRestic(restic: ResticOptions, packs: readonly string[]): Promise<void> {
  // what is missing is given up with the index, what is damaged with its pack
  await runRestic(restic, 'repair', 'index');
  const there = packs.filter((id) => fs.existsSync(join(restic.repository, 'data', id.slice(0, 2), id)));
  if (there.length > 0) await runRestic(restic, 'repair', 'packs', ...there);
  await runRestic(restic, 'repair', 'snapshots', '--forget');
}

async function repairByUs(path: string): Promise<void> {
  await using vault = await openVault(path);
  await repairsOf(vault).applyIndex(await repairsOf(vault).previewIndex());
  const { damagedPacks, missingPacks } = await repairsOf(vault).diagnose();
  const packs = await repairsOf(vault).previewPacks([...damagedPacks, ...missingPacks]);
  if (packs.packs.length > 0) await repairsOf(vault).applyPacks(packs);
  const snapshots = await repairsOf(vault).previewSnapshots({ keepPartialFiles: true });
  if (snapshots.changes.length > 0) await repairsOf(vault).applySnapshots(snapshots, { forget: true });
}

/** Lines that say what differs from the folder as it was; all is missing when there is no snapshot any more. */
async function losses(restic: ResticOptions, folder: string, target: string): Promise<readonly string[]> {
  await runRestic(restic, 'restore', 'latest', '--target', target);
  const restored = join(target, folder);
  if (!fs.existsSync(restored)) return ['everything is missing'];
  return compareTrees(folder, restored, { ignore: ['root', 'mtime'] });
}

for (const [name, damage] of Object.entries(damages))
  test(`${name}: what restic's repair saves ours saves too`, { skip }, async () => {
    using root = temporaryFolder();
    const folder = join(root.path, 'folder');
    const random = seededRandom(seed);
    const [ours, theirs] = [join(root.path, 'ours'), join(root.path, 'theirs')];
    let treePack = '';
    await using vault = await makeVault(ours, { packBytesTarget: 200 * 1024 });
    for (const part of ['part-0', 'part-1', 'part-2']) {
      fs.mkdirSync(join(folder, part), { recursive: true });
      for (let file = 0; file < 4; file++)
        fs.writeFileSync(join(folder, part, `file-${file}`), random.bytes(60_000));
      await backUp(vault, folder);
      // of the first part only: the folders above it are other trees later on
      if (treePack === '') treePack = basename(packsOf(ours).at(-1) ?? '');
    }
    const damaged = damage(ours, treePack);
    fs.cpSync(ours, theirs, { recursive: true });
    // restic puts what it saves of packs into the current folder
    const options = { folder: root.path, ...(program === undefined ? {} : { program }) };
    await repairByRestic({ repository: theirs, ...options }, damaged);
    await repairByUs(ours);
    const left = await losses({ repository: theirs, ...options }, folder, join(root.path, 'by-restic'));
    const found = await losses({ repository: ours, ...options }, folder, join(root.path, 'by-us'));
    assert.ok(!left.includes('everything is missing'));
    assert.deepEqual(
      found.filter((line) => !left.includes(line)),
      [],
      'nothing is lost that restic saved',
    );
    if (name === 'the index is lost') assert.deepEqual(found, []);
    else assert.ok(left.length > 0, 'the damage hit something');
    await resticMustSucceed({ repository: ours, ...options }, 'check', '--read-data');
  });
