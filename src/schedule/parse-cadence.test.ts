import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCadence } from './parse-cadence.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const understood: readonly (readonly [string, number, number])[] = [
  ['hourly', hourMs, 8760],
  ['every 12 hours', 12 * hourMs, 730],
  ['daily', dayMs, 365],
  ['every day', dayMs, 365],
  ['Weekly', 7 * dayMs, 365 / 7],
  ['once a week', 7 * dayMs, 365 / 7],
  ['every other week', 14 * dayMs, 365 / 14],
  ['fortnightly', 14 * dayMs, 365 / 14],
  ['every 90 days', 90 * dayMs, 365 / 90],
  ['90 days', 90 * dayMs, 365 / 90],
  ['90d', 90 * dayMs, 365 / 90],
  ['monthly', 31 * dayMs, 12],
  ['once per month', 31 * dayMs, 12],
  ['every 2 months', 62 * dayMs, 6],
  ['quarterly', 92 * dayMs, 4],
  ['every quarter', 92 * dayMs, 4],
  ['every 3 months', 92 * dayMs, 4],
  ['four times a year', 92 * dayMs, 4],
  ['6 months', 184 * dayMs, 2],
  ['half-yearly', 184 * dayMs, 2],
  ['twice a year', 184 * dayMs, 2],
  ['annually', 366 * dayMs, 1],
  ['yearly', 366 * dayMs, 1],
  ['once a year', 366 * dayMs, 1],
  ['every 2 years', 731 * dayMs, 1 / 2],
  ['5 times a year', Math.ceil((366 * dayMs) / 5), 5],
];

const refused: readonly (readonly [string, string, string | undefined])[] = [
  ['', 'the cadence is empty', undefined],
  ['quartely', 'cadence "quartely" is not understood', 'quarterly'],
  ['now and then', 'cadence "now and then" is not understood', undefined],
  ['biannually', '"biannually" may mean "every 6 months" or "every 2 years"', 'every 6 months'],
  ['bi-weekly', '"bi-weekly" may mean "every 2 weeks" or "twice a week"', 'every 2 weeks'],
  ['every 0 days', 'a cadence cannot repeat every 0', undefined],
  ['0 times a year', 'a cadence cannot be 0 times', undefined],
  ['every 20 years', '"every 20 years" is too rare', undefined],
  ['999 times a day', '"999 times a day" is too often', undefined],
  ['every 5 min', 'cadence "every 5 min" is not understood', undefined],
  ['[frequency, e.g., quarterly]', 'cadence "[frequency, e.g., quarterly]" is not understood', undefined],
];

describe('parseCadence', () => {
  for (const [text, intervalMs, perYear] of understood) {
    it(`understands "${text}"`, () => {
      const result = parseCadence(text);
      assert.deepEqual(result, { ok: true, cadence: { text, intervalMs, perYear } });
    });
  }

  for (const [text, message, suggestion] of refused) {
    it(`refuses "${text}"`, () => {
      const result = parseCadence(text);
      assert.ok(!result.ok, 'was understood');
      assert.deepEqual([result.error.message, result.error.suggestion], [message, suggestion]);
    });
  }

  it('suggests only what it understands itself', () => {
    for (const [text] of refused) {
      const result = parseCadence(text);
      if (result.ok || result.error.suggestion === undefined) continue;
      assert.ok(parseCadence(result.error.suggestion).ok, result.error.suggestion);
    }
  });

  it('answers every text with a value', () => {
    const words = fc.constantFrom('every', 'other', '3', 'times', 'a', 'week', 'months', 'twice', 'per', '0');
    const texts = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 5 }).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseCadence(text);
        return !result.ok || (result.cadence.intervalMs >= hourMs && result.cadence.perYear > 0);
      }),
      { numRuns: 1000 },
    );
  });
});
