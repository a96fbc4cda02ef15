import assert from 'node:assert/strict';
import { test } from 'node:test';
import { civilDate, civilDay, dayMs, daysInMonth } from './civil-day.ts';

test('dates of four centuries are those of Date', () => {
  for (let day = civilDay(1890, 1, 1); day < civilDay(2310, 1, 1); day++) {
    const date = new Date(day * dayMs);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
    const expected = { year, month, day: date.getUTCDate(), weekday: date.getUTCDay() };
    const actual = civilDate(day);
    if (actual.day === 1)
      assert.equal(daysInMonth(year, month), new Date(Date.UTC(year, month, 0)).getUTCDate());
    assert.deepEqual(actual, expected);
  }
});
