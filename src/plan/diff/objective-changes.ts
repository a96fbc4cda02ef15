import { formatDuration } from '../duration.ts';
import { objectiveWords } from '../explain/explain-objective.ts';
import type { Objective, ResolvedSystem } from '../resolved-plan.ts';
import { type ObjectiveField, objectiveKeys, originWords } from '../show/normalised-plan.ts';
import type { Direction, PlanChange } from './plan-change.ts';

/** Objectives of one system, wherever they stand. */
export function objectiveChanges(before: ResolvedSystem, after: ResolvedSystem): readonly PlanChange[] {
  const old = new Map(objectiveKeys(before.objectives));
  const now = new Map(objectiveKeys(after.objectives));
  const fields = [...new Set([...old.keys(), ...now.keys()])];
  return fields.flatMap((field) => changeOf(after.name, field, old.get(field), now.get(field)));
}

function changeOf(
  system: string,
  field: ObjectiveField,
  old: Objective | undefined,
  now: Objective | undefined,
): readonly PlanChange[] {
  const path = ['systems', system, 'objectives', field];
  const what = `${objectiveWords(field)} of ${system}`;
  if (old === undefined && now !== undefined) {
    const message = `${what} is now ${formatDuration(now.valueMs)}, before it was not set`;
    return [{ kind: 'added', path, direction: 'tightened', message }];
  }
  if (old !== undefined && now === undefined) {
    const message = `${what} is no longer set, before it was ${formatDuration(old.valueMs)}`;
    return [{ kind: 'removed', path, direction: 'relaxed', message }];
  }
  if (old === undefined || now === undefined || old.valueMs === now.valueMs) return [];
  const direction = directionOf(field, old.valueMs, now.valueMs);
  const origin = now.from.kind === 'system' ? '' : ` (${originWords(now)})`;
  const message = `${what} ${direction} from ${formatDuration(old.valueMs)} to ${formatDuration(now.valueMs)}${origin}`;
  return [{ kind: 'changed', path, direction, message }];
}

/** Only the shortest retention is a promise that grows with its number. */
function directionOf(field: ObjectiveField, oldMs: number, nowMs: number): Exclude<Direction, 'other'> {
  const grows = nowMs > oldMs;
  return (field === 'keep_at_least') === grows ? 'tightened' : 'relaxed';
}
