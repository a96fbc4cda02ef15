import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { describeSchedule } from './describe-schedule.ts';
import { parseSchedule } from './parse-schedule.ts';

const understood: readonly (readonly [string, string])[] = [
  ['daily at 02:00 UTC', 'daily at 02:00 UTC'],
  ['daily at 02:00 Europe/Berlin', 'daily at 02:00 Europe/Berlin'],
  ['Daily at 2:30 PM europe/berlin', 'daily at 14:30 Europe/Berlin'],
  ['daily', 'daily at 00:00 America/New_York'],
  ['nightly at 01:00', 'daily at 01:00 America/New_York'],
  ['daily at 02:00 and 14:00 UTC', 'daily at 02:00, 14:00 UTC'],
  ['daily at 14:00, 02:00 and 02:00', 'daily at 02:00, 14:00 America/New_York'],
  ['every day at noon', 'daily at 12:00 America/New_York'],
  ['daily at 02:00 (UTC)', 'daily at 02:00 UTC'],
  ['daily at 02:00 +02:00', 'daily at 02:00 +02:00'],
  ['hourly', 'every hour, counted from midnight America/New_York'],
  ['every hour UTC', 'every hour, counted from midnight UTC'],
  ['hourly at :15', 'every hour, counted from :15 after midnight America/New_York'],
  ['every 6h', 'every 6 hours, counted from midnight America/New_York'],
  ['every 6 hours UTC', 'every 6 hours, counted from midnight UTC'],
  ['every 15 min', 'every 15 min, counted from midnight America/New_York'],
  ['every 2 days at 03:00', 'every 2 days at 03:00 America/New_York'],
  ['every 48h', 'every 2 days at 00:00 America/New_York'],
  ['weekly on Sunday at 03:00', 'every Sunday at 03:00 America/New_York'],
  ['weekly', 'every Sunday at 00:00 America/New_York'],
  ['every Friday at 18:00 UTC', 'every Friday at 18:00 UTC'],
  ['on Mon and Thursday at 03:00', 'every Monday and Thursday at 03:00 America/New_York'],
  ['weekdays at 22:00', 'every Monday, Tuesday, Wednesday, Thursday and Friday at 22:00 America/New_York'],
  ['monthly on the 1st at 04:00', 'on day 1 of every month at 04:00 America/New_York'],
  ['monthly on the 31st', 'on day 31 (or the last) of every month at 00:00 America/New_York'],
  ['monthly on the last day at 23:30', 'on the last day of every month at 23:30 America/New_York'],
  ['quarterly on the 2nd at 05:00 UTC', 'on day 2 of Jan, Apr, Jul and Oct at 05:00 UTC'],
  ['quarterly', 'on day 1 of Jan, Apr, Jul and Oct at 00:00 America/New_York'],
  ['yearly', 'on day 1 of Jan at 00:00 America/New_York'],
  ['annually on 15 March at 04:00 UTC', 'on day 15 of Mar at 04:00 UTC'],
  ['yearly on March 15 UTC', 'on day 15 of Mar at 00:00 UTC'],
  ['yearly on the 29th of February UTC', 'on day 29 (or the last) of Feb at 00:00 UTC'],
  ['monthly on the first Sunday at 03:00 UTC', 'on the first Sunday of every month at 03:00 UTC'],
  ['on the last Friday of each month at 22:00 UTC', 'on the last Friday of every month at 22:00 UTC'],
  ['monthly on the last weekday UTC', 'on the last weekday of every month at 00:00 UTC'],
  ['quarterly on the first working day UTC', 'on the first weekday of Jan, Apr, Jul and Oct at 00:00 UTC'],
  ['on the 2nd Tuesday of march and september UTC', 'on the second Tuesday of Mar and Sep at 00:00 UTC'],
  ['daily between 01:00 and 05:00', 'daily between 01:00 and 05:00 America/New_York'],
  ['daily from 1am to 5am UTC', 'daily between 01:00 and 05:00 UTC'],
  [
    'weekdays between 22:00 and 04:00 Europe/Berlin',
    'every Monday, Tuesday, Wednesday, Thursday and Friday between 22:00 and 04:00 Europe/Berlin',
  ],
  ['weekly on Sunday between 00:00 and 06:00 UTC', 'every Sunday between 00:00 and 06:00 UTC'],
  ['every 6h from 02:00', 'every 6 hours, counted from 02:00 America/New_York'],
  ['every 6h from 20:00 UTC', 'every 6 hours, counted from 02:00 UTC'],
  ['every 15 min from 00:05 UTC', 'every 15 min, counted from :05 after midnight UTC'],
  ['every 4 hours starting at 01:30 UTC', 'every 4 hours, counted from 01:30 UTC'],
  [
    'daily at 0:00, 1:00, 2:00, 3:00, 4:00, 5:00 and 6:00 UTC',
    'daily at 00:00, 01:00, 02:00, 03:00, 04:00, 05:00, 06:00 UTC',
  ],
  ['on deploy', 'on every deployment'],
  ['on every deployment', 'on every deployment'],
  ['on every commit', 'on every commit'],
  ['continuous', 'continuously'],
  ['cron: 0 2 * * *', 'daily at 02:00 America/New_York'],
  ['0 2 * * *', 'daily at 02:00 America/New_York'],
  ['0 2 * * 1-5 UTC', 'every Monday, Tuesday, Wednesday, Thursday and Friday at 02:00 UTC'],
  ['30 4 1,15 * *', 'on day 1 and 15 of every month at 04:30 America/New_York'],
  ['30 4 L * *', 'on day last of every month at 04:30 America/New_York'],
  ['0 0 13 * FRI', 'on day 13 or every Friday at 00:00 America/New_York'],
  ['@weekly', 'every Sunday at 00:00 America/New_York'],
];

