/** What is wrong with an answer, in words; nothing when it can stand in a plan. */
import { parseDuration } from '../../plan/duration.ts';
import { longestGapMs } from '../../schedule/longest-gap.ts';
import { parseSchedule } from '../../schedule/parse-schedule.ts';
import { zoneName } from '../../schedule/zone-clock.ts';
import { scheduleFor, shortestRpoText } from './default-schedule.ts';

export function durationProblem(text: string): string | undefined {
  const parsed = parseDuration(text);
  if (!parsed.ok) return `${parsed.reason}; write for example 2 h, 30 min or 1 day`;
  return parsed.value > 0 ? undefined : 'zero is too short';
}

export function rpoProblem(text: string): string | undefined {
  const parsed = parseDuration(text);
  if (!parsed.ok) return durationProblem(text);
  if (scheduleFor(parsed.value, 'UTC') !== undefined) return undefined;
  return `backups on a schedule reach an RPO of ${shortestRpoText} or more, with room for a late run`;
}

/** Against an RPO that was checked before. */
export function scheduleProblem(text: string, rpo: string, timeZone: string): string | undefined {
  const parsed = parseSchedule(text, timeZone);
  if (!parsed.ok) {
    const { message, suggestion } = parsed.error;
    return suggestion === undefined ? message : `${message}; did you mean "${suggestion}"?`;
  }
  const gapMs = longestGapMs(parsed.schedule);
  if (gapMs === undefined || parsed.schedule.kind === 'continuous')
    return `it promises no time, so nothing holds the RPO of ${rpo}`;
  const duration = parseDuration(rpo);
  return duration.ok && gapMs > duration.value ? `too seldom for the RPO of ${rpo}` : undefined;
}

export function zoneProblem(text: string): string | undefined {
  return zoneName(text) === undefined ? 'no such zone; write for example Europe/Berlin or UTC' : undefined;
}

export function textProblem(text: string): string | undefined {
  return text === '' ? 'say something' : undefined;
}

/** The default schedule for an RPO that was checked before. */
export function defaultSchedule(rpo: string, timeZone: string): string {
  const duration = parseDuration(rpo);
  return (duration.ok ? scheduleFor(duration.value, timeZone) : undefined) ?? 'hourly';
}
