/** What the resolver answers. */
import type { BasePoint } from './recovery-ground.ts';
import type { Path } from './recovery-path.ts';

export type RecoveryChoice = ChosenRecovery | RefusedRecovery;

export interface ChosenRecovery {
  readonly kind: 'chosen';
  readonly point: BasePoint;
  readonly timeline: number;
  readonly path: Path;
  /**
   * `stop`: the server is told the target and stops at it. `end`: all that there is must be replayed, because nothing
   * behind the target was written.
   */
  readonly finish: 'stop' | 'end';
}

export interface RefusedRecovery {
  readonly kind: 'refused';
  readonly why: RefusalKind;
  readonly reason: string;
  readonly hint: string;
}

export type RefusalKind =
  | 'no-base'
  | 'before-first'
  | 'gap'
  | 'after-end'
  | 'no-timeline'
  | 'not-ancestor'
  | 'unknown-name'
  | 'ambiguous'
  | 'unknown-transaction'
  | 'wrong-system';
