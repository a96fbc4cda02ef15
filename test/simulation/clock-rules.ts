/** Random schedules in words, each with what it means to the oracle. */
import type { SeededRandom } from '../support/seeded-random.ts';
import type { OracleDate, OracleRule } from './clock-walk.ts';

export interface RandomSchedule {
  readonly text: string;
  readonly zone: string;
  readonly rule: OracleRule;
}

/** With an hour, two hours and half an hour of daylight saving, changes at midnight, and none; and the dateline. */
export const clockZones: readonly string[] = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Gaza',
  'Asia/Beirut',
  'Asia/Kathmandu',
  'America/Havana',
  'America/Santiago',
  'Antarctica/Troll',
  '+05:45',
];

const weekdayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function randomSchedule(random: SeededRandom, zone: string): RandomSchedule {
  const form = random.below(10);
  if (form <= 2) return { ...randomInterval(random), zone };
  if (form <= 4) return { ...randomCron(random), zone };
  const { words, names } = randomDays(random);
  if (random.below(4) === 0) return { ...randomWindow(random, words, names), zone };
  const times = [...new Set(Array.from({ length: 1 + random.below(3) }, () => randomTime(random)))];
  const text = `${words} at ${times.map(clock).join(', ')} ${zone}`;
  return { text, zone, rule: { kind: 'days', names, times } };
}

/** Clocks are changed in the small hours, so these come more often. */
function randomTime(random: SeededRandom): number {
  return random.below(3) === 0
    ? random.below(1440)
    : random.pick([0, 15, 30, 60, 90, 105, 120, 135, 150, 180, 210]);
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

type Draft = Omit<RandomSchedule, 'zone'>;

function randomInterval(random: SeededRandom): Draft {
  const step = random.pick([
    5, 10, 15, 20, 30, 45, 50, 60, 77, 90, 120, 180, 240, 300, 360, 420, 480, 720, 1000, 1440,
  ]);
  const words = step % 60 === 0 ? `every ${step / 60}h` : `every ${step} min`;
  const from = random.below(2) === 0 ? 0 : random.below(1440);
  const text = from === 0 ? words : `${words} from ${clock(from)}`;
  return { text, rule: { kind: 'interval', step, offset: from % step } };
}

function randomWindow(random: SeededRandom, words: string, names: (date: OracleDate) => boolean): Draft {
  const start = randomTime(random);
  const windowMinutes = random.pick([15, 30, 60, 90, 240, 480, 1200]);
  const text = `${words} between ${clock(start)} and ${clock((start + windowMinutes) % 1440)}`;
  return { text, rule: { kind: 'days', names, times: [start], windowMinutes } };
}

interface Days {
  readonly words: string;
  names(date: OracleDate): boolean;
}

function randomDays(random: SeededRandom): Days {
  const some = [...new Set([random.below(7), random.below(7), random.below(7)])];
  const [weekday = 0] = some;
  const count = 2 + random.below(40);
  const day = 1 + random.below(31);
  const month = 1 + random.below(12);
  const onDay = (date: OracleDate): boolean => date.day === Math.min(day, date.lastOfMonth);
  const nth = random.below(4);
  const isWorkday = (date: OracleDate): boolean => date.weekday >= 1 && date.weekday <= 5;
  return random.pick<Days>([
    { words: 'daily', names: () => true },
    { words: 'daily', names: () => true },
    { words: 'weekdays', names: isWorkday },
    { words: 'weekends', names: (date) => !isWorkday(date) },
    {
      words: `on ${some.map((each) => weekdayNames[each]).join(' and ')}`,
      names: (date) => some.includes(date.weekday),
    },
    { words: `weekly on ${weekdayNames[weekday]}`, names: (date) => date.weekday === weekday },
    { words: `every ${count} days`, names: (date) => date.number % count === 0 },
    { words: `monthly on the ${day}th`, names: onDay },
    { words: 'monthly on the last day', names: (date) => date.day === date.lastOfMonth },
    { words: `quarterly on day ${day}`, names: (date) => date.month % 3 === 1 && onDay(date) },
    {
      words: 'yearly on the 29th of February',
      names: (date) => date.month === 2 && date.day === Math.min(29, date.lastOfMonth),
    },
    {
      words: `yearly on ${monthNames[month - 1]} 10`,
      names: (date) => date.month === month && date.day === 10,
    },
    {
      words: `monthly on the ${['first', 'second', 'third', 'fourth'][nth]} ${weekdayNames[weekday]}`,
      names: (date) => date.weekday === weekday && Math.ceil(date.day / 7) === nth + 1,
    },
    {
      words: `on the last ${weekdayNames[weekday]} of every month`,
      names: (date) => date.weekday === weekday && date.day + 7 > date.lastOfMonth,
    },
    {
      words: 'monthly on the last weekday',
      names: (date) =>
        isWorkday(date) &&
        (date.day === date.lastOfMonth || (date.weekday === 5 && date.day + 2 >= date.lastOfMonth)),
    },
    {
      words: 'monthly on the first weekday',
      names: (date) => isWorkday(date) && (date.day === 1 || (date.weekday === 1 && date.day <= 3)),
    },
  ]);
}

function randomCron(random: SeededRandom): Draft {
  const minute = random.pick([0, 7, 15, 30, 59]);
  const hour = random.below(5);
  const step = random.pick([7, 10, 15, 20, 30]);
  const day = 1 + random.below(28);
  const weekday = random.below(7);
  const month = 1 + random.below(12);
  const at = [hour * 60 + minute];
  const everyHour = Array.from({ length: 24 }, (_, each) => each * 60);
  const steps = Array.from({ length: Math.ceil(60 / step) }, (_, each) => each * step);
  const days = (
    text: string,
    names: (date: OracleDate) => boolean,
    times: readonly number[] = at,
  ): Draft => ({
    text,
    rule: { kind: 'days', names, times },
  });
  return random.pick<Draft>([
    days(`${minute} ${hour} * * *`, () => true),
    days(`${minute} ${hour},${hour + 9} * * 1-5`, ({ weekday: on }) => on >= 1 && on <= 5, [
      ...at,
      hour * 60 + minute + 540,
    ]),
    days(
      `*/${step} ${hour}-${hour + 2} * * *`,
      () => true,
      [0, 60, 120].flatMap((add) => steps.map((each) => hour * 60 + add + each)),
    ),
    days(`${minute} ${hour} ${day} * ${weekday}`, (date) => date.day === day || date.weekday === weekday),
    days(`${minute} ${hour} L * *`, (date) => date.day === date.lastOfMonth),
    days(`${minute} ${hour} * ${month} *`, (date) => date.month === month),
    days(
      `${minute} ${hour} 1,15 ${month} *`,
      (date) => date.month === month && (date.day === 1 || date.day === 15),
    ),
    {
      text: `${minute} * * * *`,
      rule: {
        kind: 'days',
        names: () => true,
        everyHour: true,
        times: everyHour.map((each) => each + minute),
      },
    },
    {
      text: `*/${step} * * * *`,
      rule: {
        kind: 'days',
        names: () => true,
        everyHour: true,
        times: everyHour.flatMap((each) => steps.map((add) => each + add)),
      },
    },
  ]);
}
