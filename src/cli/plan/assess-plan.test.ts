/** Whatever the vaults say, green needs a point and a proof that a simple reading of the same records finds as well. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { BackupRecord, CheckRecord, RunRecord, VerifyRecord } from '../../evidence/record.ts';
import type { RecordVerdict } from '../../evidence/record-common.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import type { Status } from '../../objective/objective.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import { resolvePlan } from '../../plan/resolve-plan.ts';
import type { ResolvedPlan } from '../../plan/resolved-plan.ts';
import { systemHash } from '../../plan/system-hash.ts';
import type { VaultRecords } from '../../vault/vault.ts';
import { assessPlan } from './assess-plan.ts';
import { historyOf, type VaultHistory } from './plan-history.ts';

const nowMs = 1_000_000_000_000;
const rpoMs = 3_600_000;
const proofAgeMs = 7_200_000;
const skewMs = 60_000;
const planId = '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11';
const plan = planOf();
const hash = systemHash(plan.systems[0] ?? assert.fail('the plan has a system'));
const session = { plan, planHash: 'v1:plan', fileName: '/lifeboat.yaml', folder: '/', text: '', files: [] };

function planOf(): ResolvedPlan {
  const { plan: parsed, findings } = parsePlan(
    `version: 1
metadata: { id: ${planId}, name: Test, owner: Tester }
vaults: { here: { location: /v/here }, away: { location: /v/away } }
systems:
  uploads:
    source: { kind: files, paths: [/uploads] }
    checks: [files]
    objectives: { rpo: 1 h, rto: 1 h, proof_age: 2 h }
`,
    'lifeboat.yaml',
  );
  assert.ok(parsed, JSON.stringify(findings));
  return resolvePlan(parsed);
}

interface Scene {
  readonly vault: string;
  readonly known: VaultRecords | undefined;
  readonly trouble: boolean;
}

const ids = ['a', 'b', 'c'];
const agoMs = fc.integer({ min: -2, max: 40 }).map((step) => nowMs - step * 5 * 60_000);
const verdicts = fc.constantFrom(
  'pass' as const,
  'fail' as const,
  'inconclusive' as const,
  'incomplete' as const,
);
const good = <T>(value: T, ...others: T[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, fc.constantFrom(value, ...others));

function common(vault: string, id: string, endMs: number) {
  return {
    id,
    runId: 'run',
    vault,
    host: 'host',
    programVersion: '0',
    system: 'uploads',
    ...recordTimes(endMs - 1000, endMs),
  };
}

function backups(vault: string): fc.Arbitrary<RunRecord> {
  return fc
    .record({
      snapshotId: fc.constantFrom(...ids),
      atMs: agoMs,
      verdict: good<RecordVerdict>('pass', 'incomplete', 'fail'),
      problemCount: good(0, 1),
      plan: good(planId, 'another'),
      system: good('uploads', 'other'),
      number: fc.nat(),
    })
    .map(
      ({ snapshotId, atMs, verdict, problemCount, plan: id, system, number }): BackupRecord => ({
        type: 'backup',
        ...common(vault, `b${number}`, atMs + 1000),
        verdict,
        planId: id,
        system,
        systemHash: hash,
        trigger: 'manual',
        snapshotId,
        capturedAtMs: atMs,
        files: 1,
        directories: 1,
        bytes: 1,
        bytesAdded: 1,
        values: {},
        problemCount,
        writerPauseMs: 0,
      }),
    );
}

function checks(vault: string): fc.Arbitrary<RunRecord> {
  return fc
    .record({
      whole: fc.subarray(ids),
      damaged: fc.subarray(ids),
      verdict: good<RecordVerdict>('pass', 'fail'),
      atMs: agoMs,
      number: fc.nat(),
    })
    .map(
      ({ whole, damaged, verdict, atMs, number }): CheckRecord => ({
        type: 'check',
        ...common(vault, `c${number}`, atMs),
        verdict,
        scope: 'part',
        snapshotIds: whole.filter((id) => verdict === 'pass' || !damaged.includes(id)),
        damagedSnapshotIds: verdict === 'pass' ? [] : damaged,
        packsRead: 1,
        bytesRead: 1,
      }),
    );
}

function verifications(vault: string): fc.Arbitrary<RunRecord> {
  return fc
    .record({
      snapshotId: fc.constantFrom(...ids),
      verdict: fc.oneof({ weight: 3, arbitrary: fc.constant('pass' as const) }, verdicts),
      restored: good(true, false),
      systemHash: good(hash, 'v1:other'),
      atMs: agoMs,
      number: fc.nat(),
    })
    .map(
      ({ snapshotId, verdict, restored, systemHash: of, atMs, number }): VerifyRecord => ({
        type: 'verify',
        ...common(vault, `v${number}`, atMs),
        verdict,
        systemHash: of,
        snapshotId,
        restored,
        restoreMs: 1000,
        checkMs: 1,
        files: 1,
        bytes: 1,
        checks: [{ name: 'files', verdict: verdict === 'incomplete' ? 'fail' : verdict }],
      }),
    );
}

function scenes(vault: string): fc.Arbitrary<Scene> {
  const known = fc.record({
    records: fc.array(fc.oneof(backups(vault), checks(vault), verifications(vault)), { maxLength: 9 }),
    problems: good([], [{ kind: 'missing' as const, writer: 'w', sequence: 1, what: 'record 1 is missing' }]),
    snapshotIds: fc.oneof({ weight: 4, arbitrary: fc.constant(ids) }, fc.subarray(ids)),
    readAtMs: fc.oneof({ weight: 3, arbitrary: fc.constant(nowMs) }, agoMs),
  });
  return fc.record({
    vault: fc.constant(vault),
    known: fc.option(known, { nil: undefined, freq: 6 }),
    trouble: good(false, true),
  });
}

function history({ vault, known, trouble }: Scene): VaultHistory {
  const facts = known === undefined ? { records: [], points: [] } : historyOf(session, known, 'here');
  const error = new LifeboatError('STORE_UNAVAILABLE', 'gone', { hint: 'Wait.' });
  return { vault, role: 'primary', ...facts, ...(trouble ? { trouble: error, isStale: true as const } : {}) };
}

function statusOf(all: readonly Scene[]): Status {
  const [system] = assessPlan(plan, all.map(history), nowMs, new Map()).systems;
  return system?.status ?? assert.fail('the system is assessed');
}

function isGreen(status: Status): boolean {
  return status === 'met' || status === 'at-risk';
}

/** Records of vaults that were read, are believed, and may speak for now. */
function believed(all: readonly Scene[]): readonly { readonly known: VaultRecords }[] {
  return all.flatMap(({ known, trouble }) =>
    known !== undefined && !trouble && known.problems.length === 0 ? [{ known }] : [],
  );
}

