/** A preview of a prune says what an archive class is billed for although it is deleted. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault } from '../support/vault.ts';

const dayMs = 86_400_000;

test('packs of a class with a minimum count until it is over, folders and index never', async () => {
  const writtenMs = Date.UTC(2026, 0, 1);
  await using store = openMemoryStore([], { classes: true, nowMs: () => writtenMs });
  using folder = temporaryFolder();
  const file = join(folder.path, 'a');
  await using repository = await makeVault(store, {
    dataPackClass: 'GLACIER',
    packBytesTarget: 64 * 1024,
  });
  fs.writeFileSync(file, seededRandom(7).bytes(300_000));
  await backUp(repository, folder.path);
  fs.writeFileSync(file, seededRandom(8).bytes(300_000));
  await backUp(repository, folder.path);
  const [old] = await repository.snapshots();
  assert.ok(old);
  await repository.forget([old.id]);
  const preview = async (days: number, graceMs: number) =>
    await repository.previewPrune({
      graceMs,
      nowMs: writtenMs + days * dayMs,
      signal: new AbortController().signal,
    });
  const { packs, early } = await preview(10, dayMs);
  const cold = packs.filter(({ kind }) => kind === 'unused');
  const [only, ...others] = early;
  assert.ok(only);
  assert.deepEqual(others, []);
  assert.deepEqual([only.storageClass, only.minimumDays], ['GLACIER', 90]);
  assert.ok(only.packs > 0 && only.packs <= cold.length);
  assert.ok(only.bytes >= 300_000 && only.bytes < 400_000, `${only.bytes}`);
  assert.equal(Math.round(only.byteDays / only.bytes), 79, 'eleven days of ninety are over when they go');
  assert.deepEqual((await preview(10, 80 * dayMs)).early, [], 'the grace is long enough');
  assert.deepEqual((await preview(90, 0)).early, []);
});
