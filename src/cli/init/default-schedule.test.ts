import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { longestGapMs } from '../../schedule/longest-gap.ts';
import { parseSchedule } from '../../schedule/parse-schedule.ts';
import { rpoProblem, scheduleProblem } from './check-answers.ts';
import { scheduleFor } from './default-schedule.ts';

const minuteMs = 60_000;

test('the schedule for an RPO, in words', () => {
  const words = ([6, 15, 60, 120, 240, 1440, 1800, 20_160] as const).map((minutes) =>
    scheduleFor(minutes * minuteMs, 'Europe/Berlin'),
  );
  assert.deepEqual(words, [
    'every 1 min',
    'every 5 min',
    'every 30 min',
    'hourly',
    'every 2h',
    'every 12h',
    'daily at 02:00',
    'weekly on Sunday at 02:00',
  ]);
});

test('it holds the RPO with five minutes to spare, in every zone, or there is none', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40_000 }),
      fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/New_York'),
      (minutes, zone) => {
        const words = scheduleFor(minutes * minuteMs, zone);
        if (words === undefined) return assert.ok(minutes < 6);
        const parsed = parseSchedule(words, zone);
        assert.ok(parsed.ok);
        assert.ok((longestGapMs(parsed.schedule) ?? Infinity) + 5 * minuteMs <= minutes * minuteMs, words);
      },
    ),
    { numRuns: 50 },
  );
});

test('answers that cannot hold are refused in words', () => {
  assert.match(rpoProblem('2') ?? '', /needs a unit/);
  assert.match(rpoProblem('5 min') ?? '', /an RPO of 6 min or more/);
  assert.equal(rpoProblem('6 min'), undefined);
  assert.match(scheduleProblem('daily at 02:00', '2 h', 'UTC') ?? '', /too seldom for the RPO of 2 h/);
  assert.match(scheduleProblem('on deploy', '2 h', 'UTC') ?? '', /promises no time/);
  assert.match(scheduleProblem('hourli', '2 h', 'UTC') ?? '', /did you mean "hourly"/);
  assert.equal(scheduleProblem('hourly', '2 h', 'UTC'), undefined);
});