const refused: readonly (readonly [string, string, string | undefined])[] = [
  ['', 'the schedule is empty', undefined],
  ['daly at 02:00', 'schedule "daly at 02:00" is not understood', 'daily at 02:00'],
  ['each night sometime', 'schedule "each night sometime" is not understood', 'daily at 02:00'],
  ['daily at 25:00', 'time "25:00" is not understood', undefined],
  ['daily at 2', 'time "2" is not understood', undefined],
  ['daily at 02:00 Europe/Berln', 'unknown time zone "Europe/Berln"', undefined],
  ['daily at 02:00 CET', 'unknown time zone "CET"', undefined],
  ['every 30 s', 'a schedule is at least one minute apart', 'every 1 min'],
  ['every 0 min', 'a schedule cannot repeat every 0', undefined],
  ['every 36h', 'an interval above a day that is not whole days is not supported', 'every 1 day'],
  ['monthly on the 32nd', 'day "32nd" is not understood', 'monthly on the 1st'],
  ['monthly on the fifth Monday', 'day "fifth monday" is not understood', 'monthly on the 1st'],
  ['yearly on 31 April', 'there is no day 31 in april', undefined],
  ['daily between 01:00 and 01:00', 'a window begins and ends at the same time', undefined],
  ['daily between 01:00 and late', 'time "late" is not understood', undefined],
  ['daily from 02:00', 'days are not counted from a time', undefined],
  ['every 15 min between 08:00 and 18:00', 'a window says when one run of a day may begin', undefined],
  ['hourly from noonish', 'minute "noonish" is not understood', 'hourly at :15'],
  [
    'on deploy between 01:00 and 02:00',
    'schedule "on deploy between 01:00 and 02:00" is not understood',
    'on deploy',
  ],
  ['0 0 31 2 *', 'cron expression "0 0 31 2 *" names a date that never comes', undefined],
  [
    'cron: 0 2 * *',
    'a cron expression has 5 fields (minute hour day month weekday), "0 2 * *" has 4',
    undefined,
  ],
  [
    '0 0 2 * * *',
    'a cron expression has 5 fields (minute hour day month weekday), "0 0 2 * * *" has 6; a field for seconds is not supported',
    undefined,
  ],
  [
    '61 2 * * *',
    'cron field minute "61" is not understood; it takes 0 to 59, *, lists, ranges and steps',
    undefined,
  ],
];

describe('parseSchedule', () => {
  for (const [text, words] of understood) {
    it(`understands "${text}"`, () => {
      const result = parseSchedule(text, 'America/New_York');
      assert.equal(result.ok ? describeSchedule(result.schedule) : result.error.message, words);
    });
  }

  for (const [text, message, suggestion] of refused) {
    it(`refuses "${text}"`, () => {
      const result = parseSchedule(text, 'UTC');
      assert.ok(!result.ok, 'was understood');
      assert.deepEqual([result.error.message, result.error.suggestion], [message, suggestion]);
    });
  }

  it('understands its own words, cron aside', () => {
    for (const [text] of understood) {
      const result = parseSchedule(text, 'America/New_York');
      assert.ok(result.ok, text);
      const { schedule } = result;
      if (schedule.kind === 'calendar' && schedule.days.kind === 'cron') continue;
      const words = describeSchedule(schedule);
      const again = parseSchedule(words, 'UTC');
      assert.deepEqual(again, { ok: true, schedule: { ...schedule, text: words } }, words);
    }
  });

  it('suggests only what it understands itself', () => {
    for (const [text] of refused) {
      const result = parseSchedule(text, 'UTC');
      if (result.ok || result.error.suggestion === undefined) continue;
      assert.ok(parseSchedule(result.error.suggestion, 'UTC').ok, result.error.suggestion);
    }
  });

  it('refuses a plan zone that does not exist', () => {
    const result = parseSchedule('daily', 'Mars/Olympus');
    assert.equal(result.ok ? '' : result.error.message, 'unknown time zone "Mars/Olympus"');
  });

  it('answers every text with a value', () => {
    const words = fc.constantFrom(
      'every',
      'on',
      'at',
      '02:00',
      '*',
      '0',
      '/',
      'UTC',
      'monthly',
      'L',
      '1-5',
      'day',
      '6h',
      ',',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 8 }).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => typeof parseSchedule(text, 'UTC').ok === 'boolean'),
      { numRuns: 500 },
    );
  });
});
