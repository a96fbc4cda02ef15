import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hear, noWords, type ServerWords } from '../server/server-words.ts';
import { proveRecovery } from './prove-recovery.ts';
import { describeTarget, formatMoment, parseRecoveryTarget, type RecoveryTarget } from './recovery-target.ts';

const at = Date.parse('2026-11-20T02:44:07Z') * 1000;

const accepted: Readonly<Record<string, RecoveryTarget>> = {
  end: { kind: 'end' },
  consistent: { kind: 'consistent' },
  '2026-11-20 03:44:07': { kind: 'time', atUs: at, inclusive: true },
  '2026-11-20 02:44:07.123456Z': { kind: 'time', atUs: at + 123_456, inclusive: true },
  'time:2026-11-20T02:44:07.5+00:00': { kind: 'time', atUs: at + 500_000, inclusive: true },
  'before-time:2026-11-20 02:44:07 UTC': { kind: 'time', atUs: at, inclusive: false },
  '0/3000028': { kind: 'lsn', lsn: 0x3000028n, inclusive: true },
  'before-lsn:1/0': { kind: 'lsn', lsn: 0x1_0000_0000n, inclusive: false },
  'xid:740': { kind: 'xid', xid: 740, inclusive: true },
  'before-xid:740': { kind: 'xid', xid: 740, inclusive: false },
  'name:before the release': { kind: 'name', name: 'before the release' },
};

test('targets are read as people write them, and written as they are read', () => {
  for (const [text, target] of Object.entries(accepted)) {
    assert.deepEqual(parseRecoveryTarget(text, 'Europe/Berlin'), { ok: true, target }, text);
    assert.deepEqual(parseRecoveryTarget(describeTarget(target), 'UTC'), { ok: true, target });
  }
  for (const wrong of [
    '',
    'latest',
    'yesterday',
    'xid:2',
    'xid:4294967296',
    'xid:-5',
    'lsn:12',
    'name:',
    'before-name:x',
    `name:${'x'.repeat(64)}`,
  ])
    assert.ok(!parseRecoveryTarget(wrong, 'UTC').ok, wrong);
  assert.equal(formatMoment(at + 42), '2026-11-20 02:44:07.000042+00:00');
});

const stopLines = {
  xid: 'LOG:  recovery stopping after commit of transaction 740, time 2026-11-20 02:44:07+00',
  beforeXid: 'LOG:  recovery stopping before commit of transaction 740, time 2026-11-20 02:44:07.000001+00',
  lsn: 'LOG:  recovery stopping after WAL location (LSN) "0/3000060"',
  name: 'LOG:  recovery stopping at restore point "before the release", time 2026-11-20 02:44:07.1+00',
  consistent: 'LOG:  recovery stopping after reaching consistency',
};

function said(line: string): ServerWords {
  return hear(noWords, line);
}

function isProven(text: string, line: string, replayedTo = 0x3000100n, lastTransactionUs = at): boolean {
  const parsed = parseRecoveryTarget(text, 'UTC');
  assert.ok(parsed.ok);
  const demand = { target: parsed.target, finish: 'stop' as const, consistentFrom: 0x2000000n };
  return proveRecovery(demand, said(line), { replayedTo, lastTransactionUs }).kind === 'proven';
}

test('a recovery is proven by the words that fit what was asked, and by no others', () => {
  const fitting = [
    ['xid:740', stopLines.xid],
    ['before-xid:740', stopLines.beforeXid],
    ['2026-11-20 02:44:07Z', stopLines.beforeXid],
    ['lsn:0/3000028', stopLines.lsn],
    ['name:before the release', stopLines.name],
    ['consistent', stopLines.consistent],
  ] as const;
  for (const [target, line] of fitting) {
    assert.ok(isProven(target, line), target);
    for (const [, other] of fitting.filter((pair) => pair[1] !== line))
      assert.ok(!isProven(target, other), `${target} by ${other}`);
    assert.ok(!isProven(target, 'LOG:  redo done at 0/3000060'), 'it must say that it stopped');
    assert.ok(!isProven(target, line, 0x1000000n), 'what is not consistent proves nothing');
  }
  assert.ok(!isProven('xid:741', stopLines.xid));
  assert.ok(!isProven('lsn:0/3000068', stopLines.lsn), 'it stopped too early');
  assert.ok(!isProven('2026-11-20 02:44:08Z', stopLines.beforeXid), 'that transaction belonged to it');
  assert.ok(
    !isProven('2026-11-20 02:44:07Z', stopLines.beforeXid, 0x3000100n, at + 1),
    'something newer was replayed',
  );
});

test('the end is proven by the last record of the log, to the byte', () => {
  const demand = {
    ...{ target: { kind: 'end' } as const, finish: 'end' as const, consistentFrom: 0x2000000n },
    tail: { start: 0x3000000n, end: 0x3000040n },
  };
  assert.equal(proveRecovery(demand, noWords, { replayedTo: 0x3000040n }).kind, 'proven');
  assert.equal(proveRecovery(demand, noWords, { replayedTo: 0x3000000n }).kind, 'refuted');
});

test('the words of a server are understood', () => {
  const lines = [
    'LOG:  consistent recovery state reached at 0/2000100',
    'LOG:  database system is ready to accept read-only connections',
    'LOG:  restored log file "000000010000000000000003" from archive',
    'WARNING:  hot standby is not possible because of insufficient parameter settings',
    'DETAIL:  max_connections = 20 is a lower setting than on the primary server, where its value was 100.',
    'LOG:  last completed transaction was at log time 2026-11-20 02:44:07.000042+00',
    'LOG:  selected new timeline ID: 3',
    'LOG:  archive recovery complete',
    'FATAL:  the database system is starting up',
    'FATAL:  recovery ended before configured recovery target was reached',
  ];
  assert.deepEqual(lines.reduce(hear, noWords), {
    ...{ consistentAt: 0x2000100n, isOpen: true, isPaused: false, isComplete: true, newTimeline: 3 },
    restored: '000000010000000000000003',
    insufficient: { max_connections: 100 },
    lastTransactionUs: at + 42,
    fatal: ['recovery ended before configured recovery target was reached'],
  });
});
