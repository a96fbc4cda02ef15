/** What keeps a vault's objects from being deleted, seen and extended: on the memory store, whose clock a test moves. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { Repository } from '../../src/repository/repository-types.ts';
import { auditObjects } from '../../src/vault/audit-objects.ts';
import { replacedObjects } from '../../src/vault/audit-versions.ts';
import { tryDeleting, tryDeletingProbe } from '../../src/vault/try-deleting.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault } from '../support/vault.ts';

const dayMs = 86_400_000;

async function scene(folder: string) {
  const store = openMemoryStore([], { versioned: true, locked: true });
  const repository = await makeVault(store);
  mkdirSync(join(folder, 'a'));
  mkdirSync(join(folder, 'b'));
  writeFileSync(join(folder, 'a', 'one'), 'only in a');
  writeFileSync(join(folder, 'b', 'two'), 'only in b');
  const a = (await backUp(repository, join(folder, 'a'))).snapshot.id;
  const b = (await backUp(repository, join(folder, 'b'))).snapshot.id;
  return { store, repository, a, b };
}

async function neededBy(repository: Repository, ids: Readonly<Record<string, string>>) {
  const groups = Object.entries(ids).map(([group, id]) => ({ group, snapshotIds: [id] }));
  return (await repository.neededObjects(groups)).objects;
}

test('what a group needs is exactly what it cannot be restored without', async () => {
  using folder = temporaryFolder();
  const { store, repository, a, b } = await scene(folder.path);
  const all = await neededBy(repository, { a, b });
  const inStore = [...store.objects.keys()].filter((key) => !/^(locks|lifeboat)\//.test(key)).sort();
  assert.deepEqual(
    all.map(({ key }) => key),
    inStore,
  );
  const only = await neededBy(repository, { a });
  const shared = all.filter(({ groups }) => groups.length === 2).map(({ key }) => key.split('/')[0]);
  assert.deepEqual(shared.sort(), ['config', 'keys']);
  assert.deepEqual(
    only.map(({ key }) => key),
    all.filter(({ groups }) => groups.includes('a')).map(({ key }) => key),
  );
  assert.deepEqual(await repository.neededObjects([{ group: 'none', snapshotIds: [] }]), {
    objects: [],
    replaceable: [],
  });
});

test('one object without a date takes the date away from the whole, and from its group alone', async () => {
  using folder = temporaryFolder();
  const { store, repository, a, b } = await scene(folder.path);
  const needed = await neededBy(repository, { a, b });
  const nowMs = Date.now();
  const untilMs = Math.ceil(nowMs / 1000) * 1000 + dayMs;
  const free = await auditObjects(store, needed, { nowMs });
  assert.equal(free.untilMs, undefined);
  assert.equal(free.unkept.length, needed.length);
  const own = needed.find(({ groups }) => groups.join() === 'b');
  assert.ok(own && store.abilities.retention);
  for (const { key } of needed) if (key !== own.key) await store.abilities.retention.retain(key, untilMs);
  await store.abilities.retention.setLegalHold(own.key, true);
  const part = await auditObjects(store, needed, { nowMs });
  assert.deepEqual(part.unkept, [own.key], 'a hold without a date is none');
  assert.equal(part.untilMs, undefined);
  assert.deepEqual(part.groups.map(({ group, untilMs: until }) => [group, until]).sort(), [
    ['a', untilMs],
    ['b', undefined],
  ]);
});

test('an extension retains only what is near its end, and asks again what the store made of it', async () => {
  using folder = temporaryFolder();
  const { store, repository, a, b } = await scene(folder.path);
  const needed = await neededBy(repository, { a, b });
  const nowMs = Math.ceil(Date.now() / 1000) * 1000;
  const extend = { untilMs: nowMs + 4 * dayMs, nearerThanMs: nowMs + 2 * dayMs };
  const [first, second] = needed;
  assert.ok(first && second);
  await store.abilities.retention?.retain(first.key, nowMs + 3 * dayMs);
  await store.abilities.retention?.retain(second.key, nowMs + dayMs);
  const made = await auditObjects(store, needed, { nowMs, extend });
  assert.equal(made.extended, needed.length - 1);
  assert.equal(made.untilMs, nowMs + 3 * dayMs);
  const again = await auditObjects(store, needed, { nowMs, extend });
  assert.equal(again.extended, 0);
  const short = {
    ...store,
    abilities: {
      retention: {
        ...store.abilities.retention,
        retain: async () => undefined,
        retentionOf: async () => ({ legalHold: false }),
        setLegalHold: async () => undefined,
      },
    },
  };
  const believed = await auditObjects(short, needed, { nowMs, extend });
  assert.equal(believed.unkept.length, needed.length, 'a store that only says yes is not believed');
});

test('another content over what is needed is found, the same content again is not', async () => {
  using folder = temporaryFolder();
  const { store, repository, a, b } = await scene(folder.path);
  const needed = await neededBy(repository, { a, b });
  assert.deepEqual(await replacedObjects(store, repository, needed), []);
  for (const { key } of needed) await store.put(key, await store.get(key));
  assert.deepEqual(await replacedObjects(store, repository, needed), []);
  const victims = needed.filter(({ key }) => /^(config|keys|data)/.test(key)).map(({ key }) => key);
  for (const key of victims) {
    const bytes = await store.get(key);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await store.put(key, bytes);
  }
  assert.deepEqual([...(await replacedObjects(store, repository, needed))].sort(), victims.sort());
});

test('deleting for good is tried and refused; where it is not refused, it is told what is gone', async () => {
  using folder = temporaryFolder();
  const { store, repository, a, b } = await scene(folder.path);
  const keys = (await neededBy(repository, { a, b })).map(({ key }) => key);
  assert.deepEqual(await tryDeletingProbe(store, Date.now()), { tried: 1, refused: 1, deleted: [] });
  const [kept, lost] = keys;
  assert.ok(kept && lost);
  await store.abilities.retention?.retain(kept, Date.now() + dayMs);
  assert.deepEqual(await tryDeleting(store, [kept, lost]), { tried: 2, refused: 1, deleted: [lost] });
  await assert.rejects(store.stat(lost), { code: 'OBJECT_MISSING' });
  assert.ok((await store.stat(kept)).size > 0);
});
