import type { ResolvedSystem } from '../resolved-plan.ts';
import { isImpossible } from './incremental-impossible.ts';
import { contradictionsOf } from './schedule-contradiction.ts';

export interface Relied {
  /** The system with those lines alone that nothing speaks against. */
  readonly relied: ResolvedSystem;
  /** Names of lines that nothing may rest on. */
  readonly left: readonly string[];
}

/** Not the lines that cannot be taken, and of two that contradict each other not the one that promises more. */
export function reliedOn(system: ResolvedSystem): Relied {
  const doubted = new Set([
    ...system.backups.filter((line) => isImpossible(system, line)).map(({ name }) => name),
    ...contradictionsOf(system).map(({ dense }) => dense.line.name),
  ]);
  if (doubted.size === 0) return { relied: system, left: [] };
  const backups = system.backups.filter(({ name }) => !doubted.has(name));
  const schedules = backups.flatMap((line) => line.schedules);
  return { relied: { ...system, backups, schedules }, left: [...doubted] };
}
