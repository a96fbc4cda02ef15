import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { StoreProbe } from '../evidence/vault-records.ts';
import { withFaults } from '../object-store/fault.ts';
import { openLocalStore } from '../object-store/local/local-store.ts';
import { type MemoryStoreOptions, openMemoryStore } from '../object-store/memory/memory-store.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { proveStore, verdictOf } from './prove-store.ts';
import { type ProveStoreOptions, probePrefix } from './proving.ts';

const startMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;

async function prove(store: ObjectStore, options: Partial<ProveStoreOptions> = {}) {
  return await proveStore(store, {
    appendOnly: false,
    wantsRetention: false,
    nowMs: () => startMs,
    sleep: async () => undefined,
    ...options,
  });
}

function memory(options: MemoryStoreOptions = {}) {
  return openMemoryStore([], { nowMs: () => startMs, ...options });
}

function verdicts(probes: readonly StoreProbe[]): Record<string, StoreProbe['verdict']> {
  return Object.fromEntries(probes.map(({ name, verdict }) => [name, verdict]));
}

function named(probes: readonly StoreProbe[], name: string): StoreProbe {
  const found = probes.find((each) => each.name === name);
  assert.ok(found, name);
  return found;
}

const allPass = {
  write: 'pass',
  read: 'pass',
  list: 'pass',
  'create-only': 'pass',
  clock: 'pass',
  delete: 'pass',
};

async function denied(): Promise<never> {
  throw new LifeboatError('STORE_DENIED', 'access denied');
}

test('a folder passes, and nothing is left in it', async () => {
  using folder = temporaryFolder();
  const store = openLocalStore(folder.path);
  const probes = await prove(store, { nowMs: () => Date.now() });
  assert.deepEqual(verdicts(probes), allPass);
  assert.equal(verdictOf(probes), 'pass');
  assert.deepEqual(await Array.fromAsync(store.list('')), []);
});

test('a store with all abilities passes, retention with it', async () => {
  const store = memory({ versioned: true, locked: true, classes: true });
  const probes = await prove(store, { wantsRetention: true });
  assert.deepEqual(verdicts(probes), { ...allPass, retention: 'pass' });
});

test('what the store does not have is said, and is a failure where the plan wants it', async () => {
  const probes = await prove(openMemoryStore([], { createOnly: false }));
  assert.deepEqual(verdicts(probes), { ...allPass, 'create-only': 'not-offered', clock: 'not-offered' });
  assert.equal(verdictOf(probes), 'pass');
  assert.equal(named(await prove(memory(), { wantsRetention: true }), 'retention').verdict, 'fail');
  const unable = await prove(memory({ createOnly: false }), { appendOnly: true });
  assert.equal(named(unable, 'create-only').verdict, 'fail');
});

test('a store that gives other bytes than were written fails', async () => {
  const probes = await prove(withFaults(memory(), [{ kind: 'flip-bit', nth: 1, bit: 77 }]));
  assert.deepEqual(verdicts(probes), { ...allPass, read: 'fail' });
  assert.equal(verdictOf(probes), 'fail');
});

test('lists that show new objects late or never fail', async () => {
  const inner = memory();
  for (const [lateLists, message] of [
    [3, /only after/],
    [1000, /did not show/],
  ] as const) {
    let lists = 0;
    const late: ObjectStore = {
      ...inner,
      async *list(prefix) {
        lists += 1;
        if (lists > lateLists) yield* inner.list(prefix);
      },
    };
    const { verdict, message: said } = named(await prove(late), 'list');
    assert.equal(verdict, 'fail');
    assert.match(said ?? '', message);
  }
});

test('a store that ignores the condition of a creation fails', async () => {
  const inner = memory();
  const create = async (key: string, bytes: Uint8Array) => {
    await inner.put(key, bytes);
    return 'created' as const;
  };
  const careless: ObjectStore = { ...inner, abilities: { createOnly: { create } } };
  assert.equal(named(await prove(careless), 'create-only').verdict, 'fail');
});

test('a store that decides about a creation too early fails', async () => {
  const inner = memory();
  const create = async (key: string, bytes: Uint8Array) => {
    const isThere = inner.objects.has(key);
    await new Promise((resolve) => setImmediate(resolve));
    if (isThere) return 'exists' as const;
    await inner.put(key, bytes);
    return 'created' as const;
  };
  const racing: ObjectStore = { ...inner, abilities: { createOnly: { create } } };
  const { verdict, message } = named(await prove(racing), 'create-only');
  assert.equal(verdict, 'fail');
  assert.match(message ?? '', /at once, 4 were told/);
});

