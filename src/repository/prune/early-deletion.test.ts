import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { earlyDeletions } from './early-deletion.ts';

const dayMs = 86_400_000;
const writtenMs = Date.UTC(2026, 0, 1);

async function storeWith(classes: Readonly<Record<string, string>>) {
  const store = openMemoryStore([], { classes: true, nowMs: () => writtenMs });
  for (const [key, name] of Object.entries(classes))
    await store.abilities.storageClasses?.putInto(name, key, Buffer.alloc(100));
  return store;
}

test('what goes before its minimum is told by class, with what is left of it', async () => {
  await using store = await storeWith({ 'data/a': 'GLACIER', 'data/b': 'GLACIER', 'data/c': 'STANDARD' });
  const leaving = [
    { key: 'data/a', atMs: writtenMs + 89 * dayMs },
    { key: 'data/b', atMs: writtenMs + 30 * dayMs },
    { key: 'data/c', atMs: writtenMs },
    { key: 'data/gone', atMs: writtenMs },
  ];
  assert.deepEqual(await earlyDeletions(store, leaving), [
    { storageClass: 'GLACIER', minimumDays: 90, packs: 2, bytes: 200, byteDays: 100 + 60 * 100 },
  ]);
});

test('what goes on the day of its minimum costs nothing more', async () => {
  await using store = await storeWith({ 'data/a': 'GLACIER' });
  assert.deepEqual(await earlyDeletions(store, [{ key: 'data/a', atMs: writtenMs + 90 * dayMs }]), []);
});

test('a store without classes, or that tells no time, is not guessed at', async () => {
  await using plain = openMemoryStore();
  await plain.put('data/a', Buffer.alloc(1));
  assert.deepEqual(await earlyDeletions(plain, [{ key: 'data/a', atMs: 0 }]), []);
  await using timeless = openMemoryStore([], { classes: true });
  await timeless.abilities.storageClasses?.putInto('GLACIER', 'data/a', Buffer.alloc(1));
  assert.deepEqual(await earlyDeletions(timeless, [{ key: 'data/a', atMs: 0 }]), []);
});
