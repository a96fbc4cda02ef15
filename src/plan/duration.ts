/** A length of time in whole milliseconds; made only by this file. */
export type Milliseconds = number & { readonly __unit: 'milliseconds' };

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A month is 30 days and a year 365 days: an objective or a limit needs a fixed length, not a calendar. */
const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: second,
  sec: second,
  second: second,
  m: minute,
  min: minute,
  minute: minute,
  h: hour,
  hr: hour,
  hour: hour,
  d: day,
  day: day,
  w: 7 * day,
  week: 7 * day,
  month: 30 * day,
  y: 365 * day,
  year: 365 * day,
};

const durationMsMax = 100 * 365 * day;
const textLengthMax = 100;

export type DurationResult =
  | { readonly ok: true; readonly value: Milliseconds }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a duration in people's words: `5 min`, `1h`, `7 days`, `1 h 30 min`, `0 minutes`. Every number needs
 * its unit; a month counts 30 days and a year 365. Never throws, and never repeats the text in its reason.
 */
export function parseDuration(text: string): DurationResult {
  if (text.length > textLengthMax) return { ok: false, reason: 'too long for a duration' };
  const trimmed = text.trim();
  if (trimmed.startsWith('-')) return { ok: false, reason: 'a duration cannot be negative' };
  if (/^[\d.]+$/.test(trimmed)) return { ok: false, reason: 'a duration needs a unit' };
  if (!/^(\d+(\.\d+)?\s*[a-z]+[\s,]*)+$/i.test(trimmed)) return { ok: false, reason: 'not a duration' };
  return sumOfParts(trimmed);
}

function sumOfParts(text: string): DurationResult {
  let totalMs = 0;
  for (const [, amount, , word] of text.matchAll(/(\d+(\.\d+)?)\s*([a-z]+)/gi)) {
    const factor = factorOf(word ?? '');
    if (factor === undefined) return { ok: false, reason: `"${word}" is not a unit of time` };
    totalMs += Number(amount) * factor;
  }
  if (totalMs > durationMsMax) return { ok: false, reason: 'longer than 100 years' };
  return { ok: true, value: milliseconds(totalMs) };
}

function factorOf(word: string): number | undefined {
  const lower = word.toLowerCase();
  const singular = lower.length > 2 && lower.endsWith('s') ? lower.slice(0, -1) : lower;
  return Object.hasOwn(unitMs, singular) ? unitMs[singular] : undefined;
}

/** Brands a number of milliseconds, rounded to a whole one. */
export function milliseconds(value: number): Milliseconds {
  return Math.round(value) as Milliseconds;
}

/** Writes a duration for people: `90 min` stays `1 h 30 min`, `0` is `0 min`. `parseDuration` reads it back. */
export function formatDuration(valueMs: number): string {
  if (valueMs === 0) return '0 min';
  const parts: string[] = [];
  let restMs = Math.round(valueMs);
  for (const [name, sizeMs] of spokenUnits) {
    const count = Math.floor(restMs / sizeMs);
    if (count === 0) continue;
    parts.push(`${count} ${name}${name === 'day' && count !== 1 ? 's' : ''}`);
    restMs -= count * sizeMs;
  }
  return parts.join(' ');
}

const spokenUnits: readonly (readonly [string, number])[] = [
  ['day', day],
  ['h', hour],
  ['min', minute],
  ['s', second],
  ['ms', 1],
];
