import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSchedule } from '../../schedule/parse-schedule.ts';
import { type LossFigure, type LossInput, type LossLine, worstLossOf } from './worst-loss.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function line(text: string, isExecuted = true): LossLine {
  const result = parseSchedule(text, 'UTC');
  assert.ok(result.ok, text);
  return { schedule: result.schedule, isExecuted };
}

const minutes = (count: number, origin: LossFigure['origin']): LossFigure => ({
  valueMs: count * minuteMs,
  origin,
});

const unknown = minutes(0, 'assumed');

function arithmetic(texts: readonly string[], figures: Partial<LossInput> = {}): string | undefined {
  const lines = texts.map((text) => line(text));
  return worstLossOf({ lines, capture: unknown, ...figures }).withoutLogs?.arithmetic;
}

// `test/simulation/clock.test.ts` holds the figures against a simulated clock.
describe('worstLossOf', () => {
  it('adds gap, capture and copy, and says where each figure comes from', () => {
    assert.equal(
      arithmetic(['hourly'], { capture: minutes(12, 'measured'), copy: minutes(4, 'declared') }),
      'every hour, counted from midnight UTC: at most 1 h between runs + 12 min capture (measured) + ' +
        '4 min copy (declared) = worst case 1 h 16 min',
    );
  });

  it('says what nobody knows', () => {
    assert.equal(
      arithmetic(['daily at 02:00'], { copy: unknown }),
      'daily at 02:00 UTC: at most 1 day between runs + a capture time that is not measured yet + ' +
        'a copy time that is not measured yet = worst case 1 day',
    );
    assert.match(
      arithmetic(['hourly'], { capture: minutes(10, 'assumed') }) ?? '',
      /10 min capture \(assumed\)/,
    );
  });

  it('counts all schedules together', () => {
    assert.equal(
      arithmetic(['daily at 02:00', 'daily at 14:00']),
      'daily at 02:00 UTC; daily at 14:00 UTC: at most 12 h between runs + ' +
        'a capture time that is not measured yet = worst case 12 h',
    );
  });

  it('counts a window as a term of its own', () => {
    assert.equal(
      arithmetic(['daily between 01:00 and 05:00'], { capture: minutes(12, 'declared') }),
      'daily between 01:00 and 05:00 UTC: at most 1 day between runs + 4 h of window + ' +
        '12 min capture (declared) = worst case 1 day 4 h 12 min',
    );
  });

  it('knows that a run waits for the one before it', () => {
    assert.equal(
      arithmetic(['hourly'], { capture: minutes(90, 'measured') }),
      'every hour, counted from midnight UTC: a run lasts longer than the 1 h to the next, which begins when it has ' +
        'ended: 1 h 30 min capture (measured) + 1 s between two runs + 1 h 30 min capture (measured) = worst case 3 h 1 s',
    );
  });

  it('tells the loss with the logs and without them', () => {
    const loss = worstLossOf({
      lines: [line('every 6h'), line('continuous', false)],
      capture: unknown,
      logLag: minutes(5, 'declared'),
    });
    assert.equal(loss.withoutLogs?.totalMs, 6 * hourMs);
    assert.equal(loss.withLogs?.totalMs, 5 * minuteMs);
    assert.equal(loss.withLogs?.arithmetic, 'continuous logs: 5 min behind (declared) = worst case 5 min');
  });

  it('does not let slow logs make it worse', () => {
    const loss = worstLossOf({ lines: [line('hourly')], capture: unknown, logLag: minutes(90, 'declared') });
    assert.equal(loss.withLogs, loss.withoutLogs);
  });

  it('tells the loss without what this version does not run', () => {
    const loss = worstLossOf({ lines: [line('daily at 02:00'), line('hourly', false)], capture: unknown });
    assert.equal(loss.withoutLogs?.totalMs, hourMs);
    assert.equal(loss.executed?.totalMs, 24 * hourMs);
  });

  it('is nothing when no schedule promises a time', () => {
    assert.deepEqual(worstLossOf({ lines: [line('on deploy'), line('continuous')], capture: unknown }), {});
  });
});
