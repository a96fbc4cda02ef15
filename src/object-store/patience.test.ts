import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { withFaults } from './fault.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import { withPatience } from './patience.ts';

/** What was waited for, where nothing really waits. */
function patient(faults: Parameters<typeof withFaults>[1]) {
  const waits: number[] = [];
  let time = 0;
  const inner = openMemoryStore([['key', Buffer.from('x')]]);
  const store = withPatience(withFaults(inner, faults), {
    onRetry: ({ delayMs }) => waits.push(delayMs),
    nowMs: () => time,
    jitter: () => 0.5,
    sleep: async (ms) => {
      time += ms;
    },
  });
  return { store, waits };
}

test('a store that never answered is given up within seconds', async () => {
  const { store, waits } = patient([{ kind: 'fail', nth: 1, times: 100 }]);
  await assert.rejects(store.stat('key'), { code: 'STORE_UNAVAILABLE' });
  assert.deepEqual(waits, [1000, 2000, 4000]);
});

test('a store that answered once is waited for with all the patience of a retry', async () => {
  const { store, waits } = patient([{ kind: 'fail', nth: 2, times: 8 }]);
  await store.stat('key');
  assert.equal((await store.get('key')).toString(), 'x');
  assert.equal(waits.length, 8);
});

test('a refusal is an answer', async () => {
  const error = new LifeboatError('OBJECT_MISSING', 'not there');
  const { store, waits } = patient([
    { kind: 'fail', nth: 1, error },
    { kind: 'fail', nth: 2, times: 6 },
  ]);
  await assert.rejects(store.get('none'), error);
  assert.deepEqual(
    (await Array.fromAsync(store.list(''))).map(({ key }) => key),
    ['key'],
  );
  assert.equal(waits.length, 6);
});
