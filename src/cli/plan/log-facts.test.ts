import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ShippingState, shippingStates } from '../../log-shipping/shipping.ts';
import { type StoredStatus, statusFreshMsMax } from '../../log-shipping/status-file.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import { type LogFactsRequest, logFacts, needsBase } from './log-facts.ts';

const nowMs = 1_700_000_000_000;
const branch = '00000001';

function lane(vault: string, change: object = {}): StoredStatus['vaults'][number] {
  return {
    ...{ vault, state: 'streaming', durable: { branch, at: 0x9000000n }, provenUntilMs: nowMs - 2000 },
    ...{ unbroken: [{ branch, start: 0x2000000n }], ...change },
  };
}

const healthy: StoredStatus = {
  ...{ system: 'db', incarnation: '73', state: 'streaming', sinceMs: 1, writtenAtMs: nowMs - 1000 },
  ...{ isProtected: false, branch, findings: [], vaults: [lane('here'), lane('away')] },
};

function point(change: object = {}, base = '0/3000028'): RecoveryPoint {
  return {
    ...{
      id: 'p',
      system: 'db',
      vault: 'v',
      snapshotId: 'p',
      capturedAtMs: 1,
      complete: true,
      bytes: 1,
      files: 1,
    },
    proof: { written: { atMs: 1, recordId: 'r' }, checked: { atMs: 1, recordId: 'r' } },
    position: {
      ...{ kind: 'postgres', systemId: '73', timeline: 1, base, at: base, serverVersion: '15.1' },
      ...{ segmentBytes: 16_777_216, hasLog: true },
    },
    ...change,
  };
}

function request(change: Partial<LogFactsRequest> = {}): LogFactsRequest {
  return {
    ...{ system: 'db', status: healthy, vaults: ['here', 'away'], maxLagMs: 10_000, nowMs },
    points: [point()],
    ...change,
  };
}

const status = (change: Partial<StoredStatus>): Partial<LogFactsRequest> => ({
  status: { ...healthy, ...change },
});
const reason = (change: Partial<LogFactsRequest>): string | undefined =>
  logFacts(request(change)).trouble?.reason;

