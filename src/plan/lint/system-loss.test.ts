import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import type { PlanFacts } from './plan-facts.ts';
import { rpoByLogs } from './rpo-by-logs.ts';
import { rpoSchedule } from './rpo-schedule.ts';
import { systemLoss } from './system-loss.ts';
import { zeroMargin } from './zero-margin.ts';

const minuteMs = 60_000;

function planOf(...lines: readonly string[]) {
  const text = [
    'version: 1',
    'metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane Doe }',
    'vaults:',
    '  here: { location: ./here }',
    '  away: { location: ./away, off_site: true }',
    'systems:',
    '  db:',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
  const parsed = parsePlan(text, 'lifeboat.yaml');
  const errors = parsed.findings.filter(({ severity }) => severity === 'error');
  assert.deepEqual(errors, []);
  assert.ok(parsed.draft !== undefined);
  return { plan: resolvePlan(parsed.draft.plan), written: parsed.draft.plan };
}

function arithmetic(lines: readonly string[], facts: PlanFacts = {}): string | undefined {
  const { plan } = planOf(...lines);
  const [system] = plan.systems;
  assert.ok(system !== undefined);
  return systemLoss(plan, system, facts).counted?.arithmetic;
}

const sqlite = 'source: { kind: sqlite, path: ./db }';
const postgres = 'source: { kind: postgres, connection: { host: db.example.org, database: shop } }';
const estimates = 'estimates: { capture: 12 min, copy: 4 min }';

const schedule = 'schedule: hourly';
const hourly = 'every hour, counted from midnight UTC: at most 1 h between runs';

describe('systemLoss', () => {
  it('takes estimates as declared, with the copy to the vault that is elsewhere', () => {
    assert.equal(
      arithmetic([sqlite, schedule, estimates]),
      `${hourly} + 12 min capture (declared) + 4 min copy (declared) = worst case 1 h 16 min`,
    );
  });

  it('takes what was measured instead', () => {
    const measure = (minutes: number) => ({ value: minutes * minuteMs, from: 'measured: 3 runs' });
    const facts = { measured: { db: { captureMedianMs: measure(2), copyMs: { away: measure(1) } } } };
    assert.equal(
      arithmetic([sqlite, schedule, estimates], facts),
      `${hourly} + 2 min capture (measured) + 1 min copy (measured) = worst case 1 h 3 min`,
    );
  });

  it('counts no copy where the first vault survives', () => {
    assert.equal(
      arithmetic([sqlite, schedule, estimates, 'vaults: [away, here]']),
      `${hourly} + 12 min capture (declared) = worst case 1 h 12 min`,
    );
  });

  it('counts logs of databases that are kept on top of a backup', () => {
    const logs = 'logs: { max_lag: 1 min }';
    const words = 'continuous logs: 1 min behind (declared) = worst case 1 min';
    assert.equal(arithmetic([postgres, schedule, logs]), words);
    assert.equal(arithmetic([postgres, logs]), undefined);
    assert.match(arithmetic([postgres, schedule, 'logs: { point_in_time: false }']) ?? '', /between runs/);
    assert.equal(
      arithmetic(['source: { kind: other, what: Oracle, holds: database }', schedule, logs]),
      words,
    );
    assert.match(arithmetic(['source: { kind: files, paths: [./a] }', schedule, logs]) ?? '', /between runs/);
  });

  it('loses nothing that a commit waits for', () => {
    assert.equal(
      arithmetic([postgres, schedule, 'logs: { acknowledged: before-commit, when_unreachable: block }']),
      'every commit waits for the second place: 0 min behind (declared) = worst case 0 min',
    );
  });

  it('does not count a continuous schedule, which nothing executes', () => {
    assert.equal(arithmetic([sqlite, 'schedule: continuous']), undefined);
    assert.match(arithmetic([sqlite, 'schedule: [continuous, hourly]']) ?? '', /between runs/);
  });

  it('says that what this version cannot capture is not executed', () => {
    const { plan } = planOf(postgres.replace('kind: postgres', 'kind: mysql'), schedule);
    const [system] = plan.systems;
    assert.ok(system !== undefined);
    const loss = systemLoss(plan, system, {});
    assert.equal(loss.executed, undefined);
    assert.equal(loss.withoutLogs?.totalMs, 60 * minuteMs);
  });
});

describe('rules on the worst loss', () => {
  it('point at the first line of backups', () => {
    const { plan, written } = planOf(
      sqlite,
      'objectives: { rpo: 6 h }',
      'backups: { full: { kind: full, schedule: daily at 02:00 } }',
    );
    const [hit] = rpoSchedule.check(plan, {}, written);
    assert.deepEqual(hit?.at, ['systems', 'db', 'backups', 'full', 'schedule']);
  });

  it('point at the logs where these are too slow', () => {
    const { plan, written } = planOf(
      postgres,
      schedule,
      'objectives: { rpo: 1 min }',
      'logs: { max_lag: 2 min }',
    );
    const [hit] = rpoByLogs.check(plan, {}, written);
    assert.deepEqual(hit?.at, ['systems', 'db', 'logs', 'max_lag']);
    assert.equal(hit?.suggestion, 'allow at most 1 min, better half of it');
    assert.deepEqual(rpoSchedule.check(plan, {}, written), []);
  });

  it('see the margin that a copy and a second schedule leave', () => {
    const { plan, written } = planOf(sqlite, 'objectives: { rpo: 78 min }', schedule, estimates);
    assert.deepEqual(rpoSchedule.check(plan, {}, written), []);
    assert.match(zeroMargin.check(plan, {}, written)[0]?.message ?? '', /only 2 min of margin/);
    const denser = planOf(
      sqlite,
      'objectives: { rpo: 78 min }',
      "schedule: [hourly, 'hourly at :30']",
      estimates,
    );
    assert.deepEqual(zeroMargin.check(denser.plan, {}, denser.written), []);
  });
});
