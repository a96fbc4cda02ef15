import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Cron } from 'croner';
import fc from 'fast-check';
import { dueTimes, nextDue, nextLate, previousDue } from './due-times.ts';
import { longestGapMs, longestGapOfAllMs } from './longest-gap.ts';
import { parseSchedule } from './parse-schedule.ts';
import { isTimed, type Schedule } from './schedule.ts';
import { offsetText, wallTime } from './zone-clock.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'];
const fromMs = Date.UTC(2024, 0, 1);
const tenYearsLaterMs = Date.UTC(2034, 0, 1);

function schedule(text: string, zone = 'UTC'): Schedule {
  const result = parseSchedule(text, zone);
  assert.ok(result.ok, text);
  return result.schedule;
}

function isoTimes(text: string, zone: string, from: string, to: string): readonly string[] {
  return [...dueTimes(schedule(text, zone), Date.parse(from), Date.parse(to))].map((ms) =>
    new Date(ms).toISOString().slice(5, 16),
  );
}

describe('ten years of due times', () => {
  for (const zone of zones) {
    it(`daily at 02:15 in ${zone}: every date once, in order`, () => {
      const daily = schedule('daily at 02:15', zone);
      let lastDay = wallTime(fromMs, zone).day - (wallTime(fromMs, zone).minuteOfDay < 135 ? 1 : 0);
      let count = 0;
      for (const dueMs of dueTimes(daily, fromMs, tenYearsLaterMs)) {
        const wall = wallTime(dueMs, zone);
        assert.equal(wall.day, lastDay + 1, new Date(dueMs).toISOString());
        assert.ok(wall.minuteOfDay >= 135 && wall.minuteOfDay <= 180, 'at its time or the next existing one');
        lastDay = wall.day;
        count++;
      }
      assert.equal(count, 3653);
    });

    it(`every 6h in ${zone}: never further apart, four or five a day`, () => {
      let lastMs: number | undefined;
      for (const dueMs of dueTimes(schedule('every 6h', zone), fromMs, tenYearsLaterMs)) {
        if (lastMs !== undefined) assert.ok(dueMs > lastMs && dueMs - lastMs <= 6 * hourMs);
        lastMs = dueMs;
      }
      assert.ok(lastMs !== undefined && tenYearsLaterMs - lastMs <= 6 * hourMs);
    });

    it(`weekly and monthly in ${zone}: as many as the calendar has`, () => {
      const sundays = [...dueTimes(schedule('weekly on Sunday at 02:15', zone), fromMs, tenYearsLaterMs)];
      assert.ok(sundays.every((ms) => new Date(wallTime(ms, zone).day * dayMs).getUTCDay() === 0));
      // The first of January 2034 is a Sunday, and begins in Lord Howe before it does in UTC.
      assert.equal(sundays.length, zone === 'Australia/Lord_Howe' ? 522 : 521);
      assert.equal(
        [...dueTimes(schedule('monthly on the last day at 12:00', zone), fromMs, tenYearsLaterMs)].length,
        120,
      );
    });
  }
});

describe('changes of the clock', () => {
  it('runs a missing time at the next existing one', () => {
    assert.deepEqual(isoTimes('daily at 02:30', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-31T00:00Z'), [
      '03-29T01:00',
      '03-30T00:30',
    ]);
  });

  it('runs a doubled time once, the first time', () => {
    assert.deepEqual(isoTimes('daily at 02:30', 'Europe/Berlin', '2026-10-24T12:00Z', '2026-10-27T00:00Z'), [
      '10-25T00:30',
      '10-26T01:30',
    ]);
  });

  it('joins several missing times in one run', () => {
    assert.deepEqual(isoTimes('*/20 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T12:00Z'), [
      '03-29T01:00',
    ]);
  });

  it('lets hourly cron follow the clock: both of a doubled hour, none of a missing one', () => {
    assert.deepEqual(isoTimes('15 * * * *', 'Europe/Berlin', '2026-10-25T00:00Z', '2026-10-25T03:00Z'), [
      '10-25T00:15',
      '10-25T01:15',
      '10-25T02:15',
    ]);
    assert.deepEqual(isoTimes('15 * * * *', 'Europe/Berlin', '2026-03-29T00:00Z', '2026-03-29T02:30Z'), [
      '03-29T00:15',
      '03-29T01:15',
      '03-29T02:15',
    ]);
  });

  it('counts intervals in real time from midnight of the zone', () => {
    assert.deepEqual(isoTimes('every 6h', 'Europe/Berlin', '2026-03-28T23:00Z', '2026-03-29T23:00Z'), [
      '03-28T23:00',
      '03-29T05:00',
      '03-29T11:00',
      '03-29T17:00',
      '03-29T22:00',
    ]);
  });

  it('starts a day without midnight at its first moment', () => {
    assert.deepEqual(isoTimes('daily', 'Africa/Cairo', '2026-04-23T12:00Z', '2026-04-24T12:00Z'), [
      '04-23T22:00',
    ]);
    assert.equal(offsetText(Date.parse('2026-04-23T22:00Z'), 'Africa/Cairo'), '+03:00');
  });

  it('runs a day that a zone left out at the start of the next', () => {
    assert.deepEqual(isoTimes('daily at 12:00', 'Pacific/Apia', '2011-12-29T00:00Z', '2012-01-01T00:00Z'), [
      '12-29T22:00',
      '12-30T10:00',
      '12-30T22:00',
      '12-31T22:00',
    ]);
  });
});

