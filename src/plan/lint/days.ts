const dayMs = 86_400_000;

/** The first moment of a day of the calendar such as `2026-11-21`, in UTC. */
export function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** Whole days from one moment to another. */
export function daysBetween(fromMs: number, toMs: number): number {
  return Math.floor((toMs - fromMs) / dayMs);
}

/** Whether a day lies before the moment with all its hours, so that it is over. */
export function isOver(day: string, nowMs: number): boolean {
  return startOfDay(day) + dayMs <= nowMs;
}
