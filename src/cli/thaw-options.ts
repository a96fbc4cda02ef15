/** The options of every restore that may need what lies in an archive class. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ThawWish } from '../thaw/thaw-objects.ts';
import { type ThawPrices, thawSpeeds } from '../thaw/thaw-offers.ts';
import type { OptionSpec } from './command-spec.ts';
import type { Input } from './input.ts';

const daysDefault = 7;
const daysMax = 365;

export const thawOptions: readonly OptionSpec[] = [
  {
    flag: '--thaw',
    value: 'SPEED',
    choices: thawSpeeds,
    description: 'first bring out of the archive class what is needed, at this speed, and wait for it',
  },
  {
    flag: '--thaw-days',
    value: 'DAYS',
    description: `with --thaw: for how many days it can be read then (default: ${daysDefault})`,
  },
  {
    flag: '--thaw-prices',
    value: 'GB,REQUESTS',
    description:
      'prices of your store for a gigabyte and for 1000 requests, such as 0.01,0.05: adds the cost',
  },
  { flag: '--no-wait', description: 'with --thaw: only ask for it; the same command goes on later' },
];

/** Raises USAGE. */
export function thawWishOf(input: Input): ThawWish | undefined {
  const speed = thawSpeeds.find((each) => each === input.value('--thaw'));
  if (speed !== undefined) return { speed, days: daysOf(input), wait: !input.has('--no-wait') };
  for (const flag of ['--thaw-days', '--no-wait'])
    if (input.has(flag))
      throw new LifeboatError('USAGE', `${flag} says nothing without --thaw`, {
        hint: 'Add --thaw standard.',
      });
  return undefined;
}

function daysOf(input: Input): number {
  const text = input.value('--thaw-days');
  if (text === undefined) return daysDefault;
  const days = /^\d+$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= daysMax) return days;
  throw new LifeboatError('USAGE', `"${text}" is no number of days`, {
    hint: `Write a whole number from 1 to ${daysMax}.`,
  });
}

/** Raises USAGE. */
export function thawPricesOf(input: Input): ThawPrices | undefined {
  const text = input.value('--thaw-prices');
  if (text === undefined) return undefined;
  const found = /^(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)$/.exec(text);
  if (found !== null) return { perGb: Number(found[1]), per1000Requests: Number(found[2]) };
  throw new LifeboatError('USAGE', `"${text}" are no prices`, {
    hint: 'Write the price of a gigabyte and of 1000 requests, such as 0.01,0.05.',
  });
}
