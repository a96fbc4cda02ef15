import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault, quickLocks } from '../../../test/support/vault.ts';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';

const lockTiming = { ...quickLocks, yieldPollMs: 20 };

test('forgetting takes the snapshots named and nothing else, and no lock or request stays', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'file'), 'one');
  const store = openMemoryStore();
  await using vault = await makeVault(store, { lockTiming, workers: 1 });
  const first = await backUp(vault, folder.path);
  writeFileSync(join(folder.path, 'file'), 'two');
  const second = await backUp(vault, folder.path);
  const before = [...store.objects.keys()];
  await vault.forget([first.snapshot.id, 'f'.repeat(64)]);
  assert.deepEqual(await vault.snapshotIds(), [second.snapshot.id]);
  const gone = before.filter((key) => !store.objects.has(key));
  assert.deepEqual(gone, [`snapshots/${first.snapshot.id}`]);
  assert.equal(store.objects.size, before.length - 1);
});

test('while somebody reads or writes, nothing is forgotten', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'file'), 'one');
  const store = openMemoryStore();
  await using vault = await makeVault(store, { lockTiming, workers: 1 });
  const { snapshot } = await backUp(vault, folder.path);
  await using other = await openVault(store, { lockTiming, workers: 1 });
  const { withLock } = await import('../lock/with-lock.ts');
  const { lockOptions, sessionOf } = await import('../session.ts');
  const session = sessionOf(other);
  await withLock(session.access, lockOptions(session, false, undefined), async () => {
    await assert.rejects(vault.forget([snapshot.id]), { code: 'VAULT_LOCKED', retryable: true });
  });
  assert.deepEqual(await vault.snapshotIds(), [snapshot.id]);
  assert.deepEqual(await Array.fromAsync(store.list('lifeboat/prune/')), []);
});
