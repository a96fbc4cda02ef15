import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { missedMax, owed } from './owed.ts';
import { parseSchedule } from './parse-schedule.ts';
import type { Schedule } from './schedule.ts';

const at = (text: string) => Date.parse(`2026-11-${text}Z`);

function schedules(...texts: readonly string[]): readonly Schedule[] {
  return texts.map((text) => {
    const result = parseSchedule(text, 'UTC');
    assert.ok(result.ok);
    return result.schedule;
  });
}

describe('owed', () => {
  it('is one run after forty missed ones', () => {
    assert.deepEqual(owed(schedules('hourly'), at('10T00:30'), at('11T16:45')), {
      reason: 'due',
      dueMs: at('11T16:00'),
      missed: 40,
    });
  });

  it('is nothing until the next due time', () => {
    assert.equal(owed(schedules('daily at 02:00'), at('10T02:00'), at('11T01:59')), undefined);
    assert.equal(owed(schedules('daily at 02:00'), at('10T02:00'), at('11T02:00'))?.missed, 1);
  });

  it('counts a time that two schedules share once', () => {
    assert.equal(owed(schedules('hourly', 'daily at 02:00'), at('10T01:30'), at('10T02:30'))?.missed, 1);
  });

  it('is a run at once for a system that never had one', () => {
    assert.equal(owed(schedules('weekly on Sunday'), undefined, at('10T12:00'))?.reason, 'never');
  });

  it('does not wait for a clock that was set back to catch up', () => {
    assert.equal(owed(schedules('hourly'), at('20T00:00'), at('10T12:30'))?.reason, 'clock');
  });

  it('never counts further than its bound', () => {
    assert.equal(owed(schedules('every 1 min'), 0, at('10T12:30'))?.missed, missedMax);
  });

  it('leaves events to their event', () => {
    assert.equal(owed(schedules('on deploy', 'continuous'), undefined, at('10T12:00')), undefined);
  });
});