describe('nextDue and previousDue', () => {
  const texts = [
    'daily at 02:30',
    'hourly',
    'hourly at :45',
    'every 15 min',
    'every 5h',
    'weekdays at 22:00',
    'on Mon and Thu at 03:00',
    'monthly on the 31st at 02:30',
    'every 3 days at 01:15',
    '*/20 2 * * *',
    '*/7 * * * *',
    '15 1,2,3 L,7 * 1',
  ];
  const schedules = fc.constantFrom(...texts.flatMap((text) => zones.map((zone) => schedule(text, zone))));
  const moments = fc.integer({ min: fromMs, max: tenYearsLaterMs });

  it('agree with each other at every moment', () => {
    fc.assert(
      fc.property(schedules, moments, (any, atMs) => {
        const next = nextDue(any, atMs);
        const previous = previousDue(any, atMs);
        assert.ok(next !== undefined && previous !== undefined);
        assert.ok(previous <= atMs && atMs < next);
        assert.equal(nextDue(any, previous), next);
        assert.equal(previousDue(any, next), next);
        assert.equal(previousDue(any, next - 1), previous);
      }),
      { numRuns: 300 },
    );
  });

  it('are never further apart than longestGapMs says', () => {
    const gaps = new Map<Schedule, number | undefined>();
    fc.assert(
      fc.property(
        schedules,
        fc.integer({ min: Date.UTC(2025, 0, 3), max: Date.UTC(2028, 10, 1) }),
        (any, atMs) => {
          if (!gaps.has(any)) gaps.set(any, longestGapMs(any));
          assert.ok((nextDue(any, atMs) ?? 0) - (previousDue(any, atMs) ?? 0) <= (gaps.get(any) ?? 0));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('know nothing of events', () => {
    assert.equal(nextDue(schedule('on deploy'), fromMs), undefined);
    assert.equal(previousDue(schedule('continuous'), fromMs), undefined);
  });

  it('find 29 February eight years on', () => {
    assert.equal(nextDue(schedule('0 0 29 2 *'), Date.UTC(2096, 2, 1)), Date.UTC(2104, 1, 29));
  });

  it('agree with croner on cron in UTC', () => {
    const expressions = [
      '0 2 * * *',
      '*/7 3-5 * * *',
      '30 4 1,15 * *',
      '0 0 * * 1-5',
      '5-59/20 0 * JAN,JUL SUN',
      '0 0 13 * 5',
      '0 12 L * *',
      '0 0 29 2 *',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...expressions), moments, (text, atMs) => {
        const oracle = new Cron(text, { timezone: 'UTC', paused: true }).nextRun(new Date(atMs));
        assert.equal(nextDue(schedule(text), atMs), oracle?.getTime());
      }),
      { numRuns: 200 },
    );
  });
});

describe('longestGapMs', () => {
  const cases: readonly (readonly [string, string, number | undefined])[] = [
    ['daily at 02:00', 'UTC', dayMs],
    ['daily at 12:00', 'Europe/Berlin', 25 * hourMs],
    ['hourly', 'Europe/Berlin', hourMs],
    ['every 6h', 'Europe/Berlin', 6 * hourMs],
    ['every 5h', 'UTC', 5 * hourMs],
    ['weekly on Sunday at 03:00', 'UTC', 7 * dayMs],
    ['weekdays at 22:00', 'America/New_York', 3 * dayMs + hourMs],
    ['monthly on the 1st at 04:00', 'UTC', 31 * dayMs],
    ['daily at 02:00 and 14:00', 'UTC', 12 * hourMs],
    ['*/15 * * * *', 'America/New_York', hourMs / 4],
    // the run after 23:10 would be at midnight, where the new day begins to count, with 00:40
    ['every 50 min at :40', 'UTC', 1.5 * hourMs],
    ['every 6h from 02:00', 'UTC', 6 * hourMs],
    ['every 5h from 04:00', 'UTC', 9 * hourMs],
    ['15 * * * *', 'Australia/Lord_Howe', 1.5 * hourMs],
    ['daily at 12:00', 'Australia/Lord_Howe', 24.5 * hourMs],
    ['daily at 12:00', 'America/St_Johns', 25 * hourMs],
    ['daily between 01:00 and 05:00', 'UTC', 28 * hourMs],
    ['daily between 01:00 and 05:00', 'Europe/Berlin', 29 * hourMs],
    ['weekdays between 22:00 and 04:00', 'UTC', 3 * dayMs + 6 * hourMs],
    ['quarterly', 'UTC', 92 * dayMs],
    ['quarterly', 'Europe/Berlin', 92 * dayMs + hourMs],
    ['yearly', 'Europe/Berlin', 366 * dayMs],
    ['monthly on the last Friday', 'UTC', 35 * dayMs],
    ['monthly on the last day', 'UTC', 31 * dayMs],
    ['0 12 1 1,4 *', 'Europe/Berlin', 275 * dayMs + hourMs],
    ['0 0 29 2 *', 'UTC', 4 * 365 * dayMs + dayMs],
    ['on deploy', 'UTC', undefined],
    ['continuous', 'UTC', 0],
  ];
  for (const [text, zone, expected] of cases) {
    it(`${text} in ${zone}`, () => assert.equal(longestGapMs(schedule(text, zone)), expected));
  }
});

describe('longestGapOfAllMs', () => {
  const cases: readonly (readonly [readonly string[], string, number | undefined])[] = [
    [[], 'UTC', undefined],
    [['daily at 02:00'], 'UTC', dayMs],
    [['daily at 02:00', 'daily at 14:00'], 'UTC', 12 * hourMs],
    [['daily at 02:00', 'daily at 14:00'], 'Europe/Berlin', 13 * hourMs],
    [['daily at 02:00', 'every 6h'], 'UTC', 6 * hourMs],
    [['hourly', 'hourly at :30'], 'UTC', hourMs / 2],
    [['weekdays at 02:00', 'weekly on Sunday at 02:00'], 'UTC', 2 * dayMs],
    [['quarterly', 'monthly on the 15th'], 'UTC', 31 * dayMs],
    // of Friday to Monday one is always such a day, and on Mondays that is 81 minutes before the other
    [['weekdays at 02:15', 'every 4 days at 00:54, 16:27'], 'UTC', 3 * dayMs - 81 * 60_000],
    // the run at 03:00 covers the window that is open by then
    [['daily between 01:00 and 05:00', 'daily at 03:00'], 'UTC', dayMs],
    // six hours apart, but five in the weeks in which only one of the clocks is changed
    [['daily at 09:00 Europe/Berlin', 'daily at 09:00 America/New_York'], 'UTC', 19 * hourMs],
  ];
  for (const [texts, zone, expected] of cases) {
    it(`${texts.join(', ')} in ${zone}`, () => {
      const timed = texts.map((text) => schedule(text, zone)).filter(isTimed);
      assert.equal(longestGapOfAllMs(timed), expected);
    });
  }
});

describe('windows', () => {
  const window = schedule('daily between 22:00 and 04:00', 'Europe/Berlin');

  it('are due at their start and late after their end', () => {
    const noon = Date.parse('2026-11-10T11:00Z');
    assert.equal(nextDue(window, noon), Date.parse('2026-11-10T21:00Z'));
    assert.equal(nextLate(window, noon), Date.parse('2026-11-11T03:00Z'));
  });

  it('are shorter and longer in the nights in which the clock changes', () => {
    const hours = (iso: string): number => {
      const fromMs = Date.parse(iso);
      return ((nextLate(window, fromMs) ?? 0) - (nextDue(window, fromMs) ?? 0)) / hourMs;
    };
    assert.equal(hours('2026-03-27T12:00Z'), 6);
    assert.equal(hours('2026-03-28T12:00Z'), 5);
    assert.equal(hours('2026-10-24T12:00Z'), 7);
  });
});
