/**
 * How many puts are on their way at once, and how long bytes are gathered before the next. With one put at a time a
 * commit that arrives during it waits for two; with four for a quarter more than one, at four times the requests. So
 * slow stores get more at once, and puts follow each other evenly. Pure.
 */
export interface PutPace {
  readonly window: number;
  readonly lingerMs: number;
}

const windowMax = 4;
/** A put faster than this leaves little to win by a second one. */
const quickPutMs = 4;
const slowPutMs = 12;
const lingerMsMin = 2;
const lingerMsMax = 5;
/** Share of the lag target for which bytes are gathered where nobody waits for them. */
const patientShare = 1 / 10;
const patientMsMax = 1000;

export function paceOf(
  putMs: number,
  waits: { readonly isSync: boolean; readonly maxLagMs: number },
): PutPace {
  const window = putMs < quickPutMs ? 1 : putMs < slowPutMs ? 2 : windowMax;
  if (!waits.isSync) return { window, lingerMs: Math.min(patientMsMax, waits.maxLagMs * patientShare) };
  return { window, lingerMs: Math.min(lingerMsMax, Math.max(lingerMsMin, putMs / window / 2)) };
}

/** Newer ones count more; `undefined` is not known yet. */
export function averagePutMs(before: number | undefined, tookMs: number): number {
  const weight = 0.2;
  return before === undefined ? tookMs : before + (tookMs - before) * weight;
}
