import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastCompletedCaptureBefore } from './completed-before.ts';
import { parseSchedule } from './parse-schedule.ts';
import type { Schedule } from './schedule.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function schedules(...texts: readonly string[]): readonly Schedule[] {
  return texts.map((text) => {
    const result = parseSchedule(text, 'UTC');
    assert.ok(result.ok);
    return result.schedule;
  });
}

const at = (text: string) => Date.parse(`2026-11-${text}Z`);

function completed(texts: readonly string[], moment: string, captureMs: number): string | undefined {
  const startMs = lastCompletedCaptureBefore(schedules(...texts), at(moment), captureMs);
  return startMs === undefined ? undefined : new Date(startMs).toISOString().slice(8, 19);
}

// `test/simulation/clock.test.ts` holds it against a simulated clock.
describe('lastCompletedCaptureBefore', () => {
  it('is the start of the run that has ended, not of the one that is going', () => {
    assert.equal(completed(['hourly'], '10T10:11:59', 12 * minuteMs), '10T09:00:00');
    assert.equal(completed(['hourly'], '10T10:12', 12 * minuteMs), '10T10:00:00');
  });

  it('takes the newest of several schedules', () => {
    assert.equal(completed(['daily at 02:00', 'every 6h'], '10T03:00', hourMs / 2), '10T02:00:00');
    assert.equal(completed(['daily at 02:00', 'every 6h'], '10T08:00', hourMs / 2), '10T06:00:00');
  });

  it('knows that a run waits for the one before it', () => {
    const texts = ['daily at 00:00', 'daily at 01:00', 'daily at 07:00'];
    assert.equal(completed(texts, '10T04:00', 2 * hourMs), '10T00:00:00');
    assert.equal(completed(texts, '10T04:00:01', 2 * hourMs), '10T02:00:01');
  });

  it('counts a run with a window as complete only when its last moment would be', () => {
    const texts = ['daily between 01:00 and 05:00'];
    assert.equal(completed(texts, '10T05:59', hourMs), '09T01:00:00');
    assert.equal(completed(texts, '10T06:00', hourMs), '10T01:00:00');
  });

  it('does not wait for a window when another schedule has run since it opened', () => {
    const texts = ['hourly', 'daily between 01:00 and 23:00'];
    assert.equal(completed(texts, '10T05:00', hourMs / 2), '10T04:00:00');
  });

  it('names a moment that is not too late when runs never pause', () => {
    const startMs = lastCompletedCaptureBefore(schedules('hourly'), at('10T10:30'), 90 * minuteMs) ?? 0;
    assert.ok(startMs <= at('10T09:00') - 90 * minuteMs, new Date(startMs).toISOString());
    assert.ok(startMs >= at('10T10:30') - 5 * hourMs, new Date(startMs).toISOString());
  });

  it('knows nothing of events and logs', () => {
    assert.equal(completed(['on deploy', 'continuous'], '10T10:30', 0), undefined);
  });
});
