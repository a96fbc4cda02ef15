import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compareTrees } from '../../../test/support/compare-trees.ts';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo, type VaultOptions } from '../../../test/support/vault.ts';
import { type MemoryStore, openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { repairsOf } from '../repository.ts';
import type { Repository } from '../repository-types.ts';

const options: VaultOptions = { packBytesTarget: 100 * 1024, workers: 1 };

interface Scene {
  readonly store: MemoryStore;
  readonly vault: Repository;
  readonly folder: string;
  readonly root: string;
  readonly snapshotId: string;
}

async function makeScene(root: string): Promise<Scene> {
  const random = seededRandom(7);
  const folder = join(root, 'folder');
  for (let file = 0; file < 8; file++) {
    mkdirSync(join(folder, `below-${file % 3}`), { recursive: true });
    writeFileSync(join(folder, `below-${file % 3}`, `file-${file}`), random.bytes(40_000 + file));
  }
  const store = openMemoryStore();
  const vault = await makeVault(store, options);
  const { snapshot } = await backUp(vault, folder);
  return { store, vault, folder, root, snapshotId: snapshot.id };
}

function keysOf(store: MemoryStore, prefix: string): string[] {
  return [...store.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
}

async function flip(store: MemoryStore, key: string, byte: number): Promise<void> {
  const bytes = Buffer.from(store.objects.get(key) ?? '');
  bytes[byte] = (bytes[byte] ?? 0) ^ 1;
  await store.put(key, bytes);
}

async function errorsOf(store: MemoryStore): Promise<readonly string[]> {
  await using vault = await openVault(store, options);
  const { errors } = await vault.check({ readData: 'all' });
  return errors.map(({ object, what }) => `${object} ${what}`);
}

async function restoresWhole(scene: Scene, id = scene.snapshotId): Promise<void> {
  await using vault = await openVault(scene.store, options);
  using target = temporaryFolder();
  const { problems } = await restoreTo(vault, id, target.path);
  assert.deepEqual(problems, []);
  assert.deepEqual(compareTrees(scene.folder, join(target.path, scene.folder)), []);
}

/** The pack with most of the data, and the one of the folders. */
async function packsOf({ store, vault, snapshotId }: Scene): Promise<{ data: string; tree: string }> {
  const { tree } = await vault.snapshot(snapshotId);
  const sizes = keysOf(store, 'data/').map((key) => ({ key, size: store.objects.get(key)?.length ?? 0 }));
  const small = sizes.toSorted((a, b) => a.size - b.size)[0];
  const large = sizes.toSorted((a, b) => b.size - a.size)[0];
  assert.ok(small && large && tree);
  return { data: large.key, tree: small.key };
}

describe('repair of the index', () => {
  it('finds nothing to do in a sound repository', async () => {
    using folder = temporaryFolder();
    const { vault } = await makeScene(folder.path);
    const { fingerprint: _, ...preview } = await repairsOf(vault).previewIndex({ readAllPacks: true });
    assert.deepEqual(
      Object.values(preview)
        .flat()
        .filter((each) => each !== true && each !== 0),
      [],
    );
  });

  it('makes a lost or damaged one anew from the packs', async () => {
    using folder = temporaryFolder();
    for (const way of ['delete', 'flip', 'empty'] as const) {
      const scene = await makeScene(join(folder.path, way));
      const { store, vault } = scene;
      const [file = ''] = keysOf(store, 'index/');
      if (way === 'delete') await store.delete(file);
      else if (way === 'flip') await flip(store, file, 60);
      else await store.put(file, Buffer.alloc(0));
      assert.notDeepEqual(await errorsOf(store), []);
      const preview = await repairsOf(vault).previewIndex();
      assert.equal(preview.addedPacks.length, keysOf(store, 'data/').length);
      assert.equal(preview.damagedIndexFiles.length, way === 'delete' ? 0 : 1);
      const before = keysOf(store, '');
      assert.deepEqual(before, keysOf(store, ''), 'a preview changes nothing');
      await repairsOf(vault).applyIndex(preview);
      assert.deepEqual(await errorsOf(store), []);
      await restoresWhole(scene);
    }
  });

  it('drops what is gone, keeps one of two entries, and leaves good files alone', async () => {
    using folder = temporaryFolder();
    const scene = await makeScene(folder.path);
    const { store, vault } = scene;
    const [good = ''] = keysOf(store, 'index/');
    writeFileSync(join(scene.folder, 'more'), seededRandom(8).bytes(150_000));
    await backUp(vault, scene.folder);
    const second = keysOf(store, 'index/').find((key) => key !== good) ?? '';
    const packs = keysOf(store, 'data/');
    // one damaged file: its packs are added anew
    await flip(store, second, 50);
    await repairsOf(vault).applyIndex(await repairsOf(vault).previewIndex());
    assert.deepEqual(await errorsOf(store), []);
    assert.ok(keysOf(store, 'index/').includes(good));
    // and what is gone is dropped
    await store.delete(packs[0] ?? '');
    const preview = await repairsOf(vault).previewIndex();
    assert.deepEqual(preview.missingPacks, [packs[0]?.slice(-64)]);
    await repairsOf(vault).applyIndex(preview);
    assert.deepEqual((await repairsOf(vault).previewIndex()).missingPacks, []);
  });

  it('keeps what the index says of a pack whose header cannot be read', async () => {
    using folder = temporaryFolder();
    const scene = await makeScene(folder.path);
    const { data } = await packsOf(scene);
    const bytes = scene.store.objects.get(data) ?? Buffer.alloc(0);
    await scene.store.put(data, bytes.subarray(0, bytes.length - 9));
    const preview = await repairsOf(scene.vault).previewIndex();
    assert.deepEqual([preview.unreadablePacks, preview.removesIndexFiles], [[data.slice(-64)], []]);
  });

  it('is not applied to a repository that changed since', async () => {
    using folder = temporaryFolder();
    const { store, vault, folder: source } = await makeScene(folder.path);
    const preview = await repairsOf(vault).previewIndex();
    writeFileSync(join(source, 'another'), 'x');
    await backUp(vault, source);
    const before = keysOf(store, '');
    await assert.rejects(repairsOf(vault).applyIndex(preview), { code: 'VAULT_LOCKED', retryable: true });
    assert.deepEqual(keysOf(store, ''), before);
  });
});

describe('repair of packs and snapshots', () => {
  it('saves every blob that can be read and names those that are lost', async () => {
    using folder = temporaryFolder();
    const scene = await makeScene(folder.path);
    const { store, vault } = scene;
    const { data } = await packsOf(scene);
    await flip(store, data, 20);
    const preview = await repairsOf(vault).previewPacks([data.slice(-64)]);
    const [pack] = preview.packs;
    assert.ok(pack);
    assert.equal(pack.lost.length, 1);
    assert.equal(pack.readable, pack.blobs - 1);
    const { blobsMended } = await repairsOf(vault).applyPacks(preview);
    assert.equal(blobsMended, pack.readable);
    assert.ok(!keysOf(store, 'data/').includes(data));
    const errors = await errorsOf(store);
    assert.ok(
      errors.length > 0 && errors.every((line) => line.includes(pack.lost[0]?.id ?? '?')),
      String(errors),
    );
    const snapshots = await repairsOf(vault).previewSnapshots();
    assert.deepEqual(
      snapshots.changes.map(({ becomes, files }) => [becomes, files.length]),
      [['rewrite', 1]],
    );
    const [change] = await repairsOf(vault).applySnapshots(snapshots, { forget: true });
    assert.deepEqual(await errorsOf(store), []);
    using target = temporaryFolder();
    await using opened = await openVault(store, options);
    const mended = await opened.snapshot(change?.newId ?? '');
    assert.equal(mended.original, scene.snapshotId);
    await restoreTo(opened, mended, target.path);
    const differences = compareTrees(scene.folder, join(target.path, scene.folder), { ignore: ['mtime'] });
    assert.deepEqual(differences.length, 1, String(differences));
    assert.match(differences[0] ?? '', /is missing/);
  });

  it('puts an empty folder where a listing is lost, and gives up a snapshot without a root', async () => {
    using folder = temporaryFolder();
    const scene = await makeScene(folder.path);
    const { store, vault } = scene;
    const { tree } = await packsOf(scene);
    await store.delete(tree);
    const preview = await repairsOf(vault).previewSnapshots();
    assert.deepEqual(
      preview.changes.map(({ becomes }) => becomes),
      ['remove'],
    );
    await repairsOf(vault).applySnapshots(preview, { forget: false });
    assert.deepEqual(keysOf(store, 'snapshots/'), []);
  });
});

describe('recovery of folders', () => {
  it('makes a snapshot of what no snapshot leads to', async () => {
    using folder = temporaryFolder();
    const scene = await makeScene(folder.path);
    const { store, vault, snapshotId } = scene;
    const { tree } = await vault.snapshot(snapshotId);
    assert.deepEqual((await repairsOf(vault).previewRecover()).trees, []);
    await store.delete(`snapshots/${snapshotId}`);
    const preview = await repairsOf(vault).previewRecover();
    assert.deepEqual(preview.trees, [tree]);
    const made = await repairsOf(vault).applyRecover(preview);
    assert.deepEqual([made.paths, made.tags], [['/recover'], ['recovered']]);
    using target = temporaryFolder();
    await restoreTo(vault, made, target.path);
    assert.deepEqual(compareTrees(scene.folder, join(target.path, tree.slice(0, 8), scene.folder)), []);
    await assert.rejects(repairsOf(vault).applyRecover(await repairsOf(vault).previewRecover()), {
      code: 'SNAPSHOT_NOT_FOUND',
    });
  });
});
