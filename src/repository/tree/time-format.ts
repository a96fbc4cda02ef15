/**
 * Times as Go writes them: RFC 3339, UTC, up to nine fractional digits without trailing zeros.
 * Source: Go, time.RFC3339Nano; restic clamps years to 0..9999 because RFC 3339 knows no others.
 */
const nsPerSecond = 1_000_000_000n;
const secondsPerDay = 86_400;
const yearMax = 9999;

/** Files of one tree share few days. The whole cache is dropped when it is full. */
const dayCacheMax = 4096;
const dayCache = new Map<number, string>();

const twoDigits = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));

/** Nanoseconds since the epoch → `2026-11-20T02:44:00.5Z`. */
export function formatTime(ns: bigint): string {
  let seconds = ns / nsPerSecond;
  let fraction = Number(ns - seconds * nsPerSecond);
  if (fraction < 0) {
    seconds -= 1n;
    fraction += 1_000_000_000;
  }
  const total = Number(seconds);
  const day = Math.floor(total / secondsPerDay);
  const ofDay = total - day * secondsPerDay;
  const hours = twoDigits[Math.floor(ofDay / 3600)];
  const minutes = twoDigits[Math.floor(ofDay / 60) % 60];
  return `${dateText(day)}T${hours}:${minutes}:${twoDigits[ofDay % 60]}${fractionText(fraction)}Z`;
}

function fractionText(ns: number): string {
  if (ns === 0) return '';
  const digits = String(ns).padStart(9, '0');
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 0x30) end--;
  return '.' + digits.slice(0, end);
}

function dateText(day: number): string {
  const known = dayCache.get(day);
  if (known !== undefined) return known;
  const text = clampedDate(day);
  if (dayCache.size >= dayCacheMax) dayCache.clear();
  dayCache.set(day, text);
  return text;
}

/** Only the year is clamped; a 29 February that 9999 does not have becomes 1 March, as in Go's AddDate. */
function clampedDate(day: number): string {
  const { year, month, dayOfMonth } = civilFromDays(day);
  const clamped = Math.min(Math.max(year, 0), yearMax);
  const missing = year > yearMax && month === 2 && dayOfMonth === 29;
  const monthAndDay = missing ? '03-01' : `${twoDigits[month]}-${twoDigits[dayOfMonth]}`;
  return `${String(clamped).padStart(4, '0')}-${monthAndDay}`;
}

/**
 * Days since the epoch → date, for any year (Date ends in the year 275760, int64 seconds do not).
 * Source: Howard Hinnant, "chrono-compatible low-level date algorithms".
 */
function civilFromDays(day: number): { year: number; month: number; dayOfMonth: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, dayOfMonth: ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}

const timePattern = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** RFC 3339 with any offset → nanoseconds since the epoch; `undefined` when it is not such a time. */
export function parseTime(text: string): bigint | undefined {
  const parts = timePattern.exec(text);
  if (parts === null) return undefined;
  const [
    ,
    date = '',
    hours = '',
    minutes = '',
    seconds = '',
    fraction = '',
    sign,
    offsetHours,
    offsetMinutes,
  ] = parts;
  const midnight = midnightSeconds(date);
  if (midnight === undefined || +hours > 23 || +minutes > 59 || +seconds > 59) return undefined;
  const local = midnight + +hours * 3600 + +minutes * 60 + +seconds;
  const offset =
    sign === undefined ? 0 : Number(`${sign}1`) * (Number(offsetHours) * 3600 + Number(offsetMinutes) * 60);
  return BigInt(local - offset) * nsPerSecond + BigInt(+fraction.padEnd(9, '0'));
}

const midnightCache = new Map<string, number>();

function midnightSeconds(date: string): number | undefined {
  const known = midnightCache.get(date);
  if (known !== undefined) return known;
  const ms = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(date)) return undefined;
  if (midnightCache.size >= dayCacheMax) midnightCache.clear();
  midnightCache.set(date, ms / 1000);
  return ms / 1000;
}
