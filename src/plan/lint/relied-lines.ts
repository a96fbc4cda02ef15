import { isTimed } from '../../schedule/schedule.ts';
import type { ResolvedBackup, ResolvedSystem } from '../resolved-plan.ts';
import { isImpossible } from './incremental-impossible.ts';
import { contradictionsOf } from './schedule-contradiction.ts';
import { schedulesGapMs } from './schedule-gap.ts';

export interface Relied {
  /** The system with those lines alone that nothing speaks against. */
  readonly relied: ResolvedSystem;
  /** Names of lines that no promise may rest on. */
  readonly left: readonly string[];
}

/**
 * Not the lines that cannot be taken, and not the one that promises more: of two that contradict each other, and of two
 * of which only one will run. Two lines of the same kind may both run, so both count.
 */
export function reliedOn(system: ResolvedSystem): Relied {
  const before = known.get(system);
  if (before !== undefined) return before;
  const relied = findRelied(system);
  known.set(system, relied);
  return relied;
}

/** Many rules ask for the same systems. */
const known = new WeakMap<ResolvedSystem, Relied>();

function findRelied(system: ResolvedSystem): Relied {
  const doubted = new Set([
    ...system.backups.filter((line) => isImpossible(system, line)).map(({ name }) => name),
    ...contradictionsOf(system)
      .filter(({ dense, sparse }) => dense.line.kind !== sparse.line.kind)
      .map(({ dense }) => dense.line.name),
    ...system.backups.flatMap((line) => denserAlternative(system, line)),
  ]);
  if (doubted.size === 0) return { relied: system, left: [] };
  const backups = system.backups.filter(({ name }) => !doubted.has(name));
  const schedules = backups.flatMap((line) => line.schedules);
  return { relied: { ...system, backups, schedules }, left: [...doubted] };
}

/** What was left out, for the end of a sum; empty when nothing was. */
export function leftInWords(left: readonly string[]): string {
  return left.length === 0 ? '' : `, not counting ${left.join(', ')}, which cannot be relied on`;
}

function denserAlternative(system: ResolvedSystem, line: ResolvedBackup): readonly string[] {
  const other = system.backups.find(({ name }) => name === line.alternative_to);
  const gapMs = gapOf(line);
  const otherMs = other === undefined ? undefined : gapOf(other);
  if (other === undefined || gapMs === undefined || otherMs === undefined) return [];
  return [gapMs < otherMs ? line.name : other.name];
}

function gapOf({ schedules }: ResolvedBackup): number | undefined {
  return schedulesGapMs(schedules.filter(isTimed));
}
