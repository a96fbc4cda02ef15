import { durationText } from '../../objective/duration-text.ts';

export interface TimeScale {
  /** Between 0 and the width. */
  at(ms: number): number;
  readonly ticks: readonly { readonly ms: number; readonly label: string }[];
  /** Later times are drawn closer together, because minutes and days stand in one picture. */
  readonly isCompressed: boolean;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const stepsMs = [
  ...[1_000, 5_000, 10_000, 30_000],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minuteMs),
  ...[1, 2, 3, 6, 12].map((count) => count * hourMs),
  ...[1, 2, 7, 14, 30, 90, 365, 1825, 3650].map((count) => count * dayMs),
];

const ticksMax = 9;
const compression = 0.4;
const spreadMax = 40;
const compressedTicksMs = [
  0,
  minuteMs,
  10 * minuteMs,
  hourMs,
  6 * hourMs,
  dayMs,
  7 * dayMs,
  30 * dayMs,
  365 * dayMs,
];
const apartMin = 55;

/** `times` are moments that must be told apart; the largest is the end. */
export function timeScale(times: readonly number[], width: number): TimeScale {
  const positive = times.filter((ms) => ms > 0).toSorted((a, b) => a - b);
  const endMs = Math.max(minuteMs, positive.at(-1) ?? 0);
  const middleMs = positive[Math.floor(positive.length / 2)] ?? endMs;
  const isCompressed = endMs / middleMs > spreadMax;
  const power = isCompressed ? compression : 1;
  const at = (ms: number): number => width * (Math.min(Math.max(ms, 0), endMs) / endMs) ** power;
  const chosen = isCompressed ? spaced(compressedTicksMs, at) : evenTicks(endMs);
  const ticks = chosen
    .filter((ms) => ms <= endMs)
    .map((ms) => ({ ms, label: ms === 0 ? '0' : durationText(ms) }));
  return { at, ticks, isCompressed };
}

function evenTicks(endMs: number): readonly number[] {
  const stepMs = stepsMs.find((step) => endMs / step <= ticksMax) ?? endMs;
  const count = Math.floor(endMs / stepMs);
  return Array.from({ length: count + 1 }, (_, index) => index * stepMs);
}

/** Those whose labels do not run into each other. */
function spaced(ticks: readonly number[], at: (ms: number) => number): readonly number[] {
  let lastX = Number.NEGATIVE_INFINITY;
  return ticks.filter((ms) => {
    if (at(ms) - lastX < apartMin) return false;
    lastX = at(ms);
    return true;
  });
}
