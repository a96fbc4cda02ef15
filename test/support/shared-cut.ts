/** Stores that die together after so many operations on any of them, as the stores of one process do when it dies. */
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';

export interface SharedCut {
  wrap(store: ObjectStore): ObjectStore;
  readonly isCut: () => boolean;
  /** How many were begun. */
  readonly operations: () => number;
}

export function sharedCut(operations: number): SharedCut {
  let calls = 0;
  const begin = () => {
    calls++;
    refuse();
  };
  const refuse = () => {
    if (calls <= operations) return;
    throw new LifeboatError('STORE_UNAVAILABLE', 'the store was cut off by the test', {
      hint: 'Only a scripted fault does this.',
      details: { storeCut: true },
    });
  };
  return {
    isCut: () => calls > operations,
    operations: () => calls,
    wrap: (store) => ({
      ...store,
      async put(...call) {
        begin();
        await store.put(...call);
        refuse();
      },
      async get(...call) {
        begin();
        const bytes = await store.get(...call);
        refuse();
        return bytes;
      },
      async stat(...call) {
        begin();
        return await store.stat(...call);
      },
      async *list(...call) {
        begin();
        for await (const object of store.list(...call)) {
          refuse();
          yield object;
        }
      },
      async delete(...call) {
        begin();
        await store.delete(...call);
        refuse();
      },
    }),
  };
}
