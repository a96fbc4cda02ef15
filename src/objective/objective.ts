/**
 * What is asked of a system, and how it stands.
 *
 * Glossary: *RPO*: how much may be lost, measured as the age of the newest complete point that was read back;
 * *RTO*: how fast it must be back, measured by the last restore that proved a point; *proof age*: how old that
 * proof may be; *copy lag*: for how long a vault has lacked what another one has. *Green* is `met` only: unknown never is.
 */
export interface Objective {
  readonly kind: ObjectiveKind;
  readonly targetMs: number;
}

/** What is measured of a system over all its vaults together. */
export interface SystemObjective extends Objective {
  readonly kind: Exclude<ObjectiveKind, 'copy-lag'>;
}

export type ObjectiveKind = 'rpo' | 'rto' | 'proof-age' | 'copy-lag';

/** Unless the plan says otherwise. */
const proofAgeDefaultMs = 7 * 86_400_000;

export type Status = 'met' | 'at-risk' | 'unknown' | 'breached';

/** Best first: the worst of several decides. */
export const statusOrder: readonly Status[] = ['met', 'at-risk', 'unknown', 'breached'];

export interface Assessment {
  readonly system: string;
  readonly objective: Objective;
  /** The vault that it is about, where it is about one. */
  readonly vault?: string;
  readonly status: Status;
  /** Absent where nothing could be measured. */
  readonly measuredMs?: number;
  /** Measured against target: 1 is the limit. */
  readonly ratio?: number;
  /** Lower-case, without full stop. */
  readonly reason: string;
  /** A command line; absent when the objective is met. */
  readonly nextAction?: string;
}

/** Objectives as a resolved plan holds them: those that are set, in the order of tables. */
export function objectivesOf(resolved: PlannedObjectives): readonly SystemObjective[] {
  const { rpo, rto, proofAge } = resolved;
  return [
    ...(rpo === undefined ? [] : [{ kind: 'rpo' as const, targetMs: rpo.valueMs }]),
    ...(rto === undefined ? [] : [{ kind: 'rto' as const, targetMs: rto.valueMs }]),
    { kind: 'proof-age', targetMs: proofAge?.valueMs ?? proofAgeDefaultMs },
  ];
}

/** The part of the plan's `ResolvedObjectives` that counts here. */
export interface PlannedObjectives {
  readonly rpo?: { readonly valueMs: number };
  readonly rto?: { readonly valueMs: number };
  readonly proofAge?: { readonly valueMs: number };
}

export function objectiveName(kind: ObjectiveKind): string {
  switch (kind) {
    case 'proof-age':
      return 'proof';
    case 'copy-lag':
      return 'copies';
    default:
      return kind.toUpperCase();
  }
}

/** The worst of them; `unknown` when there are none, for nothing was asked and nothing is known. */
export function worstStatus(statuses: readonly Status[]): Status {
  if (statuses.length === 0) return 'unknown';
  return statusOrder.findLast((status) => statuses.includes(status)) ?? 'unknown';
}