test('clocks may differ by a minute', async () => {
  for (const [aheadMs, verdict] of [
    [59_000, 'pass'],
    [-59_000, 'pass'],
    [61_000, 'fail'],
    [-61_000, 'fail'],
  ] as const) {
    const found = named(await prove(memory({ nowMs: () => startMs + aheadMs })), 'clock');
    assert.equal(found.verdict, verdict);
    assert.equal(found.ms, aheadMs);
  }
});

test('deleting that is refused, or does nothing, fails where it must work', async () => {
  assert.equal(named(await prove({ ...memory(), delete: denied }), 'delete').verdict, 'fail');
  const lazy = await prove({ ...memory(), delete: async () => undefined });
  assert.match(named(lazy, 'delete').message ?? '', /can still be read/);
});

test('who only adds must be refused', async () => {
  const appendOnly = true;
  const open = await prove(memory(), { appendOnly });
  assert.match(named(open, 'delete').message ?? '', /replace and delete for good/);
  assert.equal(verdictOf(open), 'fail');
  const closed = await prove({ ...memory(), put: denied, delete: denied }, { appendOnly });
  assert.deepEqual(verdicts(closed), allPass);
  const onlyDelete = await prove({ ...memory(), put: denied }, { appendOnly });
  assert.match(named(onlyDelete, 'delete').message ?? '', /credentials delete for good/);
});

test('a version that cannot be deleted is as good as a refusal, one that can is not', async () => {
  const appendOnly = true;
  const versioned = memory({ versioned: true });
  const { versions } = versioned.abilities;
  assert.ok(versions);
  const keeping = {
    ...versioned,
    abilities: { ...versioned.abilities, versions: { ...versions, deleteVersion: denied } },
  };
  assert.equal(named(await prove(keeping, { appendOnly }), 'delete').verdict, 'pass');
  const loose = await prove(memory({ versioned: true }), { appendOnly });
  assert.match(named(loose, 'delete').message ?? '', /delete versions/);
});

test('of a folder that is only added to, nothing is promised', async () => {
  using folder = temporaryFolder();
  const probes = await prove(openLocalStore(folder.path), { appendOnly: true, nowMs: () => Date.now() });
  assert.equal(named(probes, 'delete').verdict, 'not-offered');
});

test('a retention that the store forgets, or does not honour, fails', async () => {
  const wantsRetention = true;
  const store = memory({ versioned: true, locked: true });
  const { retention, versions } = store.abilities;
  assert.ok(retention && versions);
  const forgetful = { ...retention, retain: async () => undefined };
  const forgets = { ...store, abilities: { ...store.abilities, retention: forgetful } };
  assert.match(named(await prove(forgets, { wantsRetention }), 'retention').message ?? '', /did not take/);
  const deaf = { ...versions, deleteVersion: async () => undefined };
  const ignores = { ...store, abilities: { ...store.abilities, versions: deaf } };
  assert.match(named(await prove(ignores, { wantsRetention }), 'retention').message ?? '', /before its date/);
});

test('a store that cannot be written is not tried further, one that cannot be reached is inconclusive', async () => {
  const refused = await prove({ ...memory(), put: denied });
  assert.deepEqual(verdicts(refused), { write: 'fail' });
  const away = withFaults(memory(), [{ kind: 'fail', operation: 'put', nth: 1 }]);
  const unknown = await prove(away);
  assert.deepEqual(verdicts(unknown), { write: 'inconclusive' });
  assert.equal(verdictOf(unknown), 'inconclusive');
});

test('what earlier proofs left goes, what others are just trying stays', async () => {
  const store = memory();
  const old = `${probePrefix}${startMs - 2 * hourMs}-aa`;
  const young = `${probePrefix}${startMs - hourMs / 2}-bb`;
  for (const key of [old, young, 'lifeboat/other']) await store.put(key, Buffer.from('x'));
  await prove(store);
  assert.deepEqual([...store.objects.keys()], [young, 'lifeboat/other']);
});

test('an abort ends it with its reason', async () => {
  const signal = AbortSignal.abort(new Error('the reason'));
  await assert.rejects(prove(memory(), { signal }), /the reason/);
});
