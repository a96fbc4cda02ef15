/** Decides whether a system owes a proof by restore now, and of which point. Pure. */
import type { RunRecord, VerifyRecord } from '../../evidence/record.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import { clockSkewToleratedMs, type FailedAttempt, type RunFailure } from './last-run.ts';

/** A proof that failed or stayed open is tried again, but not sooner than this after its end. */
export const proveAgainAfterMs = 60 * 60_000;

/** A proof is renewed when it has reached this share of the age that the plan allows. */
export const proofShareMax = 0.5;

export type ProofDecision =
  | {
      readonly kind: 'verify';
      readonly reason: 'never' | 'old' | 'retry';
      readonly vault: string;
      readonly pointId: string;
    }
  | { readonly kind: 'wait'; readonly failure: RunFailure; readonly retryAtMs: number }
  /** Nothing is owed until `dueMs`. */
  | { readonly kind: 'proven'; readonly dueMs: number }
  /** There is no complete point of the system as the plan describes it now. */
  | { readonly kind: 'no-point' };

export interface ProofQuestion {
  readonly planId: string;
  readonly system: string;
  readonly systemHash: string;
  readonly proofAgeMs: number;
  /** Only vaults that were read just now, in the order of the plan. */
  readonly vaults: readonly VaultFacts[];
  /** The last proof that could not be made and left no record. */
  readonly attempt?: FailedAttempt | undefined;
  readonly nowMs: number;
}

export interface VaultFacts {
  readonly vault: string;
  readonly records: readonly RunRecord[];
  readonly points: readonly RecoveryPoint[];
}

/**
 * Vaults take turns: the newest point of the one whose last proof is oldest, so that in time every copy is proven.
 * Points that were captured under another system hash are left out, for they prove nothing about the plan of today.
 */
export function decideProof(question: ProofQuestion): ProofDecision {
  const { nowMs, proofAgeMs } = question;
  const vaults = question.vaults.map((facts) => provenState(question, facts));
  const provenAtMs = Math.max(...vaults.map((vault) => vault.provenAtMs));
  const next = choose(vaults);
  const failed = lastFailure(question, provenAtMs);
  if (failed !== undefined && nowMs < failed.atMs + proveAgainAfterMs) {
    const { code, message, atMs } = failed;
    return { kind: 'wait', failure: { code, message }, retryAtMs: atMs + proveAgainAfterMs };
  }
  const dueMs = provenAtMs + proofAgeMs * proofShareMax;
  if (failed === undefined && nowMs <= dueMs) return { kind: 'proven', dueMs };
  if (next === undefined) return { kind: 'no-point' };
  const reason = failed !== undefined ? 'retry' : provenAtMs === never ? 'never' : 'old';
  return { kind: 'verify', reason, vault: next.vault, pointId: next.pointId };
}

const never = Number.NEGATIVE_INFINITY;

interface ProvenState {
  readonly vault: string;
  /** Of the newest proof that holds; `never` when there is none. */
  readonly provenAtMs: number;
  /** Newest last. */
  readonly complete: readonly RecoveryPoint[];
}

function provenState(question: ProofQuestion, { vault, points }: VaultFacts): ProvenState {
  const complete = points
    .filter(({ system, complete }) => system === question.system && complete)
    .filter(({ systemHash }) => systemHash === question.systemHash)
    .toSorted((a, b) => a.capturedAtMs - b.capturedAtMs);
  const proofs = complete.flatMap(({ failure, proof }) =>
    failure === undefined &&
    proof.approved?.systemHash === question.systemHash &&
    proof.approved.atMs <= question.nowMs + clockSkewToleratedMs
      ? [proof.approved.atMs]
      : [],
  );
  return { vault, provenAtMs: Math.max(never, ...proofs), complete };
}

/** Points that nothing speaks against first; one that failed is better looked at again than no point at all. */
function choose(
  vaults: readonly ProvenState[],
): { readonly vault: string; readonly pointId: string } | undefined {
  const inTurn = vaults.toSorted((a, b) => compareTimes(a.provenAtMs, b.provenAtMs));
  for (const isUsable of [(point: RecoveryPoint) => point.failure === undefined, () => true]) {
    for (const { vault, complete } of inTurn) {
      const point = complete.findLast(isUsable);
      if (point !== undefined) return { vault, pointId: point.id };
    }
  }
  return undefined;
}

/** The newest verification that did not pass, when none has passed since. */
function lastFailure(
  { planId, system, systemHash, vaults, attempt, nowMs }: ProofQuestion,
  provenAtMs: number,
): (RunFailure & { readonly atMs: number }) | undefined {
  const latestMs = nowMs + clockSkewToleratedMs;
  const failures = vaults
    .flatMap(({ records }) => records)
    .filter((record): record is VerifyRecord => record.type === 'verify' && record.verdict !== 'pass')
    .filter((record) => record.system === system && record.planId === planId)
    .filter((record) => record.systemHash === systemHash)
    .map((record) => ({ atMs: record.endMs, ...failureOf(record) }));
  const attempted = attempt?.systemHash === systemHash ? [attempt] : [];
  return [...failures, ...attempted]
    .filter(({ atMs }) => atMs <= latestMs && atMs > provenAtMs)
    .reduce<(RunFailure & { readonly atMs: number }) | undefined>(
      (newest, failure) => (newest === undefined || failure.atMs > newest.atMs ? failure : newest),
      undefined,
    );
}

function failureOf(record: VerifyRecord): RunFailure {
  const wrong = record.checks.find(({ verdict }) => verdict !== 'pass');
  const what = wrong === undefined ? '' : `: ${wrong.name}${describe(wrong)}`;
  if (record.verdict === 'fail')
    return { code: 'VERIFICATION_FAILED', message: `${record.system} did not pass its checks${what}` };
  return { code: 'VERIFICATION_INCONCLUSIVE', message: `${record.system} could not be proven${what}` };
}

function describe({ message, expected, actual }: VerifyRecord['checks'][number]): string {
  if (message !== undefined) return ` (${message})`;
  return expected === undefined ? '' : ` (expected ${expected}, got ${actual})`;
}

/** A difference of two infinities is no number. */
function compareTimes(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
