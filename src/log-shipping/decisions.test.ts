/** What is decided without a clock, a server or a vault. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coverageOf } from '../log-archive/coverage.ts';
import { acknowledgedOf, type LaneProgress } from './acknowledged.ts';
import { locateLane, streamBegin } from './locate-lane.ts';
import { changedMode, type ModeFacts, type ModeState, nextMode } from './mode-machine.ts';
import { averagePutMs, paceOf } from './put-pace.ts';
import { createWaitingBytes } from './waiting-bytes.ts';

const lane = (durable: bigint | undefined, isCurrent = true): LaneProgress => ({ durable, isCurrent });

test('with sync so many vaults count as the plan says, never fewer', () => {
  const sync = { kind: 'sync' } as const;
  const lanes = [lane(30n), lane(10n), lane(20n, false), lane(undefined)];
  assert.deepEqual(
    [1, 2, 3, 4].map((copies) => acknowledgedOf(sync, copies, lanes)),
    [30n, 20n, 10n, undefined],
  );
});

test('with async all that take anything count, and nothing is released that no vault has', () => {
  const async = { kind: 'async' } as const;
  assert.equal(acknowledgedOf(async, 2, [lane(30n), lane(10n)]), 10n);
  assert.equal(acknowledgedOf(async, 2, [lane(30n), lane(10n, false)]), 30n);
  assert.equal(acknowledgedOf(async, 2, [lane(30n, false), lane(10n, false)]), 30n);
  assert.equal(acknowledgedOf(async, 2, [lane(undefined, false)]), undefined);
});

const facts: ModeFacts = {
  nowMs: 0,
  oldestWaitMs: 0,
  isStreaming: true,
  degradeAfterMs: 30_000,
  steadyMs: 2000,
};

test('commits wait for us once the copies have kept up, and no longer once something waits for too long', () => {
  let state: ModeState = { kind: 'suspended', sinceMs: 0, wasProtected: false };
  const at = (given: Partial<ModeFacts>): string => {
    const next = nextMode(state, { ...facts, ...given });
    state = next.wish === 'none' ? next.state : changedMode(next.wish, given.nowMs ?? 0);
    return next.wish;
  };
  assert.equal(at({ nowMs: 0 }), 'none');
  assert.equal(at({ nowMs: 1999 }), 'none');
  assert.equal(at({ nowMs: 2000, oldestWaitMs: 1500 }), 'none', 'late copies begin anew');
  assert.equal(at({ nowMs: 2100 }), 'none');
  assert.equal(at({ nowMs: 3000, isStreaming: false }), 'none');
  assert.equal(at({ nowMs: 3100 }), 'none');
  assert.equal(at({ nowMs: 5100 }), 'protect');
  assert.equal(at({ nowMs: 6000, oldestWaitMs: 29_999 }), 'none');
  assert.equal(at({ nowMs: 6001, oldestWaitMs: 30_000 }), 'degrade');
  assert.deepEqual(state, { kind: 'suspended', sinceMs: 6001, wasProtected: true });
});

test('after a quick degradation commits wait again only when what waited has gone', () => {
  const state: ModeState = { kind: 'suspended', sinceMs: 0, wasProtected: true, steadySinceMs: 0 };
  const quick = { ...facts, nowMs: 5000, degradeAfterMs: 200 };
  assert.equal(nextMode(state, { ...quick, oldestWaitMs: 250 }).wish, 'none');
  assert.equal(nextMode(state, { ...quick, oldestWaitMs: 50 }).wish, 'protect');
});

test('with block nothing is ever let go', () => {
  const state = changedMode('protect', 0);
  const { degradeAfterMs: _none, ...block } = facts;
  assert.equal(nextMode(state, { ...block, oldestWaitMs: 1e12, isStreaming: false }).wish, 'none');
});

test('slow stores get more puts at once, and where nobody waits bytes are gathered for longer', () => {
  const sync = { isSync: true, maxLagMs: 60_000 };
  assert.equal(paceOf(1, sync).window, 1);
  assert.equal(paceOf(8, sync).window, 2);
  assert.equal(paceOf(60, sync).window, 4);
  for (const putMs of [0, 1, 8, 60, 5000]) {
    const { lingerMs } = paceOf(putMs, sync);
    assert.ok(lingerMs >= 2 && lingerMs <= 5);
  }
  assert.equal(paceOf(1, { isSync: false, maxLagMs: 60_000 }).lingerMs, 1000);
  assert.equal(paceOf(1, { isSync: false, maxLagMs: 1000 }).lingerMs, 100);
  assert.equal(averagePutMs(undefined, 40), 40);
  assert.equal(averagePutMs(40, 90), 50);
});

test('the oldest byte that is not acknowledged tells how long something waits', () => {
  const waiting = createWaitingBytes();
  assert.equal(waiting.oldestMs(5), 0);
  waiting.came(10n, 0);
  for (let ms = 1; ms <= 100; ms++) waiting.came(10n + BigInt(ms), ms);
  assert.equal(waiting.oldestMs(200), 200);
  waiting.acknowledged(10n);
  assert.ok(waiting.oldestMs(200) >= 190 && waiting.oldestMs(200) < 200);
  waiting.acknowledged(109n);
  assert.ok(waiting.oldestMs(200) > 0);
  waiting.acknowledged(110n);
  assert.equal(waiting.oldestMs(200), 0);
});

const chunk = (branch: string, start: bigint, end: bigint) => ({ form: 'chunk', branch, start, end });
const gap = (branch: string, start: bigint, end: bigint) => ({ form: 'gap', branch, start, end });
const lineage = [{ branch: '1', end: 100n }, { branch: '2', end: 200n }, { branch: '3' }];

test('a vault goes on where the first hole is that nobody declared, on the newest branch of the server', () => {
  const one = coverageOf('1', [chunk('1', 0n, 50n), chunk('1', 60n, 90n)]);
  assert.deepEqual(locateLane([one], lineage, 300n).at, { branch: '1', at: 50n });
  const declared = coverageOf('1', [chunk('1', 0n, 50n), chunk('1', 60n, 90n), gap('1', 50n, 60n)]);
  assert.deepEqual(locateLane([declared], lineage, 300n).at, { branch: '1', at: 90n });
  const two = coverageOf('2', [chunk('2', 96n, 150n)]);
  assert.deepEqual(locateLane([one, two], lineage, 300n).at, { branch: '2', at: 150n });
  assert.equal(locateLane([], lineage, 300n).at, undefined);
});

test('what the server never had is diverged: behind the end of a branch, of its own log, or on a branch of nobody', () => {
  const ends = (branch: string, end: bigint) =>
    locateLane([coverageOf(branch, [chunk(branch, 10n, end)])], lineage, 300n).diverged;
  assert.deepEqual(ends('1', 100n), []);
  assert.deepEqual(ends('1', 120n), [{ branch: '1', start: 100n, end: 120n }]);
  assert.deepEqual(ends('3', 310n), [{ branch: '3', start: 300n, end: 310n }]);
  assert.deepEqual(ends('9', 20n), [{ branch: '9', start: 10n, end: 20n }]);
});

test('the stream begins with the vault that is so far that enough are, or with one a little behind it', () => {
  const mebibyte = 1024n * 1024n;
  const at = (branch: string, mebibytes: bigint) => ({ branch, at: mebibytes * mebibyte });
  const begins = [at('3', 500n), at('3', 450n), at('3', 100n), at('2', 90n)];
  assert.deepEqual(streamBegin(begins, lineage, 1), at('3', 450n));
  assert.deepEqual(streamBegin(begins, lineage, 3), at('3', 100n));
  assert.deepEqual(streamBegin(begins, lineage, 4), at('2', 90n));
  assert.equal(streamBegin([], lineage, 1), undefined);
});
