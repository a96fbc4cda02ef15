/**
 * Schedules as data.
 *
 * Glossary: a *calendar* schedule names times on the wall clock of its zone; an *interval* counts real minutes
 * from midnight of its zone, so that its due times depend on the clock alone and not on the last run; an *event*
 * schedule runs when somebody says so (`lifeboat backup --on deploy`); *continuous* follows a database's log. A
 * *window* lets a run begin anywhere between two times of day: it is due at the first and late only after the second.
 */
export type Schedule = TimedSchedule | EventSchedule | ContinuousSchedule;

/** Schedules that have due times. */
export type TimedSchedule = CalendarSchedule | IntervalSchedule;

export interface CalendarSchedule {
  readonly kind: 'calendar';
  /** As written in the plan. */
  readonly text: string;
  /** IANA name in its usual spelling, `UTC`, or an offset such as `+02:00`. */
  readonly zone: string;
  readonly days: DayRule;
  /** Minutes after midnight on the wall clock, ascending, without doubles, at least one. */
  readonly minutesOfDay: readonly number[];
  /**
   * True for cron expressions that name every hour: these follow the clock as it really runs, so a doubled hour
   * runs twice and a missing one not at all. Otherwise a missing time runs at the next existing one, and a
   * doubled time once.
   */
  readonly everyHour: boolean;
  /**
   * Of schedules with a window: its length on the wall clock, 1 to 1439. Such a schedule has one time of day, at which
   * the window opens. Absent: a run is late as soon as it is due.
   */
  readonly windowMinutes?: number;
}

export interface IntervalSchedule {
  readonly kind: 'interval';
  readonly text: string;
  readonly zone: string;
  /** 1 to 1440. */
  readonly stepMinutes: number;
  /** First due time of a day, in minutes after its midnight; less than the step. */
  readonly offsetMinutes: number;
}

export interface EventSchedule {
  readonly kind: 'event';
  readonly text: string;
  readonly event: ScheduleEvent;
}

export type ScheduleEvent = 'deploy' | 'commit';

export interface ContinuousSchedule {
  readonly kind: 'continuous';
  readonly text: string;
}

export type DayRule =
  /** Days whose number since 1970-01-01 is a multiple. */
  | { readonly kind: 'every'; readonly days: number }
  /** 0 Sunday to 6 Saturday. */
  | { readonly kind: 'weekdays'; readonly weekdays: readonly number[] }
  /** A day that the month does not have means its last one. Months 1–12. */
  | { readonly kind: 'monthly'; readonly day: number | 'last'; readonly months: readonly number[] }
  | MonthWeekday
  | CronDays;

/** The first, second, … or last day of a month that is one of the weekdays. */
export interface MonthWeekday {
  readonly kind: 'month-weekday';
  /** 1 to 4: every month has that many of each weekday. */
  readonly nth: number | 'last';
  /** 0 Sunday to 6 Saturday, ascending. */
  readonly weekdays: readonly number[];
  readonly months: readonly number[];
}

export interface CronDays {
  readonly kind: 'cron';
  readonly months: readonly number[];
  readonly daysOfMonth: readonly number[];
  /** `L` in the day field. */
  readonly lastDay: boolean;
  readonly weekdays: readonly number[];
  /** cron's rule: where both day fields are restricted, either one suffices. */
  readonly either: boolean;
}

/** Why a text is no schedule, as a value that the plan turns into a finding with a position. */
export interface ScheduleError {
  /** Lower-case, without full stop: what is wrong. */
  readonly message: string;
  /** What would have been right. */
  readonly expected: string;
  /** A text to write instead, where one is near. */
  readonly suggestion?: string;
}

/** Says whether the schedule has due times at all. */
export function isTimed(schedule: Schedule): schedule is TimedSchedule {
  return schedule.kind === 'calendar' || schedule.kind === 'interval';
}
