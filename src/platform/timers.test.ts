import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monotonicMs } from './clock.ts';
import { every, sleep, withTimeout } from './timers.ts';

const hourMs = 3_600_000;
const timeoutError = () => new Error('too late');

test('a sleep lasts as long as asked', async () => {
  const startMs = monotonicMs();
  await sleep(20);
  assert.ok(monotonicMs() - startMs >= 19);
});

test('an abort ends a sleep of any length with its reason, before and during', async () => {
  const controller = new AbortController();
  const during = sleep(1000 * 24 * hourMs, controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(during, { message: 'enough' });
  await assert.rejects(sleep(hourMs, controller.signal), { message: 'enough' });
});

test('a repetition never runs twice at once, and its disposal waits for the call in flight', async () => {
  const seen: string[] = [];
  const release = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const repetition = every(1, async () => {
    seen.push('start');
    entered.resolve();
    await release.promise;
    seen.push('end');
  });
  await entered.promise;
  await sleep(10);
  const disposed = repetition[Symbol.asyncDispose]();
  release.resolve();
  await disposed;
  await sleep(10);
  assert.deepEqual(seen, ['start', 'end']);
});

test('work within its time gives its result, work beyond it is aborted with the error of the limit', async () => {
  assert.equal(await withTimeout({ timeoutMs: hourMs, timeoutError }, async () => 7), 7);
  const reason = Promise.withResolvers<unknown>();
  const work = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => reason.resolve(signal.reason));
    return Promise.withResolvers<never>().promise;
  };
  await assert.rejects(withTimeout({ timeoutMs: 5, timeoutError }, work), { message: 'too late' });
  assert.equal(String(await reason.promise), 'Error: too late');
});

test("the caller's signal ends work under a time limit", async () => {
  const controller = new AbortController();
  const limit = { timeoutMs: hourMs, timeoutError, signal: controller.signal };
  const result = withTimeout(limit, () => Promise.withResolvers<never>().promise);
  controller.abort(new Error('enough'));
  await assert.rejects(result, { message: 'enough' });
});
