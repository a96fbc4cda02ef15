/** What a thaw would take, for each speed that the store offers for everything that is cold. Pure. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ArchiveThaw, ThawSpeed } from '../object-store/abilities.ts';
import { bytesOf, type ColdObject, type ColdSurvey } from './survey-cold.ts';

export const thawSpeeds: readonly ThawSpeed[] = ['expedited', 'standard', 'bulk'];

export interface ThawOffer {
  readonly speed: ThawSpeed;
  /** Until all of it can be read, as a rule; the store promises nothing. */
  readonly usualMs: number;
  /** One for each object; what is thawing already is not asked for again. */
  readonly requests: number;
  readonly bytes: number;
}

/** Of the store's price list, which only its customer knows. */
export interface ThawPrices {
  readonly perGb: number;
  readonly per1000Requests: number;
}

type Times = Pick<ArchiveThaw, 'usualMs'>;

export function thawOffers(times: Times, survey: ColdSurvey): readonly ThawOffer[] {
  const requests = survey.cold.length;
  const bytes = bytesOf(survey.cold);
  return thawSpeeds.flatMap((speed) => {
    const usualMs = usualThawMs(times, survey, speed);
    return usualMs === undefined ? [] : [{ speed, usualMs, requests, bytes }];
  });
}

/** In the currency of the prices. A gigabyte is 10^9 bytes, as in price lists. */
export function costOf({ requests, bytes }: ThawOffer, { perGb, per1000Requests }: ThawPrices): number {
  return (bytes / 1e9) * perGb + (requests / 1000) * per1000Requests;
}

/** `undefined` when the speed is not offered for all that is cold. What was asked for before may take its slowest time. */
export function usualThawMs(
  times: Times,
  { cold, thawing }: ColdSurvey,
  speed: ThawSpeed,
): number | undefined {
  const asked = classesOf(cold).map((name) => times.usualMs(name, speed));
  if (asked.includes(undefined)) return undefined;
  const before = classesOf(thawing).map((name) => slowest(times, name));
  return Math.max(0, ...asked.map((ms) => ms ?? 0), ...before);
}

/** Raises STORE_UNFIT before anything is asked for. */
export function requireOffered(times: Times, survey: ColdSurvey, speed: ThawSpeed): void {
  if (usualThawMs(times, survey, speed) !== undefined) return;
  const offered = thawOffers(times, survey).map((offer) => offer.speed);
  const classes = classesOf(survey.cold).join(', ');
  throw new LifeboatError('STORE_UNFIT', `what lies in ${classes} has no thaw of the speed "${speed}"`, {
    hint:
      offered.length === 0
        ? 'Thaw it with the tools of the store, then run this again.'
        : `Choose --thaw ${offered.join(' or --thaw ')}.`,
  });
}

function slowest(times: Times, storageClass: string): number {
  return Math.max(0, ...thawSpeeds.map((speed) => times.usualMs(storageClass, speed) ?? 0));
}

function classesOf(objects: readonly ColdObject[]): readonly string[] {
  return [...new Set(objects.map(({ storageClass }) => storageClass))].sort();
}
