import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { type Alarm, alarmAgainAfterMs, alarmsPerPassMax, decideAlarms } from './alarms.ts';
import type { Finding } from './finding.ts';

const nowMs = 1_000_000_000;

function broken(subject: string, code: 'VAULT_NOT_FOUND' | 'WRONG_PASSWORD' = 'VAULT_NOT_FOUND'): Finding {
  return { subject, systems: ['db'], error: new LifeboatError(code, `${subject} is broken`) };
}

const fine = (subject: string): Finding => ({ subject, systems: ['db'] });

describe('decideAlarms', () => {
  it('tells an error once an hour', () => {
    const first = decideAlarms([broken('vault away')], [], nowMs);
    assert.equal(first.raise.length, 1);
    const soon = decideAlarms([broken('vault away')], first.alarms, nowMs + alarmAgainAfterMs - 1);
    assert.deepEqual([soon.raise, soon.alarms], [[], first.alarms]);
    const later = decideAlarms([broken('vault away')], soon.alarms, nowMs + alarmAgainAfterMs);
    assert.equal(later.raise.length, 1);
    assert.equal(later.alarms.length, 1);
  });

  it('tells another error of the same subject at once', () => {
    const { alarms } = decideAlarms([broken('vault away')], [], nowMs);
    assert.equal(decideAlarms([broken('vault away', 'WRONG_PASSWORD')], alarms, nowMs + 1).raise.length, 1);
  });

  it('tells that it is over once, and the next failure at once', () => {
    const { alarms } = decideAlarms([broken('vault away')], [], nowMs);
    const over = decideAlarms([fine('vault away')], alarms, nowMs + 1);
    assert.deepEqual([over.recovered.length, over.alarms.length], [1, 0]);
    assert.equal(decideAlarms([fine('vault away')], over.alarms, nowMs + 2).recovered.length, 0);
    assert.equal(decideAlarms([broken('vault away')], over.alarms, nowMs + 3).raise.length, 1);
  });

  it('says nothing is over that was not judged', () => {
    const { alarms } = decideAlarms([broken('backup db away')], [], nowMs);
    const unjudged = decideAlarms([broken('vault away')], alarms, nowMs + 1);
    assert.deepEqual(unjudged.recovered, []);
    assert.equal(unjudged.alarms.length, 2);
  });

  it('does not believe a time in the future', () => {
    const [alarm] = decideAlarms([broken('vault away')], [], nowMs + 86_400_000).alarms;
    assert.ok(alarm);
    assert.equal(decideAlarms([broken('vault away')], [alarm], nowMs).raise.length, 1);
  });

  it('tells a bounded number, and the rest next time', () => {
    const many = Array.from({ length: alarmsPerPassMax + 5 }, (_, index) => broken(`backup s${index} here`));
    const first = decideAlarms(many, [], nowMs);
    assert.equal(first.raise.length, alarmsPerPassMax);
    assert.equal(decideAlarms(many, first.alarms, nowMs + 1).raise.length, 5);
  });

  it('never tells one error twice within the hour, however findings come', () => {
    const passes = fc.array(fc.subarray(['a', 'b', 'c']), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(passes, (all) => {
        let alarms: readonly Alarm[] = [];
        const told = new Map<string, number>();
        all.forEach((failing, index) => {
          const atMs = nowMs + index * 60_000 * 7;
          const decision = decideAlarms(
            failing.map((subject) => broken(subject)),
            alarms,
            atMs,
          );
          for (const { subject } of decision.raise) {
            assert.ok(atMs - (told.get(subject) ?? 0) >= alarmAgainAfterMs);
            told.set(subject, atMs);
          }
          alarms = decision.alarms;
        });
      }),
    );
  });
});
