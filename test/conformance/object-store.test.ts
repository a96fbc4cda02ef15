import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withCounts } from '../../src/object-store/count.ts';
import { withFaults } from '../../src/object-store/fault.ts';
import { withLimit } from '../../src/object-store/limit.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { withReadAhead } from '../../src/object-store/read-ahead.ts';
import { withRetry } from '../../src/object-store/retry.ts';
import { objectStoreConformance, type StoreExpectations, type StoreUnderTest } from './object-store.ts';

const common: StoreExpectations = {
  facts: { atomicReplace: true, conditionalPut: true, objectLock: false, storageClasses: [] },
  listedKeys: 10_000,
  largeObjectBytes: 20 * 1024 * 1024,
};
const local = { ...common, facts: { ...common.facts, kind: 'local' } };
const memory = { ...common, facts: { ...common.facts, kind: 'memory' } };

objectStoreConformance('local', makeLocal, local);
objectStoreConformance('memory', async () => held(openMemoryStore()), memory);
objectStoreConformance('memory with retry', async () => held(withRetry(openMemoryStore())), memory);
objectStoreConformance('memory with a limit of one', async () => held(withLimit(openMemoryStore(), 1)), {
  ...memory,
  facts: { ...memory.facts, connections: 1 },
});
objectStoreConformance(
  'memory with an empty script',
  async () => held(withFaults(openMemoryStore(), [])),
  memory,
);
objectStoreConformance(
  'memory with what is read ahead',
  async () => held(withReadAhead(openMemoryStore(), { objects: [], prefixes: [] })),
  memory,
);
objectStoreConformance('memory with counts', async () => held(withCounts(openMemoryStore())), memory);
objectStoreConformance(
  'memory with every wrapper',
  async () => held(withRetry(withLimit(withCounts(withFaults(openMemoryStore(), [])), 3))),
  memory,
);

function held(store: ObjectStore): StoreUnderTest {
  return { store, dispose: async () => store[Symbol.asyncDispose]() };
}

async function makeLocal(): Promise<StoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeboat-store-'));
  const store = openLocalStore(join(folder, 'vault'));
  return {
    store,
    dispose: async () => {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
