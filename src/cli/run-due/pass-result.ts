/** What one pass did and found. */
import type { PlanVerdict } from '../../objective/plan-verdict.ts';
import type { Finding } from './finding.ts';

export interface PassResult {
  /** Of everything that was judged, fine or not. */
  readonly findings: readonly Finding[];
  readonly backups: number;
  /** Vaults that were to get copies of a system. */
  readonly copies: number;
  readonly proofs: number;
  /** Times that points were given up, bytes removed or a share read back in a vault. */
  readonly chores: number;
  /** After all was done. */
  readonly verdict: PlanVerdict;
  /** Nothing failed, nothing waits to be tried again, and no objective is breached or unknown. */
  readonly isGood: boolean;
  readonly nextPassAtMs: number;
  /** In words, while nobody has shown that the recovery key of every vault works. */
  readonly recoveryKeyConcern?: string;
}
