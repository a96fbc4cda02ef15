import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault, quickLocks } from '../../../test/support/vault.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { withFaults } from '../../object-store/fault.ts';
import { type MemoryStore, openMemoryStore } from '../../object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { Repository } from '../repository-types.ts';
import { sessionOf } from '../session.ts';
import { loadPlaces } from './places.ts';
import { loadMarks } from './prune-marks.ts';
import { filesToReplace } from './replace-index.ts';

const options = {
  lockTiming: { ...quickLocks, yieldPollMs: 10 },
  workers: 1,
  packBytesTarget: 100 * 1024,
};
const dayMs = 24 * 60 * 60 * 1000;

/** Two snapshots of a changed tree, the first forgotten. */
async function withGarbage(): Promise<MemoryStore> {
  using folder = temporaryFolder();
  const random = seededRandom(3);
  mkdirSync(join(folder.path, 'sub'));
  const write = (file: number) => writeFileSync(join(folder.path, 'sub', `${file}`), random.bytes(60_000));
  for (let file = 0; file < 6; file++) write(file);
  const store = openMemoryStore();
  await using vault = await makeVault(store, options);
  const first = await backUp(vault, folder.path);
  for (let file = 0; file < 6; file += 2) write(file);
  await backUp(vault, folder.path);
  await vault.forget([first.snapshot.id]);
  return store;
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);
}

async function refuses(store: MemoryStore, vault: Repository, code: string): Promise<void> {
  const before = new Map(store.objects);
  await assert.rejects(vault.prune({ graceMs: 0 }), { code });
  assert.deepEqual([...store.objects.keys()], [...before.keys()]);
}

test('a damaged index file, a damaged snapshot, and a snapshot that needs what is gone are refused, and nothing changes', async () => {
  const whole = await withGarbage();
  for (const [prefix, damage, code] of [
    ['index/', 'flip', 'OBJECT_DAMAGED'],
    ['snapshots/', 'flip', 'OBJECT_DAMAGED'],
    ['index/', 'delete', 'VAULT_DAMAGED'],
  ] as const) {
    const store = openMemoryStore(whole.objects);
    for (const key of await keysOf(store, prefix)) {
      const bytes = await store.get(key);
      bytes[5] = (bytes[5] ?? 0) ^ 1;
      if (damage === 'flip') await store.put(key, bytes);
      else await store.delete(key);
    }
    await using vault = await openVault(store, options);
    await refuses(store, vault, code);
  }
});

test('a pack that is needed and gone, or cut short, is refused', async () => {
  const whole = await withGarbage();
  const codes = new Set<string>();
  for (const key of await keysOf(whole, 'data/')) {
    const store = openMemoryStore(whole.objects);
    await store.delete(key);
    await using vault = await openVault(store, options);
    const ended = await vault.prune({ graceMs: 0 }).then(
      () => 'pruned',
      (error: unknown) => (error instanceof LifeboatError ? error.code : 'other'),
    );
    codes.add(ended);
    if (ended === 'pruned') assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
    await store.put(key, (await whole.get(key)).subarray(0, 100));
    if (ended !== 'pruned') await refuses(store, vault, 'VAULT_DAMAGED');
  }
  assert.ok(codes.has('pruned') && codes.has('VAULT_DAMAGED'), [...codes].join());
  assert.ok(!codes.has('other'));
});

test('where only adding is allowed, prune and forget say so and write nothing', async () => {
  const store = await withGarbage();
  const { appendOnly } = await import('../../object-store/append-only.ts');
  await using vault = await openVault(appendOnly(store), options);
  await refuses(store, vault, 'STORE_APPEND_ONLY');
  const [id = ''] = await vault.snapshotIds();
  const before = [...store.objects.keys()];
  await assert.rejects(vault.forget([id]), { code: 'STORE_APPEND_ONLY' });
  assert.deepEqual([...store.objects.keys()], before);
});

test('what the store retains stays pending with its date, does not fail the run, and goes when the date has come', async () => {
  const store = await withGarbage();
  const untilMs = Date.now() + 10 * dayMs;
  const retained: ObjectStore = {
    ...store,
    abilities: {
      ...store.abilities,
      retention: {
        retain: async () => undefined,
        setLegalHold: async () => undefined,
        retentionOf: async (key) =>
          key.startsWith('data/') ? { untilMs, legalHold: false } : { legalHold: false },
      },
    },
  };
  await using vault = await openVault(retained, options);
  const packs = await keysOf(store, 'data/');
  const kept = await vault.prune({ graceMs: 0 });
  assert.equal(kept.reclaimed.packs, 0);
  assert.ok(kept.pending.packs > 0);
  assert.equal(kept.removableAtMs, untilMs);
  assert.deepEqual(await keysOf(store, 'data/'), packs);
  const preview = await vault.previewPrune({ graceMs: 0 });
  assert.ok(
    preview.packs.every(({ state, removableAtMs }) => state === 'pending' && removableAtMs === untilMs),
  );
  await using free = await openVault(store, options);
  const swept = await free.prune({ graceMs: 0, nowMs: untilMs + 1 });
  assert.ok(swept.reclaimed.packs >= kept.pending.packs);
  assert.equal(swept.pending.packs, 0);
});

