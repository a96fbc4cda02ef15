import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseSchedule } from '../../schedule/parse-schedule.ts';
import type { Schedule } from '../../schedule/schedule.ts';
import type { LastRun } from './last-run.ts';
import { type BackupQuestion, decideBackup, retryAfterMs } from './owed-backup.ts';

const minuteMs = 60_000;
const at = (text: string) => Date.parse(`2026-11-${text}Z`);

function schedules(...texts: readonly string[]): readonly Schedule[] {
  return texts.map((text) => {
    const result = parseSchedule(text, 'UTC');
    assert.ok(result.ok);
    return result.schedule;
  });
}

const failure = { code: 'SOURCE_LOCKED', message: 'busy' };
const hourly = schedules('hourly');

function question(given: Partial<BackupQuestion>): BackupQuestion {
  return { schedules: hourly, systemHash: 'h', nowMs: at('10T12:30'), ...given };
}

function ran(startMs: number, given: Partial<LastRun> = {}): LastRun {
  return { startMs, endMs: startMs, systemHash: 'h', ...given };
}

describe('decideBackup', () => {
  it('runs once after any downtime', () => {
    assert.deepEqual(decideBackup(question({ lastRun: ran(at('08T20:30')) })), {
      kind: 'run',
      reason: 'due',
      missed: 40,
    });
    assert.deepEqual(decideBackup(question({ lastRun: ran(at('10T12:30')) })), {
      kind: 'nothing',
      isBackedUp: true,
    });
  });

  it('waits after a failure and then tries again, and is never fine in between', () => {
    const lastRun = ran(at('10T12:01'), { failure });
    const retryAtMs = at('10T12:01') + retryAfterMs;
    assert.deepEqual(decideBackup(question({ lastRun, nowMs: retryAtMs - 1 })), {
      kind: 'wait',
      failure,
      retryAtMs,
    });
    assert.deepEqual(decideBackup(question({ lastRun, nowMs: retryAtMs })), {
      kind: 'run',
      reason: 'retry',
      missed: 1,
    });
  });

  it('does not wait for the retry when the schedule is due again', () => {
    const decision = decideBackup(
      question({ schedules: schedules('every 1 min'), lastRun: ran(at('10T12:28'), { failure }) }),
    );
    assert.equal(decision.kind === 'run' && decision.reason, 'due');
  });

  it('runs when the plan describes another system than was backed up', () => {
    const lastRun = ran(at('10T12:10'), { systemHash: 'before' });
    const decision = decideBackup(question({ lastRun }));
    assert.equal(decision.kind === 'run' && decision.reason, 'changed');
    const waiting = decideBackup(question({ lastRun: { ...lastRun, endMs: at('10T12:25'), failure } }));
    assert.equal(waiting.kind, 'wait');
  });

  it('runs for its event only when told, and retries by itself what failed then', () => {
    const onDeploy = schedules('on deploy');
    assert.deepEqual(decideBackup(question({ schedules: onDeploy })), { kind: 'nothing', isBackedUp: false });
    const told = decideBackup(question({ schedules: onDeploy, event: 'deploy' }));
    assert.equal(told.kind === 'run' && told.reason, 'event');
    assert.equal(decideBackup(question({ schedules: onDeploy, event: 'commit' })).kind, 'nothing');
    const failed = ran(at('10T10:00'), { failure });
    const retried = decideBackup(question({ schedules: onDeploy, lastRun: failed }));
    assert.equal(retried.kind === 'run' && retried.reason, 'retry');
  });

  it('leaves alone what nobody scheduled', () => {
    const decision = decideBackup(question({ schedules: [], lastRun: ran(at('01T00:00'), { failure }) }));
    assert.deepEqual(decision, { kind: 'nothing', isBackedUp: false });
  });
});

const scheduleArbitrary = fc
  .constantFrom(
    'every 1 min',
    'hourly',
    'every 6h',
    'daily at 02:00',
    'weekly on Sunday at 03:00',
    '*/7 * * * *',
  )
  .map((text) => schedules(text));
const momentArbitrary = fc.integer({ min: at('01T00:00'), max: at('29T00:00') });

describe('decideBackup, for any schedule and any moment', () => {
  it('owes nothing right after a good run, and a run after any number of missed ones settles all', () => {
    fc.assert(
      fc.property(scheduleArbitrary, momentArbitrary, fc.nat(40 * 86_400_000), (given, nowMs, downMs) => {
        const before = decideBackup(question({ schedules: given, nowMs, lastRun: ran(nowMs - downMs) }));
        assert.notEqual(before.kind, 'wait');
        const after = decideBackup(question({ schedules: given, nowMs, lastRun: ran(nowMs) }));
        assert.deepEqual(after, { kind: 'nothing', isBackedUp: true });
      }),
    );
  });

  it('owes a run while there is none, and never calls a failed one backed up', () => {
    fc.assert(
      fc.property(scheduleArbitrary, momentArbitrary, fc.nat(86_400_000), (given, nowMs, agoMs) => {
        assert.equal(decideBackup(question({ schedules: given, nowMs })).kind, 'run');
        const failed = ran(nowMs - agoMs, { failure });
        assert.notEqual(decideBackup(question({ schedules: given, nowMs, lastRun: failed })).kind, 'nothing');
      }),
    );
  });

  it('tries every minute, makes no two tries of a failing system closer than the schedule or the back-off', () => {
    fc.assert(
      fc.property(momentArbitrary, (startMs) => {
        const given = schedules('daily at 02:00');
        let lastRun = ran(startMs, { failure });
        const tries: number[] = [];
        for (let nowMs = startMs; nowMs < startMs + 6 * 60 * minuteMs; nowMs += minuteMs) {
          if (decideBackup(question({ schedules: given, nowMs, lastRun })).kind !== 'run') continue;
          tries.push(nowMs);
          lastRun = ran(nowMs, { failure });
        }
        const close = tries.filter(
          (time, index) => index > 0 && time - (tries[index - 1] ?? 0) < retryAfterMs,
        );
        assert.ok(close.length <= 1, 'only the due time itself may come sooner');
        assert.ok(tries.length >= 30);
      }),
      { numRuns: 20 },
    );
  });
});
