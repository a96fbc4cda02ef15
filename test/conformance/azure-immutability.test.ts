/** What Microsoft's emulator lacks, against a stand-in of our own: versions, immutability, and thaws that take hours. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { AzureSettings } from '../../src/object-store/azure/azure-place.ts';
import { openAzureStore } from '../../src/object-store/azure/azure-store.ts';
import { startFakeAzure } from '../support/fake-azure.ts';
import { objectStoreConformance } from './object-store.ts';
import { type AbleStoreUnderTest, storeAbilitiesConformance } from './store-abilities.ts';

const server = await startFakeAzure();
after(() => server[Symbol.asyncDispose]());
const credentials = { kind: 'azure-key', accountKey: 'bm8ga2V5' } as const;

const makeFake = () => makeStore();

/** The stand-in is worth as much as it does what Azure does, so it passes the suite that the emulator passes. */
objectStoreConformance('stand-in for azure', makeFake, {
  facts: { kind: 'azure', conditionalPut: true, objectLock: true },
  listedKeys: 2_300,
  largeObjectBytes: 10 * 1024 * 1024,
});

const expected = {
  createOnly: true,
  storageClasses: { usual: 'Hot', warm: ['Cool', 'Cold'] },
  thaw: { coldClass: 'Archive', speed: 'standard', isColdAgain: false },
  versions: true,
  canAdvance: true,
} as const;

storeAbilitiesConformance('stand-in for azure, unlocked', makeFake, {
  ...expected,
  retention: { mode: 'governance', onDelete: 'version-stays', legalHold: true },
});
storeAbilitiesConformance('stand-in for azure, expedited', makeFake, {
  ...expected,
  thaw: { ...expected.thaw, speed: 'expedited' },
  retention: { mode: 'governance', onDelete: 'version-stays', legalHold: true },
});

async function makeStore(settings: AzureSettings = {}): Promise<AbleStoreUnderTest> {
  const { name, blobs } = server.makeContainer();
  const store = await openAzureStore(
    { account: 'standin', container: name, prefix: 'a/b' },
    { endpoint: server.origin, credentials, pageBlobs: 500, ...settings },
  );
  return {
    store,
    nowMs: () => blobs.nowMs(),
    advanceMs: async (ms) => {
      blobs.aheadMs += ms;
    },
    dispose: async () => store[Symbol.asyncDispose](),
  };
}

const dayMs = 24 * 3_600_000;

for (const mode of ['governance', 'compliance'] as const) {
  test(`new objects but locks are retained at once in mode ${mode}`, async () => {
    const { store } = await makeStore({ retainNew: { forMs: 30 * dayMs, mode } });
    const { retention, versions, createOnly, storageClasses } = store.abilities;
    await store.put('data/by-put', Buffer.from('kept'));
    await createOnly?.create('data/by-create', Buffer.from('kept'));
    await storageClasses?.putInto('Cool', 'data/by-class', Buffer.from('kept'));
    for (const key of ['data/by-put', 'data/by-create', 'data/by-class']) {
      const state = await retention?.retentionOf(key);
      assert.equal(state?.mode, mode, key);
      assert.ok(Math.abs((state?.untilMs ?? 0) - Date.now() - 30 * dayMs) < 60_000, key);
    }
    for (const key of ['locks/lock', 'lifeboat/repositories/other/locks/lock']) {
      await store.put(key, Buffer.from('x'));
      assert.deepEqual(await retention?.retentionOf(key), { legalHold: false }, key);
    }
    await store.delete('data/by-put');
    const [kept] = await Array.fromAsync(versions?.listVersions('data/by-put') ?? []);
    assert.ok(kept && !kept.isCurrent);
    await assert.rejects(async () => versions?.deleteVersion('data/by-put', kept.versionId), {
      code: 'OBJECT_RETAINED',
    });
  });
}

test('an extension of a locked retention stays locked', async () => {
  const { store, nowMs } = await makeStore({ retainNew: { forMs: dayMs, mode: 'compliance' } });
  await store.put('key', Buffer.from('x'));
  const untilMs = Math.ceil((nowMs() + 5 * dayMs) / 1000) * 1000;
  await store.abilities.retention?.retain('key', untilMs);
  assert.deepEqual(await store.abilities.retention?.retentionOf('key'), {
    untilMs,
    mode: 'compliance',
    legalHold: false,
  });
});

test('a thaw that is asked for again in a hurry becomes quicker', async () => {
  const { store, advanceMs } = await makeStore();
  const { thaw, storageClasses } = store.abilities;
  await storageClasses?.putInto('Archive', 'key', Buffer.from('content'));
  await thaw?.thaw('key', 'standard', 1);
  await thaw?.thaw('key', 'expedited', 1);
  await advanceMs?.(3_600_000 + 1000);
  assert.deepEqual(await thaw?.stateOf('key'), { kind: 'ready' });
  assert.equal((await store.get('key')).toString(), 'content');
});
