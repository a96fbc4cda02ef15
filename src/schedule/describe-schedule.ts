import { unreachable } from '../error/assert.ts';
import type { CalendarSchedule, CronDays, DayRule, IntervalSchedule, Schedule } from './schedule.ts';

const weekdayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const ordinals = ['first', 'second', 'third', 'fourth'];
const cronTimesShownMax = 6;
const dayMinutes = 1440;
const workingDays = 5;

/** The schedule in words with its zone, so that a person sees what was understood. */
export function describeSchedule(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'event':
      return schedule.event === 'deploy' ? 'on every deployment' : 'on every commit';
    case 'continuous':
      return 'continuously';
    case 'interval':
      return describeInterval(schedule);
    case 'calendar':
      return `${describeDays(schedule.days)} ${describeTimes(schedule)} ${schedule.zone}`;
    default:
      return unreachable(schedule);
  }
}

function describeInterval(schedule: IntervalSchedule): string {
  const { stepMinutes, offsetMinutes, zone } = schedule;
  const step =
    stepMinutes === 60 ? 'hour' : stepMinutes % 60 === 0 ? `${stepMinutes / 60} hours` : `${stepMinutes} min`;
  const midnight = offsetMinutes === 0 ? 'midnight' : `:${pad(offsetMinutes)} after midnight`;
  const from = offsetMinutes < 60 ? midnight : timeOfDay(offsetMinutes);
  return `every ${step}, counted from ${from} ${zone}`;
}

function describeTimes(schedule: CalendarSchedule): string {
  const times = schedule.minutesOfDay.map(timeOfDay);
  if (schedule.windowMinutes !== undefined) {
    const end = ((schedule.minutesOfDay[0] ?? 0) + schedule.windowMinutes) % dayMinutes;
    return `between ${times[0]} and ${timeOfDay(end)}`;
  }
  // What was written in words is understood again; a cron expression can name too many times to be read.
  const shownMax = schedule.days.kind === 'cron' ? cronTimesShownMax : times.length;
  const shown = times.slice(0, shownMax).join(', ');
  const more = times.length - shownMax;
  return more > 0 ? `at ${shown} and ${more} more times` : `at ${shown}`;
}

function describeDays(rule: DayRule): string {
  switch (rule.kind) {
    case 'every':
      return rule.days === 1 ? 'daily' : `every ${rule.days} days`;
    case 'weekdays':
      return `every ${list(rule.weekdays.map(weekdayName))}`;
    case 'monthly': {
      const day =
        rule.day === 'last' ? 'the last day' : `day ${rule.day}${rule.day > 28 ? ' (or the last)' : ''}`;
      return `on ${day} of ${describeMonths(rule.months)}`;
    }
    case 'month-weekday': {
      const ordinal = rule.nth === 'last' ? 'last' : ordinals[rule.nth - 1];
      const day = rule.weekdays.length === workingDays ? 'weekday' : list(rule.weekdays.map(weekdayName));
      return `on the ${ordinal} ${day} of ${describeMonths(rule.months)}`;
    }
    case 'cron':
      return describeCron(rule);
    default:
      return unreachable(rule);
  }
}

function describeCron(rule: CronDays): string {
  const everyDay = rule.daysOfMonth.length === 31;
  const everyWeekday = rule.weekdays.length === 7;
  const months = rule.months.length === 12 ? '' : ` in ${describeMonths(rule.months)}`;
  const days = `on day ${list([...rule.daysOfMonth.map(String), ...(rule.lastDay ? ['last'] : [])])}`;
  const weekdays = `every ${list(rule.weekdays.map(weekdayName))}`;
  if (everyDay && everyWeekday) return `daily${months}`;
  if (everyDay) return `${weekdays}${months}`;
  if (everyWeekday) return `${days} of ${describeMonths(rule.months)}`;
  return `${days} ${rule.either ? 'or' : 'if it is'} ${weekdays}${months}`;
}

function describeMonths(months: readonly number[]): string {
  return months.length === 12 ? 'every month' : list(months.map((month) => monthNames[month - 1] ?? ''));
}

function list(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function weekdayName(weekday: number): string {
  return weekdayNames[weekday] ?? '';
}

function timeOfDay(minute: number): string {
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
