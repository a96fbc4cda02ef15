/** How damage that stands is told: what lies in the data comes before what lies beside it. Pure. */
import type { KnownDamage } from '../recovery-point/known-damage.ts';

export interface ToldDamage {
  /** The one that is told. */
  readonly shown: KnownDamage;
  /** `when`: `3 d ago`, `at 2026-11-21 02:17:57 UTC`. */
  text(when: string): string;
}

/** `undefined` where nothing stands; `found`: earliest first. */
export function toldDamage(found: readonly KnownDamage[]): ToldDamage | undefined {
  const shown = found.find(({ isBeside }) => !isBeside) ?? found[0];
  if (shown === undefined) return undefined;
  const what = shown.isBeside
    ? 'damage beside the data (config, keys, records, plans or lost points)'
    : 'damage';
  return {
    shown,
    text: (when) => `a ${shown.foundBy} found ${what} ${when}, and nothing shows that it is mended`,
  };
}
