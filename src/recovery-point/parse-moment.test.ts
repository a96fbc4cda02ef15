import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { describeMoment, parseMoment } from './parse-moment.ts';

const accepted: readonly (readonly [string, string, string])[] = [
  ['2026-11-20 02:44', 'Europe/Berlin', '2026-11-20 02:44:00 +01:00 (Europe/Berlin)'],
  ['2026-11-20T02:44:07', 'UTC', '2026-11-20 02:44:07 +00:00 (UTC)'],
  ['2026-07-20 02:44 America/New_York', 'UTC', '2026-07-20 02:44:00 -04:00 (America/New_York)'],
  ['2026-11-20T02:44:00Z', 'Europe/Berlin', '2026-11-20 03:44:00 +01:00 (Europe/Berlin)'],
  ['2026-11-20 02:44 -05:00', 'UTC', '2026-11-20 07:44:00 +00:00 (UTC)'],
  ['2026-11-20', 'Europe/Berlin', '2026-11-20 00:00:00 +01:00 (Europe/Berlin)'],
  ['2026-04-24', 'Africa/Cairo', '2026-04-24 01:00:00 +03:00 (Africa/Cairo)'],
  ['2024-02-29 00:00', '+02:00', '2024-02-29 00:00:00 +02:00'],
  ['2026-10-25 02:30 +01:00', 'Europe/Berlin', '2026-10-25 02:30:00 +01:00 (Europe/Berlin)'],
];

const refused: readonly (readonly [string, string])[] = [
  ['2026-02-30 02:44', 'there is no 2026-02-30'],
  ['2026-13-01 02:44', 'there is no month 13'],
  ['2025-02-29', 'there is no 2025-02-29'],
  ['2026-11-20 24:00', 'there is no time 24:00:00'],
  ['2026-03-29 02:30', 'Europe/Berlin has no such time on that day: the clock jumps over it'],
  [
    '2026-10-25 02:30',
    'Europe/Berlin has this time twice: the clock was changed then; give an offset, such as +02:00 or +01:00',
  ],
  ['1969-12-31 10:00', 'year 1969 is before anything could be saved'],
  ['2026-11-20 02:44 Mars/Olympus', 'unknown time zone "Mars/Olympus"'],
  ['20.11.2026', '"20.11.2026" is not a moment'],
  ['yesterday', '"yesterday" is not a moment'],
];

describe('parseMoment', () => {
  for (const [text, zone, echo] of accepted) {
    it(`reads "${text}" in ${zone}`, () => {
      const result = parseMoment(text, zone);
      assert.equal(result.ok ? result.echo : result.message, echo);
    });
  }

  for (const [text, message] of refused) {
    it(`refuses "${text}"`, () => {
      const result = parseMoment(text, 'Europe/Berlin');
      assert.equal(result.ok ? result.echo : result.message, message);
    });
  }

  it('reads its own echo back, to the second', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'Australia/Lord_Howe', 'America/New_York', 'UTC');
    fc.assert(
      fc.property(fc.integer({ min: 86_400, max: 4_000_000_000 }), zones, (second, zone) => {
        const echo = describeMoment(second * 1000, zone).replace(/ \(.*/, '');
        const result = parseMoment(echo, zone);
        assert.equal(result.ok ? result.atMs : result.message, second * 1000);
      }),
    );
  });
});
