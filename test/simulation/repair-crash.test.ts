/** Repairs that are cut off after every operation on the store: nothing that could be read is gone, and a second try mends. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isStoreCut, withFaults } from '../../src/object-store/fault.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { type LockOwner, thisProcess } from '../../src/repository/lock/lock-owner.ts';
import { copySnapshots, repairsOf } from '../../src/repository/repository.ts';
import type { Repository } from '../../src/repository/repository-types.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo, type VaultOptions } from '../support/vault.ts';

const options: VaultOptions = { packBytesTarget: 100 * 1024, workers: 1 };
const operationsMax = 200;

type Objects = ReadonlyMap<string, Buffer>;

interface Scene {
  readonly root: string;
  readonly folder: string;
  readonly objects: Objects;
  readonly second: Objects;
  readonly snapshotId: string;
  readonly deadOwner: LockOwner;
}

async function makeScene(root: string): Promise<Scene> {
  const folder = join(root, 'folder');
  mkdirSync(folder, { recursive: true });
  for (let file = 0; file < 5; file++)
    writeFileSync(join(folder, `file-${file}`), seededRandom(file + 1).bytes(60_000));
  const [store, other] = [openMemoryStore(), openMemoryStore()];
  await using vault = await makeVault(store, options);
  await using second = await makeVault(other, options);
  const { snapshot } = await backUp(vault, folder);
  await copySnapshots(vault, [{ repository: second, snapshotIds: [snapshot.id] }]);
  const deadOwner = { ...thisProcess(), pid: spawnSync('true').pid };
  const [objects, copies] = [new Map(store.objects), new Map(other.objects)];
  return { root, folder, objects, second: copies, snapshotId: snapshot.id, deadOwner };
}

/** The largest pack has a wrong bit, and the index is gone. */
function damagedPack(objects: Objects): Objects {
  const packs = [...objects].filter(([key]) => key.startsWith('data/'));
  const [key, bytes] = packs.toSorted((a, b) => b[1].length - a[1].length)[0] ?? ['', Buffer.alloc(0)];
  const flipped = Buffer.from(bytes);
  flipped[100] = (flipped[100] ?? 0) ^ 1;
  return new Map([...objects, [key, flipped]]);
}

function withoutIndex(objects: Objects): Objects {
  return new Map([...objects].filter(([key]) => !key.startsWith('index/')));
}

async function missingFiles(
  scene: Scene,
  vault: Repository,
  snapshotId = scene.snapshotId,
): Promise<readonly string[]> {
  const target = join(scene.root, 'restored');
  try {
    await restoreTo(vault, snapshotId, target);
    const differences = compareTrees(scene.folder, join(target, scene.folder), { ignore: ['mtime'] });
    assert.deepEqual(
      differences.filter((line) => !line.includes('is missing')),
      [],
    );
    return differences;
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

/** Cuts `repair` off after every operation. `survives` is what must be so after each cut. */
async function cutEverywhere(
  scene: Scene,
  damaged: Objects,
  repair: (vault: Repository) => Promise<void>,
  survives: (vault: Repository) => Promise<void>,
): Promise<number> {
  for (let after = 0; after < operationsMax; after++) {
    const store = openMemoryStore(damaged);
    const faulty = withFaults(store, [{ kind: 'cut', after }]);
    try {
      await using vault = await openVault(faulty, { ...options, owner: scene.deadOwner });
      await repair(vault);
    } catch (error) {
      if (!isStoreCut(error)) throw error;
    }
    await using vault = await openVault(store, options);
    await survives(vault);
    await repair(vault);
    assert.deepEqual((await vault.check({ readData: 'all' })).errors, [], `cut after ${after}`);
    assert.deepEqual(await Array.fromAsync(store.list('locks/')), []);
    if (!faulty.isCut()) return after;
  }
  throw new Error(`the repair did not end within ${operationsMax} operations`);
}

test('a repair of the index that is cut off anywhere can be repeated', async () => {
  using root = temporaryFolder();
  const scene = await makeScene(root.path);
  const repair = async (vault: Repository): Promise<void> => {
    await repairsOf(vault).applyIndex(await repairsOf(vault).previewIndex());
  };
  const cuts = await cutEverywhere(scene, withoutIndex(scene.objects), repair, async () => undefined);
  assert.ok(cuts > 10);
});

test('healing that is cut off anywhere loses nothing that could be read, and can be repeated', async () => {
  using root = temporaryFolder();
  const scene = await makeScene(root.path);
  const heal = async (vault: Repository): Promise<void> => {
    await using second = await openVault(openMemoryStore(scene.second), options);
    const diagnosis = await repairsOf(vault).diagnose();
    const request = { diagnosis, donors: [second], snapshots: [], wrongElsewhere: [] };
    assert.deepEqual((await repairsOf(vault).heal(request)).lost, []);
  };
  const cuts = await cutEverywhere(scene, damagedPack(scene.objects), heal, async (vault) => {
    assert.ok((await missingFiles(scene, vault)).length <= 1, 'no further file is lost');
  });
  assert.ok(cuts > 20);
});

test('packs and then snapshots: cut off anywhere, every file that can be read stays in some snapshot', async () => {
  using root = temporaryFolder();
  const scene = await makeScene(root.path);
  const repair = async (vault: Repository): Promise<void> => {
    const { damagedPacks, missingPacks } = await repairsOf(vault).diagnose();
    const packs = await repairsOf(vault).previewPacks([...damagedPacks, ...missingPacks]);
    if (packs.packs.length > 0) await repairsOf(vault).applyPacks(packs);
    const snapshots = await repairsOf(vault).previewSnapshots();
    if (snapshots.changes.length > 0) await repairsOf(vault).applySnapshots(snapshots, { forget: true });
  };
  const cuts = await cutEverywhere(scene, damagedPack(scene.objects), repair, async (vault) => {
    const lost: number[] = [];
    for (const id of await vault.snapshotIds()) lost.push((await missingFiles(scene, vault, id)).length);
    assert.ok(Math.min(...lost) <= 1, 'no further file is lost');
  });
  assert.ok(cuts > 20);
});

test('a recovery of lost folders that is cut off anywhere makes its snapshot in the end, and makes one', async () => {
  using root = temporaryFolder();
  const scene = await makeScene(root.path);
  const lost = new Map([...scene.objects].filter(([key]) => !key.startsWith('snapshots/')));
  const recover = async (vault: Repository): Promise<void> => {
    const preview = await repairsOf(vault).previewRecover();
    if (preview.trees.length > 0) await repairsOf(vault).applyRecover(preview);
    assert.equal((await vault.snapshotIds()).length, 1);
  };
  const cuts = await cutEverywhere(scene, lost, recover, async (vault) => {
    const made = await vault.snapshotIds();
    const { trees } = await repairsOf(vault).previewRecover();
    assert.equal(made.length + trees.length, 1, 'recovered, or still to be recovered');
  });
  assert.ok(cuts > 5);
});
