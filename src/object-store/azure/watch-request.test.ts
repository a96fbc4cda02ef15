import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '../../platform/timers.ts';
import { type Watch, watched } from './watch-request.ts';

const quick = { silenceMsMax: 100, answerMsMax: 20, lookEveryMs: 5 };

test('gives what the work gives', async () => {
  assert.equal(await watched(undefined, async () => 7, quick), 7);
});

test('raises the error of the work as it is', async () => {
  const error = new Error('its own');
  await assert.rejects(
    watched(undefined, () => Promise.reject(error), quick),
    error,
  );
});

test('calls a request back when nothing moves for too long', async () => {
  await assert.rejects(watched(undefined, untilAborted, quick), {
    code: 'STORE_UNAVAILABLE',
    retryable: true,
    message: 'nothing came from the store for 0.1 seconds',
  });
});

test('lets a request go on for as long as something moves', async () => {
  const slow = async ({ moved, signal }: Watch) => {
    for (let piece = 0; piece < 30; piece++) {
      await sleep(10, signal);
      moved();
    }
    return 'done';
  };
  assert.equal(await watched(undefined, slow, quick), 'done');
});

test('calls a request back at once when the caller gives up', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const waiting = watched(controller.signal, untilAborted, { ...quick, silenceMsMax: 60_000 });
  controller.abort(reason);
  await assert.rejects(waiting, reason);
});

test('waits for the answer to what cannot be called back', async () => {
  const controller = new AbortController();
  const answered = watched(
    controller.signal,
    async ({ committed, signal }) => {
      committed();
      controller.abort();
      await sleep(10, signal);
      return 'done';
    },
    { ...quick, answerMsMax: 10_000 },
  );
  assert.equal(await answered, 'done');
});

test('waits for that answer only for a while', async () => {
  const controller = new AbortController();
  const waiting = watched(
    controller.signal,
    async (watch) => {
      watch.committed();
      controller.abort();
      await untilAborted(watch);
    },
    { ...quick, silenceMsMax: 60_000 },
  );
  await assert.rejects(waiting, { code: 'STORE_UNAVAILABLE' });
});

async function untilAborted({ signal }: Watch): Promise<void> {
  await sleep(600_000, signal);
}
