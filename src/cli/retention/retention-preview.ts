/** What retention would do, as a value: made by one call, shown to people, and carried out by another. */
import type { LifeboatError } from '../../error/lifeboat-error.ts';
import type { SystemIdentity } from '../../evidence/run-context.ts';
import type { GuardedDecision } from '../../recovery-point/retention-guard.ts';
import type { DeletionPause } from '../../recovery-point/suspicion.ts';
import type { VaultPoint } from './vault-point.ts';

export interface RetentionPreview {
  readonly vaults: readonly VaultRetention[];
  /** Suspicions that nobody has cleared. */
  readonly pauses: readonly DeletionPause[];
}

export interface VaultRetention {
  /** Its name in the plan, or its location. */
  readonly vault: string;
  readonly groups: readonly RetentionGroup[];
  /** Why nothing is given up in the whole vault. */
  readonly refusal?: LifeboatError;
  /** Suspicions that are told to this vault when it is next changed. */
  readonly newPauses: readonly DeletionPause[];
}

/** Points that are judged together. */
export interface RetentionGroup {
  /** `orders-db`, or `host-1: /etc, /srv`. */
  readonly title: string;
  readonly system?: SystemIdentity;
  /** Newest first. */
  readonly decisions: readonly GuardedDecision<VaultPoint>[];
  /** Snapshots that an earlier run gave up and did not come to delete. */
  readonly leftovers: readonly Leftover[];
  /** Why nothing of the group is given up. */
  readonly refusal?: LifeboatError;
}

export interface Leftover {
  readonly id: string;
  readonly timeMs: number;
  readonly reason: string;
}

/** What would be deleted, of a group that is not refused. */
export function goingIds({ decisions, leftovers, refusal }: RetentionGroup): readonly string[] {
  if (refusal !== undefined) return [];
  const dropped = decisions.filter(({ kept }) => !kept).map(({ point }) => point.id);
  return [...dropped, ...leftovers.map(({ id }) => id)];
}
