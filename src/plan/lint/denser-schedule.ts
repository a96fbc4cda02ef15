import type { PlanEdit } from '../plan-edit.ts';
import type { ResolvedSystem } from '../resolved-plan.ts';
import { systemPlace } from './system-place.ts';

const stepsMinutes = [1, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440];

/** An interval of half of what the RPO leaves, so that one late run does not break it; nothing when none is dense enough. */
export function denserSchedule(rpoMs: number, captureMs: number): string | undefined {
  const minutes = Math.floor((rpoMs - captureMs) / 2 / 60_000);
  const step = stepsMinutes.findLast((each) => each <= minutes);
  if (step === undefined) return undefined;
  return `every ${step < 60 ? `${step} min` : `${step / 60}h`}`;
}

/** Writes the denser schedule over the only one of a system. Of several, and of events, nobody can say what they are for. */
export function denserScheduleEdit(
  system: ResolvedSystem,
  schedule: string | undefined,
): { readonly edits?: readonly PlanEdit[] } {
  const [only, ...others] = system.schedules;
  const isPlain = others.length === 0 && (only === undefined || 'zone' in only);
  if (schedule === undefined || !isPlain) return {};
  return { edits: [{ kind: 'set', at: systemPlace(system.name, 'schedule'), value: schedule }] };
}
