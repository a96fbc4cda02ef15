import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachLimited } from './for-each-limited.ts';

test('never more than the limit at once, and everything once', async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await forEachLimited(
    Array.from({ length: 20 }, (_, n) => n),
    3,
    async (item) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      seen.push(item);
    },
  );
  assert.equal(most, 3);
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, n) => n),
  );
});

test('after a failure nothing is begun any more, and what runs ends before the failure is raised', async () => {
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const ended: string[] = [];
  const all = forEachLimited(['slow', 'bad', 'never'], 2, async (item) => {
    begun.push(item);
    if (item === 'bad') throw new Error('bad');
    await gate.promise;
    ended.push(item);
  });
  await new Promise(setImmediate);
  gate.resolve();
  await assert.rejects(all, /bad/);
  assert.deepEqual(begun, ['slow', 'bad']);
  assert.deepEqual(ended, ['slow']);
});
