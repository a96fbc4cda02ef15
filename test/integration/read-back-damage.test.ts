/** Reading a point back never says of damaged data that they are right. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBackSnapshot } from '../../src/backup/read-back-snapshot.ts';
import { damagedObjects } from '../../src/evidence/damaged-objects.ts';
import { recordTimes } from '../../src/evidence/record-common.ts';
import { sharedFields } from '../../src/evidence/run-context.ts';
import { type MemoryStore, openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { initVault } from '../../src/vault/open-vault.ts';
import { loadReadPacks, saveReadPacks } from '../../src/vault/read-packs.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { testPassword } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testRun, tickingClock } from '../support/test-run.ts';
import { backUp, quickKdf, quickLocks, restoreTo } from '../support/vault.ts';

const nowMs = tickingClock();
const run = testRun(nowMs);
const random = seededRandom(23);
const points = 6;
/** Of about 12 packs that were read before, three are drawn each time. */
const readingsMax = 200;
/** That three of twelve hold the damaged one every time by chance: once in ten million. */
const rounds = 12;

interface Scene extends AsyncDisposable {
  readonly vault: Vault;
  readonly store: MemoryStore;
  /** Oldest first; each needs what those before it need, but for the folders. */
  readonly ids: readonly string[];
  /** Key of the pack with the file of the second point, which the first one does not need. */
  readonly pack: string;
  readonly read: (id: string) => ReturnType<typeof readBackSnapshot>;
  readonly newest: string;
}

/** All points were read back, and one pack went bad afterwards. */
async function scene(folder: string): Promise<Scene> {
  const store = openMemoryStore();
  const vault = await initVault({
    ...{ store, password: testPassword, nowMs, lockTiming: quickLocks, workers: 1 },
    ...{ role: 'primary' as const, kdf: quickKdf },
    ...{ stateFolder: join(folder, 'state'), cacheDirectory: join(folder, 'cache') },
  });
  const request = { run, vault, cacheDirectory: join(folder, 'read') };
  const read = (id: string) => readBackSnapshot(request, id);
  const files = join(folder, 'files');
  mkdirSync(files);
  const ids: string[] = [];
  let pack = '';
  for (let point = 0; point < points; point++) {
    writeFileSync(join(files, `file-${point}`), random.bytes(20_000));
    const before = new Set(store.objects.keys());
    ids.push((await backUp(vault.repository, files)).snapshot.id);
    assert.equal((await read(ids[point] ?? '')).error, undefined);
    const added = [...store.objects].filter(([key]) => key.startsWith('data/') && !before.has(key));
    if (point === 1) pack = added.toSorted((a, b) => b[1].length - a[1].length)[0]?.[0] ?? '';
  }
  const bytes = await store.get(pack);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await store.put(pack, bytes);
  const newest = ids.at(-1) ?? '';
  return { vault, store, ids, pack, read, newest, [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose]() };
}

test('when a sample finds a damaged pack, every point that needs it is named, and none of them called right', async () => {
  using folder = temporaryFolder();
  await using made = await scene(folder.path);
  for (let reading = 0; reading < readingsMax; reading++) {
    const { record, error } = await made.read(made.newest);
    if (error === undefined) continue;
    assert.equal(error.code, 'VAULT_DAMAGED');
    const [first = '', ...others] = made.ids;
    assert.equal(record.verdict, 'fail');
    assert.deepEqual([...record.damagedSnapshotIds].sort(), others.toSorted());
    assert.deepEqual(record.snapshotIds, [first]);
    assert.deepEqual(record.damagedObjects, [made.pack]);
    return;
  }
  assert.fail('no sample has drawn the damaged pack');
});

test('damage that cannot be followed to the other points puts all in doubt', async () => {
  using folder = temporaryFolder();
  await using made = await scene(folder.path);
  // as on a machine that has read nothing before
  await saveReadPacks(join(folder.path, 'read'), made.vault.id, new Map());
  const [last = ''] = [...made.store.objects.keys()].filter((key) => key.startsWith('index/'));
  const failing: Vault = {
    ...made.vault,
    repository: {
      ...made.vault.repository,
      snapshotIds: async () => {
        await made.store.put(last, Buffer.from('garbage'));
        return await made.vault.repository.snapshotIds();
      },
    },
  };
  const { record } = await readBackSnapshot(
    { run, vault: failing, cacheDirectory: join(folder.path, 'read') },
    made.newest,
  );
  assert.deepEqual([record.verdict, record.snapshotIds, record.damagedSnapshotIds], ['fail', [], []]);
  assert.deepEqual(record.damagedObjects, [made.pack]);
});

for (const isNamed of [true, false])
  test(`a new point is not read back past damage that a restore ${isNamed ? 'has named' : 'met'}`, async () => {
    using folder = temporaryFolder();
    await using made = await scene(folder.path);
    const [, snapshotId = ''] = made.ids;
    const startMs = nowMs();
    const report = await restoreTo(made.vault.repository, snapshotId, join(folder.path, 'restored'));
    assert.deepEqual(report.damagedObjects, [made.pack]);
    await made.vault.append({
      ...{ type: 'restore', ...sharedFields(run, made.vault.id), ...recordTimes(startMs, nowMs()) },
      ...{ verdict: 'incomplete', snapshotId, destination: 'folder', restoreMs: 1, files: 1, bytes: 1 },
      foundDamage: true,
      ...(isNamed ? damagedObjects(report.damagedObjects.map((object) => ({ object }))) : {}),
    });
    const cacheDirectory = join(folder.path, 'read');
    const readWell = loadReadPacks(cacheDirectory, made.vault.id, nowMs());
    for (let round = 0; round < rounds; round++) {
      // each reading would otherwise know what the one before it found
      await saveReadPacks(cacheDirectory, made.vault.id, new Map(readWell));
      const { record, error } = await made.read(made.newest);
      assert.equal(error?.code, 'VAULT_DAMAGED');
      assert.deepEqual(record.damagedObjects, [made.pack]);
      assert.deepEqual(record.snapshotIds, made.ids.slice(0, 1));
    }
  });
