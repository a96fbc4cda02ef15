import { describeSchedule } from '../../schedule/describe-schedule.ts';
import { isTimed, type Schedule } from '../../schedule/schedule.ts';
import { formatDuration } from '../duration.ts';
import { schedulesGapMs } from '../lint/schedule-gap.ts';
import type { ResolvedSystem } from '../resolved-plan.ts';
import type { PlanChange } from './plan-change.ts';

/** When one system is captured: what counts is the longest time between two runs. */
export function scheduleChanges(before: ResolvedSystem, after: ResolvedSystem): readonly PlanChange[] {
  const [old, now] = [wordsOf(before.schedules), wordsOf(after.schedules)];
  if (old === now) return [];
  const path = ['systems', after.name, after.backups.some(isPlain) ? 'schedule' : 'backups'];
  const gaps = [gapOf(before.schedules), gapOf(after.schedules)] as const;
  const direction = gaps[1] > gaps[0] ? 'relaxed' : gaps[1] < gaps[0] ? 'tightened' : 'other';
  const apart = gaps[0] === gaps[1] ? '' : `: ${gapWords(gaps[1])} apart instead of ${gapWords(gaps[0])}`;
  const message = `schedule of ${after.name} changed from ${old} to ${now}${apart}`;
  return [{ kind: 'changed', path, direction, message }];
}

function isPlain({ path }: ResolvedSystem['backups'][number]): boolean {
  return path[2] === 'schedule';
}

function wordsOf(schedules: readonly Schedule[]): string {
  return schedules.length === 0 ? 'none' : schedules.map(describeSchedule).toSorted().join(' and ');
}

/** Without a time that is promised it is endless. */
function gapOf(schedules: readonly Schedule[]): number {
  return schedulesGapMs(schedules.filter(isTimed)) ?? Number.POSITIVE_INFINITY;
}

function gapWords(gapMs: number): string {
  return Number.isFinite(gapMs) ? `at most ${formatDuration(gapMs)}` : 'without a limit';
}