/** Complete points of the plan that are there and against which nothing that came last speaks. */
function soundPoints({ records, snapshotIds }: VaultRecords): readonly BackupRecord[] {
  return records.filter((record): record is BackupRecord => {
    if (record.type !== 'backup' || record.planId !== planId || record.system !== 'uploads') return false;
    if (record.verdict !== 'pass' || record.problemCount > 0) return false;
    const id = record.snapshotId ?? '';
    const against = lastAgainst(records, id);
    return (
      snapshotIds.includes(id) &&
      lastFor(records, id) >= against &&
      lastFor(records, id) > Number.NEGATIVE_INFINITY
    );
  });
}

function lastFor(records: readonly RunRecord[], id: string): number {
  const times = records.flatMap((record) => {
    if (record.type === 'check') return record.snapshotIds.includes(id) ? [record.endMs] : [];
    return record.type === 'verify' && record.snapshotId === id && record.restored ? [record.endMs] : [];
  });
  return Math.max(...times);
}

function lastAgainst(records: readonly RunRecord[], id: string): number {
  const times = records.flatMap((record) => {
    if (record.type === 'check')
      return record.verdict === 'fail' && record.damagedSnapshotIds.includes(id) ? [record.endMs] : [];
    return record.type === 'verify' && record.snapshotId === id && record.verdict === 'fail'
      ? [record.endMs]
      : [];
  });
  return Math.max(...times);
}

function isWithin(atMs: number, ageMs: number): boolean {
  return nowMs - atMs <= ageMs && atMs - nowMs <= skewMs;
}

function hasRecentPoint(all: readonly Scene[]): boolean {
  return believed(all).some(({ known }) =>
    soundPoints(known).some(({ capturedAtMs = 0 }) => isWithin(capturedAtMs, rpoMs)),
  );
}

function hasRecentProof(all: readonly Scene[]): boolean {
  return believed(all).some(({ known }) =>
    known.records.some(
      (record) =>
        record.type === 'verify' &&
        record.verdict === 'pass' &&
        record.restored &&
        record.systemHash === hash &&
        isWithin(record.endMs, proofAgeMs) &&
        soundPoints(known).some(({ snapshotId }) => snapshotId === record.snapshotId),
    ),
  );
}

const histories = fc.tuple(scenes('here'), scenes('away'));

describe('assessPlan', () => {
  it('is green only with a recent point and a recent proof in vaults that are believed, whatever happened', () => {
    let greens = 0;
    fc.assert(
      fc.property(histories, (all) => {
        if (!isGreen(statusOf(all))) return;
        greens += 1;
        assert.ok(hasRecentPoint(all), 'a recent point');
        assert.ok(hasRecentProof(all), 'a recent proof');
        assert.ok(
          believed(all).some(({ known }) => isWithin(known.readAtMs, rpoMs)),
          'a recent reading',
        );
      }),
      { numRuns: 4000 },
    );
    assert.ok(greens > 20, `${greens} histories were green: too few to mean anything`);
  });

  it('is never green when no vault was read, or every vault is in trouble', () => {
    fc.assert(
      fc.property(histories, fc.boolean(), (all, unread) => {
        const worse = all.map((scene) =>
          unread ? { ...scene, known: undefined } : { ...scene, trouble: true },
        );
        assert.equal(statusOf(worse), 'unknown');
      }),
      { numRuns: 300 },
    );
  });

  it('does not count points of a vault that was read long before the others', () => {
    const proven: RunRecord[] = [];
    fc.assert(
      fc.property(scenes('away'), (away) => {
        if (away.known === undefined || !isGreen(statusOf([away]))) return;
        proven.push(...away.known.records);
        const known = { ...away.known, readAtMs: nowMs - rpoMs - 1 };
        const empty = { records: [], problems: [], snapshotIds: [], readAtMs: nowMs };
        const here: Scene = { vault: 'here', trouble: false, known: empty };
        assert.equal(statusOf([here, { ...away, known }]), 'breached');
      }),
      { numRuns: 4000 },
    );
    assert.ok(proven.length > 0, 'no history was green');
  });
});
