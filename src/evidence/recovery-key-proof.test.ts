import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyPurpose, RunRecord } from './record.ts';
import { recordTimes } from './record-common.ts';
import { knownKeys, recoveryKeyProof } from './recovery-key-proof.ts';

const day = 24 * 60 * 60 * 1000;
const now = 1000 * day;

const at = (days: number) => ({
  id: `r${days}`,
  runId: 'run',
  vault: 'v',
  host: 'shop-1',
  programVersion: '0.1.0',
  verdict: 'pass' as const,
  ...recordTimes(days * day, days * day),
});
const init = (days: number): RunRecord => ({ ...at(days), type: 'init' });
const key = (days: number, action: 'add' | 'remove', keyId: string, purpose?: KeyPurpose): RunRecord => ({
  ...at(days),
  type: 'key',
  action,
  keyId,
  ...(purpose === undefined ? {} : { purpose }),
});
const tried = (days: number, keyId: string, isRecoveryKey = true): RunRecord => ({
  ...at(days),
  type: 'key-test',
  keyId,
  isRecoveryKey,
  form: 'typed',
});

const cases: readonly (readonly [string, readonly RunRecord[], string])[] = [
  ['of nothing nothing is known', [], 'unknown'],
  ['a vault made without one has none', [init(900)], 'no-key'],
  ['a password is no recovery key', [init(900), key(901, 'add', 'a', 'password')], 'no-key'],
  ['a key that nobody tried', [init(900), key(900, 'add', 'a', 'recovery')], 'never'],
  ['a key of an earlier version may be one', [init(900), key(900, 'add', 'a')], 'never'],
  ['a history without its beginning', [key(900, 'add', 'a', 'password')], 'never'],
  ['it was tried', [init(900), key(900, 'add', 'a', 'recovery'), tried(990, 'a')], 'proven'],
  ['in whatever order the records come', [tried(990, 'a'), key(900, 'add', 'a', 'recovery')], 'proven'],
  ['a password that was tried is no proof', [init(900), tried(990, 'a', false)], 'no-key'],
  ['180 days ago', [init(1), tried(820, 'a')], 'proven'],
  ['longer ago', [init(1), tried(819, 'a')], 'old'],
  ['the key that was tried is gone', [init(1), tried(990, 'a'), key(991, 'remove', 'a')], 'no-key'],
  [
    'another one is there untried',
    [init(1), key(2, 'add', 'b', 'recovery'), tried(990, 'a'), key(991, 'remove', 'a')],
    'never',
  ],
  [
    'one of two was tried',
    [key(2, 'add', 'b', 'recovery'), key(2, 'add', 'a', 'recovery'), tried(990, 'a')],
    'proven',
  ],
  [
    'a test from the future proves nothing',
    [init(1), key(2, 'add', 'a', 'recovery'), tried(1010, 'a')],
    'never',
  ],
  ['a test that failed proves nothing', [init(1), { ...tried(990, 'a'), verdict: 'fail' }], 'no-key'],
];

for (const [what, records, kind] of cases)
  test(`${what}: ${kind}`, () => {
    assert.equal(recoveryKeyProof(records, now).kind, kind);
  });

test('what is known of each key: what for, and when it was tried last', () => {
  const known = knownKeys([
    key(1, 'add', 'a', 'recovery'),
    key(2, 'add', 'b', 'password'),
    key(3, 'add', 'c'),
    tried(5, 'b', false),
    tried(6, 'c'),
    tried(4, 'c'),
  ]);
  assert.deepEqual(known.get('a'), { isRecoveryKey: true, testedAtMs: undefined });
  assert.deepEqual(known.get('b'), { isRecoveryKey: false, testedAtMs: 5 * day });
  assert.deepEqual(known.get('c'), { isRecoveryKey: true, testedAtMs: 6 * day });
});
