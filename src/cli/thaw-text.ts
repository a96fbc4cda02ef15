/** How commands tell what lies in an archive class and what it takes to get it out. */
import { durationText } from '../objective/duration-text.ts';
import { bytesOf, type ColdSurvey, isWithinReach } from '../thaw/survey-cold.ts';
import { costOf, type ThawOffer, type ThawPrices } from '../thaw/thaw-offers.ts';
import { bytesText, countText, plural } from './quantity-text.ts';

export interface ColdTelling {
  readonly survey: ColdSurvey;
  readonly offers: readonly ThawOffer[];
  readonly prices?: ThawPrices | undefined;
}

/** Lines without an indent; none when all can be read. */
export function coldLines({ survey, offers, prices }: ColdTelling): readonly string[] {
  const { cold, thawing, objects } = survey;
  if (isWithinReach(survey)) return [];
  const asked =
    thawing.length === 0
      ? []
      : [`${plural(thawing.length, 'pack')}, ${bytesText(bytesOf(thawing))}, are being thawed already`];
  if (cold.length === 0) return asked;
  const classes = [...new Set(cold.map(({ storageClass }) => storageClass))].join(', ');
  return [
    `${countText(cold.length)} of ${plural(objects, 'pack')}, ${bytesText(bytesOf(cold))}, lie in ${classes} and must be thawed first`,
    ...asked,
    ...offers.map((offer) => offerLine(offer, prices)),
    ...(offers.length === 0 ? ['no speed of the store fits all of them'] : []),
  ];
}

function offerLine(offer: ThawOffer, prices: ThawPrices | undefined): string {
  const { speed, usualMs, requests, bytes } = offer;
  const cost = prices === undefined ? '' : `, costs about ${costOf(offer, prices).toFixed(2)}`;
  return `--thaw ${speed}: usually within ${durationText(usualMs)}; ${plural(requests, 'request')}, ${bytesText(bytes)}${cost}`;
}

/** For machines. The keys are all there: a person may want to thaw them by other means. */
export function coldFields({ survey, offers, prices }: ColdTelling): Readonly<Record<string, unknown>> {
  const { cold, thawing, objects, bytes } = survey;
  return {
    packs: objects,
    bytes,
    cold_packs: cold.length,
    cold_bytes: bytesOf(cold),
    thawing_packs: thawing.length,
    thawing_bytes: bytesOf(thawing),
    cold_keys: cold.map(({ key }) => key),
    offers: offers.map((offer) => ({
      speed: offer.speed,
      usual_ms: offer.usualMs,
      requests: offer.requests,
      bytes: offer.bytes,
      ...(prices === undefined ? {} : { cost: costOf(offer, prices) }),
    })),
  };
}
