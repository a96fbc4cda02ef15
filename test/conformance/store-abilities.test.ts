import { withCounts } from '../../src/object-store/count.ts';
import { withLimit } from '../../src/object-store/limit.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { type MemoryStoreOptions, openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { withRetry } from '../../src/object-store/retry.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { objectStoreConformance } from './object-store.ts';
import {
  type AbilityExpectations,
  type AbleStoreUnderTest,
  storeAbilitiesConformance,
} from './store-abilities.ts';

const all: MemoryStoreOptions = { versioned: true, locked: true, classes: true };
const likeS3: AbilityExpectations & { readonly canAdvance: true } = {
  createOnly: true,
  retention: { mode: 'compliance', onDelete: 'version-stays', legalHold: true },
  storageClasses: { usual: 'STANDARD', warm: ['STANDARD_IA', 'GLACIER_IR'] },
  thaw: { coldClass: 'GLACIER', speed: 'standard', isColdAgain: true },
  versions: true,
  canAdvance: true,
};
const same = (store: ObjectStore): ObjectStore => store;

storeAbilitiesConformance('local', makeLocal, { createOnly: true, canAdvance: false });
storeAbilitiesConformance('memory', make({}, same), { createOnly: true, canAdvance: true });
storeAbilitiesConformance('memory that cannot create', make({ createOnly: false }, same), {
  canAdvance: true,
});
storeAbilitiesConformance('memory with all', make(all, same), likeS3);
storeAbilitiesConformance('memory with all, in deep archive', make(all, same), {
  ...likeS3,
  thaw: { coldClass: 'DEEP_ARCHIVE', speed: 'bulk', isColdAgain: true },
});
storeAbilitiesConformance('memory locked without versions', make({ locked: 'governance' }, same), {
  createOnly: true,
  retention: { mode: 'governance', onDelete: 'refused', legalHold: true },
  canAdvance: true,
});
storeAbilitiesConformance(
  'memory with all, in wrappers',
  make(all, (store) => withRetry(withLimit(withCounts(store), 3))),
  likeS3,
);
objectStoreConformance('memory with all', async () => await make(all, same)(), {
  facts: { kind: 'memory', conditionalPut: true, objectLock: true },
  listedKeys: 2000,
  largeObjectBytes: 1024 * 1024,
});

function make(
  options: MemoryStoreOptions,
  wrap: (store: ObjectStore) => ObjectStore,
): () => Promise<AbleStoreUnderTest> {
  return async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const store = wrap(openMemoryStore([], { ...options, nowMs: () => nowMs }));
    return {
      store,
      nowMs: () => nowMs,
      advanceMs: async (ms) => {
        nowMs += ms;
      },
      dispose: async () => store[Symbol.asyncDispose](),
    };
  };
}

async function makeLocal(): Promise<AbleStoreUnderTest> {
  const folder = temporaryFolder();
  return {
    store: openLocalStore(`${folder.path}/vault`),
    nowMs: () => Date.now(),
    dispose: async () => folder[Symbol.dispose](),
  };
}
