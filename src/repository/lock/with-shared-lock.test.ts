import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { newMasterKey } from '../../seal/key-file.ts';
import { newRequestKey, writeRequest } from '../prune/sweep-request.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { thisProcess } from './lock-owner.ts';
import { withLock } from './with-lock.ts';
import { withSharedLock } from './with-shared-lock.ts';

const timing = { settleMs: 0, refreshMs: 60_000, expiryMs: 90_000, yieldPollMs: 8 };
const owner = thisProcess();
const shared = { owner, timing, exclusive: false } as const;
const exclusive = { owner, timing, exclusive: true } as const;

function emptyVault() {
  const store = openMemoryStore();
  const access: RepositoryAccess = { store, key: newMasterKey(), version: 2 };
  return { store, access };
}

test('who wants to read waits for a sweep of ours that holds the vault', async () => {
  const { store, access } = emptyVault();
  const request = newRequestKey();
  await writeRequest(access, request, owner, []);
  const order: string[] = [];
  const looked = Promise.withResolvers<void>();
  let lists = 0;
  const watched: RepositoryAccess = {
    ...access,
    store: {
      ...store,
      list(prefix, signal) {
        if (prefix.includes('request') && ++lists === 3) looked.resolve();
        return store.list(prefix, signal);
      },
    },
  };
  const started = Promise.withResolvers<void>();
  const sweep = withLock(access, exclusive, async () => {
    started.resolve();
    await looked.promise;
    order.push('swept');
  }).then(() => store.delete(request));
  await started.promise;
  await withSharedLock(watched, shared, async () => void order.push('read'));
  await sweep;
  assert.deepEqual(order, ['swept', 'read']);
});

test('an exclusive lock without a request is refused at once', async () => {
  const { access } = emptyVault();
  await withLock(access, exclusive, async () => {
    await assert.rejects(
      withSharedLock(access, shared, async () => undefined),
      { code: 'VAULT_LOCKED' },
    );
  });
});

test('work that fails for a lock of its own is not begun twice', async () => {
  const { access } = emptyVault();
  await writeRequest(access, newRequestKey(), owner, []);
  let begun = 0;
  await assert.rejects(
    withSharedLock(access, shared, async () => {
      begun += 1;
      await withLock(access, exclusive, async () => undefined);
    }),
    { code: 'VAULT_LOCKED' },
  );
  assert.equal(begun, 1);
});
