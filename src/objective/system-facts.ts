import { newestProven } from '../recovery-point/choose-point.ts';
import type { RecoveryPoint } from '../recovery-point/recovery-point.ts';
import type { LogFacts } from './log-facts.ts';

/** What was measured about one system. Every fact may be absent, and an absent fact never makes anything green. */
export interface SystemFacts {
  readonly system: string;
  /** The hash of the system as the plan describes it now. */
  readonly systemHash: string;
  /** When the facts were read from the vault or last confirmed. */
  readonly factsAtMs?: number;
  /** Of the newest complete point that was read back. */
  readonly newestChecked?: PointFact;
  /** Of the newest point of any kind, when it is another: why it does not count. */
  readonly newestAny?: PointFact & { readonly flaw: 'incomplete' | 'not-checked' | 'failed' };
  /** The newest restore that proved a point under the same system hash. */
  readonly lastProof?: ProofFact;
  /** The newest proof of any hash, when none is under the same one. */
  readonly outdatedProofAtMs?: number;
  /** The newest restore under the same system hash that showed wrong data. */
  readonly lastProofFailureAtMs?: number;
  /** When the first run that was due after the newest point's capture is late; in the past, it is overdue. */
  readonly nextRunMs?: number;
  /** One in whose data damage was found and not mended: what was proven there proves nothing. */
  readonly damagedVault?: string;
  /** Absent: it has none that is kept. */
  readonly log?: LogFacts;
}

export interface PointFact {
  readonly pointId: string;
  readonly capturedAtMs: number;
}

export interface ProofFact {
  readonly pointId: string;
  /** When the proof ended. */
  readonly atMs: number;
  /** How long the restore took. */
  readonly durationMs: number;
}

export interface FactsRequest {
  readonly system: string;
  readonly systemHash: string;
  /** Of any systems and vaults; only those of the system count. */
  readonly points: readonly RecoveryPoint[];
  readonly factsAtMs?: number;
  /** When the first run that is due after a moment is late: `nextLate` over the system's schedules. */
  readonly nextDueAfter?: (afterMs: number) => number | undefined;
  readonly damagedVault?: string;
  readonly log?: LogFacts;
}

/** Takes the facts of one system from its recovery points. */
export function systemFacts(request: FactsRequest): SystemFacts {
  const { system, systemHash, factsAtMs, nextDueAfter, damagedVault, log } = request;
  const points = request.points.filter((point) => point.system === system);
  const checked = newestProven(points, 'checked');
  const any = points.reduce<RecoveryPoint | undefined>(later, undefined);
  const nextRunMs = any === undefined ? undefined : nextDueAfter?.(any.capturedAtMs);
  return {
    system,
    systemHash,
    ...(factsAtMs === undefined ? {} : { factsAtMs }),
    ...(checked === undefined ? {} : { newestChecked: pointFact(checked) }),
    ...(any === undefined || any === checked || isArchivedCopy(any, checked) ? {} : newestFlawed(any)),
    ...proofFacts(points, systemHash),
    ...(nextRunMs === undefined ? {} : { nextRunMs }),
    ...(damagedVault === undefined ? {} : { damagedVault }),
    ...(log === undefined ? {} : { log }),
  };
}

function later(best: RecoveryPoint | undefined, point: RecoveryPoint): RecoveryPoint {
  return best === undefined || point.capturedAtMs > best.capturedAtMs ? point : best;
}

/** Of the same capture as the one that was read back: no newer point, and no flaw. */
function isArchivedCopy(point: RecoveryPoint, checked: RecoveryPoint | undefined): boolean {
  const { archived, failure, capturedAtMs } = point;
  return archived !== undefined && failure === undefined && capturedAtMs === checked?.capturedAtMs;
}

function newestFlawed(point: RecoveryPoint): Pick<SystemFacts, 'newestAny'> {
  if (point.failure === undefined && point.complete && point.proof.checked !== undefined) return {};
  const flaw = point.failure !== undefined ? 'failed' : point.complete ? 'not-checked' : 'incomplete';
  return { newestAny: { ...pointFact(point), flaw } };
}

function proofFacts(
  points: readonly RecoveryPoint[],
  systemHash: string,
): Pick<SystemFacts, 'lastProof' | 'outdatedProofAtMs' | 'lastProofFailureAtMs'> {
  const proofs = points
    .filter((point) => point.complete && point.failure === undefined)
    .flatMap((point) =>
      point.proof.approved === undefined ? [] : [{ pointId: point.id, ...point.proof.approved }],
    )
    .sort((a, b) => b.atMs - a.atMs);
  const same = proofs.find((proof) => proof.systemHash === systemHash);
  const failures = points
    .flatMap((point) => (point.failure === undefined ? [] : [point.failure]))
    .filter((failure) => failure.foundBy === 'restore' && failure.systemHash === systemHash)
    .map((failure) => failure.atMs);
  const outdatedAtMs = proofs[0]?.atMs;
  return {
    ...(same === undefined
      ? {}
      : { lastProof: { pointId: same.pointId, atMs: same.atMs, durationMs: same.durationMs } }),
    ...(same !== undefined || outdatedAtMs === undefined ? {} : { outdatedProofAtMs: outdatedAtMs }),
    ...(failures.length === 0 ? {} : { lastProofFailureAtMs: Math.max(...failures) }),
  };
}

function pointFact(point: RecoveryPoint): PointFact {
  return { pointId: point.id, capturedAtMs: point.capturedAtMs };
}
