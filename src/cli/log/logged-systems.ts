/** The systems of a plan whose log is kept, or those of them that are named. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedPlan, ResolvedSystem } from '../../plan/resolved-plan.ts';
import { type ShippedLog, shippedLog } from '../../plan/shipped-log.ts';
import { chosenSystems } from '../plan/plan-session.ts';

export interface LoggedSystem {
  readonly system: ResolvedSystem;
  readonly log: ShippedLog;
}

/** Raises SYSTEM_NOT_FOUND for what the plan has not, and for a system whose log is not kept. */
export function loggedSystems(plan: ResolvedPlan, names: readonly string[]): readonly LoggedSystem[] {
  const logged = chosenSystems(plan, names).flatMap((system) => {
    const log = shippedLog(system);
    if (log !== undefined) return [{ system, log }];
    if (names.length === 0) return [];
    throw new LifeboatError('SYSTEM_NOT_FOUND', `the plan keeps no log of ${system.name}`, {
      hint: 'Give it `logs:` in the plan; only PostgreSQL systems that are backed up physically have one.',
    });
  });
  if (logged.length > 0) return logged;
  throw new LifeboatError('SYSTEM_NOT_FOUND', 'the plan keeps no log of any system', {
    hint: 'Give a PostgreSQL system `logs:` in the plan.',
  });
}
