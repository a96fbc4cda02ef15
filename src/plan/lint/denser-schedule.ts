import { restBetweenRunsMs } from '../../schedule/completed-before.ts';
import { isTimed, type Schedule } from '../../schedule/schedule.ts';
import type { PlanEdit } from '../plan-edit.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { systemPlace } from './system-place.ts';

const stepsMinutes = [1, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440];

/**
 * An interval of half of what the RPO leaves, so that one late run does not break it. Nothing when none is dense
 * enough, as where two runs, one right after the other, take longer than the RPO. A time of day that was chosen stays.
 */
export function denserSchedule(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  rpoMs: number,
  captureMs: number,
): string | undefined {
  if (2 * captureMs + restBetweenRunsMs > rpoMs) return undefined;
  const minutes = Math.floor((rpoMs - captureMs) / 2 / 60_000);
  const step = stepsMinutes.findLast((each) => each <= minutes);
  if (step === undefined) return undefined;
  return `every ${step < 60 ? `${step} min` : `${step / 60}h`}${clockOf(plan, system, step)}`;
}

/** Counted from midnight by itself, so that a time is only said where it makes a difference. */
function clockOf({ metadata }: ResolvedPlan, { schedules }: ResolvedSystem, step: number): string {
  const [schedule] = schedules;
  if (schedule === undefined || schedules.length > 1 || !isTimed(schedule)) return '';
  const minute = schedule.kind === 'calendar' ? (schedule.minutesOfDay[0] ?? 0) : schedule.offsetMinutes;
  const zone = schedule.zone === metadata.timeZone ? '' : ` ${schedule.zone}`;
  if (minute % step === 0) return zone;
  const [hours, minutes] = [Math.floor(minute / 60), minute % 60].map((each) => `${each}`.padStart(2, '0'));
  return ` from ${hours}:${minutes}${zone}`;
}

/**
 * Writes the denser schedule over the only one of a system, or adds it where there is none. Nothing where that could
 * do harm: several schedules, events and windows are there for reasons of their own, with continuous logs it is not the
 * schedule that decides, and where a number of points is kept, more of them reach back less far.
 */
export function denserScheduleEdit(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  schedule: string | undefined,
): { readonly edits?: readonly PlanEdit[] } {
  const [line, ...others] = system.backups;
  if (schedule === undefined || others.length > 0 || system.logs !== undefined) return {};
  if (!(line?.schedules ?? []).every(isPlain) || (line?.schedules.length ?? 0) > 1) return {};
  if (keepsNumberOfPoints(plan, system)) return {};
  const at = line?.path ?? systemPlace(system.name, 'schedule');
  return { edits: [{ kind: 'set', at, value: schedule }] };
}

function isPlain(schedule: Schedule): boolean {
  return isTimed(schedule) && (schedule.kind === 'interval' || schedule.windowMinutes === undefined);
}

function keepsNumberOfPoints({ vaults }: ResolvedPlan, system: ResolvedSystem): boolean {
  const kept = [
    system.retention?.last,
    ...system.backups.map(({ retention }) => retention?.last),
    ...vaults
      .filter(({ name }) => system.vaults.includes(name))
      .map(({ declared }) => declared.retention?.last),
  ];
  return kept.some((last = 0) => last > 0);
}