test('a delete that the store refuses leaves the pack to a later run, and nothing that is needed names it', async () => {
  const store = await withGarbage();
  let refusals = 0;
  const stubborn: ObjectStore = {
    ...store,
    async delete(key, signal) {
      if (key.startsWith('data/')) {
        refusals++;
        throw new LifeboatError('OBJECT_RETAINED', 'kept');
      }
      await store.delete(key, signal);
    },
  };
  await using vault = await openVault(stubborn, options);
  const report = await vault.prune({ graceMs: 0 });
  assert.ok(refusals > 0);
  assert.equal(report.retained, refusals);
  assert.equal(report.pending.packs, refusals);
  await using free = await openVault(store, options);
  assert.deepEqual((await free.check({ readData: 'all' })).errors, []);
  const later = await free.prune({ graceMs: 0 });
  assert.equal(later.reclaimed.packs, refusals);
  assert.deepEqual(await keysOf(store, 'lifeboat/prune/'), []);
  assert.deepEqual((await free.check({ readData: 'all' })).hints, []);
});

test('within the grace nothing goes; a preview says what and when, and writes nothing', async () => {
  const store = await withGarbage();
  await using vault = await openVault(store, options);
  const nowMs = Date.now();
  const keys = [...store.objects.keys()];
  const preview = await vault.previewPrune({ graceMs: dayMs, nowMs });
  assert.deepEqual([...store.objects.keys()], keys);
  assert.ok(preview.packs.length > 0);
  assert.ok(
    preview.packs.every(({ state, removableAtMs }) => state === 'new' && removableAtMs === nowMs + dayMs),
  );
  const marked = await vault.prune({ graceMs: dayMs, nowMs });
  assert.equal(marked.marked.packs, preview.packs.length);
  assert.equal(marked.reclaimed.packs, 0);
  assert.equal(marked.removableAtMs, nowMs + dayMs);
  const twice = await vault.prune({ graceMs: dayMs, nowMs: nowMs + dayMs - 1 });
  assert.deepEqual([twice.marked.packs, twice.reclaimed.packs], [0, 0]);
  assert.equal((await loadMarks(sessionOf(vault).access)).length, 1);
  const due = await vault.previewPrune({ graceMs: dayMs, nowMs: nowMs + dayMs });
  assert.ok(due.packs.every(({ state }) => state === 'due'));
  const swept = await vault.prune({ graceMs: dayMs, nowMs: nowMs + dayMs });
  assert.equal(swept.reclaimed.packs, marked.marked.packs);
});

test('what a backup uses again after the mark stays', async () => {
  using folder = temporaryFolder();
  const random = seededRandom(5);
  const store = openMemoryStore();
  await using vault = await makeVault(store, options);
  for (let file = 0; file < 4; file++) writeFileSync(join(folder.path, `${file}`), random.bytes(90_000));
  const { snapshot } = await backUp(vault, folder.path);
  const old = new Map(store.objects);
  await vault.forget([snapshot.id]);
  await vault.prune({ graceMs: dayMs });
  // as a client that knows no marks: the snapshot is back, with all it needs in marked packs
  const key = `snapshots/${snapshot.id}`;
  await store.put(key, old.get(key) ?? Buffer.alloc(0));
  const report = await vault.prune({ graceMs: 0 });
  assert.ok(report.neededAgain > 0);
  assert.equal(report.reclaimed.packs, 0);
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
});

test('index files that the store keeps stay, and packs that they do not name go all the same', async () => {
  const unlocked = await withGarbage();
  let reclaimed = 0;
  for (const kept of await keysOf(unlocked, 'index/')) {
    const store = openMemoryStore(unlocked.objects, { locked: true });
    await using vault = await openVault(store, options);
    await store.abilities.retention?.retain(kept, Date.now() + 30 * dayMs);
    for (let round = 0; round < 3; round++) {
      const report = await vault.prune({ graceMs: 0 });
      reclaimed += report.reclaimed.packs;
      const files = await keysOf(store, 'index/');
      assert.ok(files.includes(kept));
      assert.ok(files.length <= 2, 'no attempt leaves more than the one before');
    }
    assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
  }
  assert.ok(reclaimed > 0);
});

test('whichever index file a prune that broke off left behind, the next one leaves no pack named twice', async () => {
  const whole = await withGarbage();
  let replaced = 0;
  for (const key of await keysOf(whole, 'index/')) {
    const store = openMemoryStore(whole.objects);
    const failing = withFaults(store, [{ kind: 'fail', operation: 'delete', keyPrefix: key, nth: 1 }]);
    await using first = await openVault(failing, options);
    await assert.rejects(first.prune({ graceMs: 0 }), { code: 'STORE_UNAVAILABLE' });
    assert.ok((await keysOf(store, 'index/')).includes(key));
    const places = await loadPlaces(sessionOf(first).access);
    const nothing = { removed: new Set<number>(), added: [] };
    const old = places.files.map(({ id }) => id).filter((id) => whole.objects.has(`index/${id}`));
    replaced += filesToReplace(places, nothing, new Set()).size;
    assert.deepEqual(filesToReplace(places, nothing, new Set(old)), new Set(), 'kept, it changes nothing');
    await using vault = await openVault(store, options);
    const between = await vault.check({ readData: 'all' });
    assert.deepEqual(between.errors, []);
    await vault.prune({ graceMs: 0 });
    const { errors, hints } = await vault.check({ readData: 'all' });
    assert.deepEqual([errors, hints], [[], []]);
  }
  assert.ok(replaced > 0);
});
