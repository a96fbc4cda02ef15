const timesMax = 48;

/** `02:00`, `2:30 pm`, `noon`, `02:00 and 14:00`, `8:00, 16:00`: minutes after midnight, ascending, without doubles. */
export function parseTimesOfDay(text: string): readonly number[] | undefined {
  const parts = text.split(/\s*,\s*(?:and\s+)?|\s+and\s+/);
  if (parts.length > timesMax) return undefined;
  const minutes = new Set<number>();
  for (const part of parts) {
    const minute = parseTimeOfDay(part);
    if (minute === undefined) return undefined;
    minutes.add(minute);
  }
  return [...minutes].sort((a, b) => a - b);
}

function parseTimeOfDay(text: string): number | undefined {
  if (text === 'noon') return 12 * 60;
  if (text === 'midnight') return 0;
  const match = /^(\d{1,2})(?::(\d{2}))? ?(am|pm|h|o'clock)?$/.exec(text);
  if (match === null) return undefined;
  const [, hourText = '', minuteText, suffix] = match;
  // A bare number may mean an hour or a minute; better to ask.
  if (minuteText === undefined && suffix === undefined) return undefined;
  const hour = hourOfDay(Number(hourText), suffix);
  const minute = Number(minuteText ?? '0');
  return hour === undefined || minute > 59 ? undefined : hour * 60 + minute;
}

function hourOfDay(hour: number, suffix: string | undefined): number | undefined {
  if (suffix !== 'am' && suffix !== 'pm') return hour <= 23 ? hour : undefined;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (suffix === 'pm' ? 12 : 0);
}
