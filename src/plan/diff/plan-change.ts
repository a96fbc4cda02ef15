import type { PlanPath } from '../plan-path.ts';

/** What a change does to the promises of a plan. */
export type Direction = 'relaxed' | 'tightened' | 'other';

/** One difference between two plans, in words. */
export interface PlanChange {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly path: PlanPath;
  readonly direction: Direction;
  /** `RPO of orders-db relaxed from 5 min to 1 h`; without full stop. */
  readonly message: string;
  /** Who has to agree, because a promise becomes weaker: the owner of the system, or of the plan. */
  readonly approval?: string;
}
