import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseSchedule } from '../../schedule/parse-schedule.ts';
import { choreBudgetMs, choreMsMax, choreOverrunMs, withinBudget } from './time-budget.ts';

const nowMs = Date.parse('2026-11-10T12:30:00Z');

describe('choreBudgetMs', () => {
  test('lasts until shortly after the next backup is due, and half a day at most', () => {
    const hourly = parseSchedule('hourly', 'UTC');
    assert.ok(hourly.ok);
    const systems = [{ schedules: [hourly.schedule] }];
    assert.equal(choreBudgetMs(systems, nowMs), 30 * 60_000 + choreOverrunMs);
    assert.equal(choreBudgetMs([], nowMs), choreMsMax);
  });
});

describe('withinBudget', () => {
  const signal = new AbortController().signal;
  const context = { signal };

  test('gives what the work gives', async () => {
    assert.equal(await withinBudget(context, 60_000, async () => 7), 7);
  });

  test('cuts the work off, and waits for its end', async () => {
    let ended = false;
    const work = (own: typeof context) =>
      new Promise<never>((_, reject) => {
        own.signal.addEventListener('abort', () => {
          ended = true;
          reject(own.signal.reason);
        });
      });
    await assert.rejects(withinBudget(context, 5, work), { code: 'WORK_CUT_OFF' });
    assert.ok(ended);
  });
});
