/** How long bytes have waited to be acknowledged: when each position came, as far as it is not acknowledged. */
export interface WaitingBytes {
  came(end: bigint, atMs: number): void;
  acknowledged(position: bigint): void;
  /** 0 when nothing waits. */
  oldestMs(nowMs: number): number;
}

/** Positions that came within this time of each other are one. */
const grainMs = 5;

export function createWaitingBytes(): WaitingBytes {
  let waiting: { end: bigint; readonly atMs: number }[] = [];
  return {
    came(end, atMs) {
      const last = waiting.at(-1);
      if (last !== undefined && waiting.length > 1 && atMs - last.atMs < grainMs) last.end = end;
      else waiting.push({ end, atMs });
    },
    acknowledged(position) {
      const index = waiting.findIndex(({ end }) => end > position);
      waiting = index < 0 ? [] : waiting.slice(index);
    },
    oldestMs(nowMs) {
      const [oldest] = waiting;
      return oldest === undefined ? 0 : Math.max(0, nowMs - oldest.atMs);
    },
  };
}
