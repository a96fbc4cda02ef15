import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { type Fault, withFaults } from './fault.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import type { ObjectStore } from './object-store.ts';
import { type RetryOptions, withRetry } from './retry.ts';

interface Patient {
  readonly store: ObjectStore;
  readonly delaysMs: number[];
}

/** Time that passes only by waiting. */
function patient(script: readonly Fault[], options: RetryOptions = {}): Patient {
  const delaysMs: number[] = [];
  const inner = openMemoryStore([...'abc'].map((key) => [key, Buffer.from(key)] as const));
  const store = withRetry(withFaults(inner, script), {
    sleep: async (durationMs, signal) => {
      signal?.throwIfAborted();
      delaysMs.push(durationMs);
    },
    nowMs: () => delaysMs.reduce((sum, each) => sum + each, 0),
    jitter: () => 0.5,
    ...options,
  });
  return { store, delaysMs };
}

test('a request that fails and may pass is repeated after 1, 2, 4 seconds', async () => {
  const { store, delaysMs } = patient([{ kind: 'fail', nth: 1, times: 3 }]);
  assert.equal((await store.get('a')).toString(), 'a');
  assert.deepEqual(delaysMs, [1000, 2000, 4000]);
});

test('each wait is half to one and a half times its step, and a minute and a half at most', async () => {
  for (const [jitter, first, longest] of [
    [0, 500, 30_000],
    [1, 1500, 90_000],
  ] as const) {
    const { store, delaysMs } = patient([{ kind: 'fail', nth: 1, times: 9 }], { jitter: () => jitter });
    await store.put('key', Buffer.from('x'));
    assert.equal(delaysMs[0], first);
    assert.equal(delaysMs.at(-1), longest);
  }
});

test('an error that does not pass by itself is raised at once', async () => {
  const denied = new LifeboatError('PERMISSION_DENIED', 'no');
  for (const error of [denied, new TypeError('a fault')]) {
    const { store, delaysMs } = patient([{ kind: 'fail', nth: 1, error }]);
    await assert.rejects(store.delete('a'), error);
    assert.deepEqual(delaysMs, []);
  }
});

test('tries are bounded and the last error is raised', async () => {
  const { store, delaysMs } = patient([{ kind: 'fail', nth: 1, times: 100 }], { triesMax: 4 });
  await assert.rejects(store.stat('a'), { code: 'STORE_UNAVAILABLE' });
  assert.equal(delaysMs.length, 3);
});

test('time is bounded: no try begins after it', async () => {
  const { store, delaysMs } = patient([{ kind: 'fail', nth: 1, times: 100 }], { totalMsMax: 7000 });
  await assert.rejects(store.stat('a'), { code: 'STORE_UNAVAILABLE' });
  assert.deepEqual(delaysMs, [1000, 2000, 4000]);
});

test('an abort ends the waiting with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const { store } = patient([{ kind: 'fail', nth: 1, times: 100 }], {
    onRetry: () => controller.abort(reason),
  });
  await assert.rejects(store.get('a', undefined, controller.signal), reason);
});

test('each wait is announced with its error', async () => {
  const told: string[] = [];
  const { store } = patient([{ kind: 'fail', nth: 1, times: 2 }], {
    onRetry: ({ tries, delayMs, error }) => told.push(`${tries} ${delayMs} ${error.code}`),
  });
  await store.get('a');
  assert.deepEqual(told, ['1 1000 STORE_UNAVAILABLE', '2 2000 STORE_UNAVAILABLE']);
});

test('a list that breaks at its end is begun again and yields each key once', async () => {
  const { store, delaysMs } = patient([{ kind: 'fail-after', operation: 'list', nth: 1 }]);
  const keys = (await Array.fromAsync(store.list(''))).map(({ key }) => key);
  assert.deepEqual(keys, ['a', 'b', 'c']);
  assert.equal(delaysMs.length, 1);
});

test('an error of the reader of a list is not taken for one of the store', async () => {
  const { store, delaysMs } = patient([]);
  const mine = new LifeboatError('STORE_UNAVAILABLE', 'mine', { retryable: true });
  const read = async (): Promise<void> => {
    for await (const _ of store.list('')) {
      throw mine;
    }
  };
  await assert.rejects(read(), mine);
  assert.deepEqual(delaysMs, []);
});