describe('what the log of a system reaches', () => {
  it('is the newest moment of any vault whose log hangs together back to a sound point', () => {
    assert.deepEqual(logFacts(request()), { isProtected: false, untilMs: nowMs - 2000, vault: 'here' });
    const vaults = [
      lane('here', { unbroken: [{ branch, start: 0x5000000n }] }),
      lane('away', { provenUntilMs: nowMs - 9000 }),
    ];
    const facts = logFacts(request(status({ vaults })));
    assert.equal(facts.untilMs, nowMs - 9000);
    assert.equal(facts.vault, 'away');
  });

  it('is nothing on top of a point that is not sound, of another cluster, timeline, or older than the log', () => {
    const unsound = [
      point({ complete: false }),
      point({ proof: { written: { atMs: 1, recordId: 'r' } } }),
      point({ failure: { atMs: 1, recordId: 'r', foundBy: 'check' } }),
      point({}, '0/1000028'),
      point({ position: { ...point().position, systemId: '74' } }),
      point({ position: { ...point().position, timeline: 2 } }),
      point({ position: { kind: 'none' } }),
    ];
    for (const bad of [[], ...unsound.map((each) => [each])]) {
      const facts = logFacts(request({ points: bad }));
      assert.equal(facts.untilMs, undefined);
      assert.equal(facts.trouble?.nextAction, 'lifeboat backup db');
      assert.ok(needsBase(request({ points: bad })));
    }
    assert.ok(!needsBase(request()));
  });

  it('leads through no piece that is known to be damaged, in that vault, until a base behind it is there', () => {
    const piece = { vault: 'here', incarnation: '73', branch, start: 0x4000000n, end: 0x4100000n };
    const with_ = (change: object, points = [point()]) =>
      request({ damaged: [{ ...piece, ...change }], points });
    assert.equal(logFacts(with_({})).vault, 'away');
    assert.equal(
      logFacts(with_({ start: 0x2000000n, end: 0x2100000n })).vault,
      'here',
      'it lies before the base',
    );
    assert.equal(logFacts(with_({ incarnation: '74' })).vault, 'here');
    const both = (points?: RecoveryPoint[]) => ({
      ...with_({}, points),
      damaged: [piece, { ...piece, vault: 'away' }],
    });
    assert.equal(logFacts(both()).untilMs, undefined);
    assert.ok(needsBase(both()));
    assert.equal(logFacts(both([point(), point({}, '0/5000028')])).vault, 'here');
  });

  it('follows damage of a branch as far as that is part of the way', () => {
    const unbroken = [
      { branch: '00000002', start: 0x5000000n },
      { branch, start: 0x2000000n, end: 0x5000100n },
    ];
    const vaults = [lane('here', { unbroken })];
    const of = (start: bigint, on = branch) =>
      logFacts(
        request({
          ...status({ vaults }),
          damaged: [{ vault: 'here', incarnation: '73', branch: on, start, end: start + 0x1000n }],
        }),
      ).vault;
    assert.equal(of(0x4000000n), undefined);
    assert.equal(of(0x5000100n), 'here', 'written after the branch was left');
    assert.equal(of(0x6000000n, '00000002'), undefined);
    assert.equal(of(0x6000000n, '00000003'), 'here');
  });

  it('is in doubt while the receiver is silent, whatever it said last', () => {
    const old = status({ writtenAtMs: nowMs - statusFreshMsMax - 1 });
    assert.match(reason(old) ?? '', /has said nothing for 30 s/);
    assert.match(reason(status({ writtenAtMs: nowMs + 120_000 })) ?? '', /clock was set back/);
    assert.match(reason({ status: undefined }) ?? '', /^no receiver/);
    assert.equal(reason(status({ state: 'stopped' })), 'the receiver of its log was stopped');
  });

  it('is at risk when one vault is behind, away, or not known, or the server keeps nothing for us', () => {
    const away = lane('away', { state: 'away', error: { code: 'STORE_UNAVAILABLE', message: 'no room' } });
    assert.equal(reason(status({ vaults: [lane('here'), away] })), 'the vault away takes no log: no room');
    assert.match(
      reason(status({ vaults: [lane('here'), lane('away', { provenUntilMs: nowMs - 20_000 })] })) ?? '',
      /behind$/,
    );
    assert.equal(reason(status({ vaults: [lane('here')] })), 'its log does not go to away');
    assert.match(reason(status({ hold: 'lost' })) ?? '', /does not keep/);
    const findings = [{ severity: 'warning' as const, message: 'the disk fills', hint: 'Give it room.' }];
    assert.equal(reason(status({ findings })), 'the disk fills');
  });

  it('counts commits as waiting only where every choice of vaults holds one that counts', () => {
    const waits = (copies: number, vaults: StoredStatus['vaults']) =>
      logFacts(request({ ...status({ isProtected: true, vaults }), copies })).isProtected;
    const loose = lane('away', { unbroken: [] });
    assert.equal(waits(1, [lane('here'), lane('away')]), true);
    assert.equal(waits(1, [lane('here'), loose]), false);
    assert.equal(waits(2, [lane('here'), loose]), true);
    assert.equal(
      logFacts(request(status({ isProtected: true }))).isProtected,
      false,
      'the plan does not ask for it',
    );
  });

  it('never reaches beyond what some vault has proven, and is protected only by a receiver that is alive', () => {
    const states = fc.constantFrom<ShippingState>(...shippingStates);
    const lanes = fc.array(
      fc.record({
        vault: fc.constantFrom('here', 'away', 'other'),
        state: fc.constantFrom('streaming' as const, 'behind' as const, 'away' as const, 'broken' as const),
        agoMs: fc.integer({ min: -100_000, max: 100_000 }),
        start: fc.constantFrom(0x2000000n, 0x4000000n),
      }),
      { maxLength: 3 },
    );
    const facts = fc.record({
      state: states,
      isProtected: fc.boolean(),
      writtenAgoMs: fc.integer({ min: -90_000, max: 90_000 }),
      lanes,
    });
    fc.assert(
      fc.property(facts, fc.constantFrom(1, 2, undefined), (drawn, copies) => {
        const vaults = drawn.lanes.map(({ vault, state, agoMs, start }) =>
          lane(vault, { state, provenUntilMs: nowMs - agoMs, unbroken: [{ branch, start }] }),
        );
        const written = {
          state: drawn.state,
          isProtected: drawn.isProtected,
          writtenAtMs: nowMs - drawn.writtenAgoMs,
        };
        const found = logFacts(
          request({ ...status({ ...written, vaults }), ...(copies === undefined ? {} : { copies }) }),
        );
        if (found.untilMs !== undefined)
          assert.ok(
            drawn.lanes.some(
              ({ vault, state, agoMs, start }) =>
                vault === found.vault &&
                vault !== 'other' &&
                state !== 'broken' &&
                start === 0x2000000n &&
                nowMs - agoMs === found.untilMs,
            ),
          );
        if (found.isProtected)
          assert.ok(drawn.isProtected && drawn.writtenAgoMs <= statusFreshMsMax && drawn.state !== 'stopped');
      }),
    );
  });
});
