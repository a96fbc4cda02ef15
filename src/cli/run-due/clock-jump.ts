/** Tells a wall clock that was set, or a machine that slept, from time that passed. Pure. */
export interface ClockReading {
  readonly wallMs: number;
  /** Never goes back, and stands still while the machine sleeps. */
  readonly monotonicMs: number;
}

/** Below this it is a clock that is kept right. */
export const jumpToleratedMs = 30_000;

/** How far the wall clock jumped between two readings, negative when it was set back; `undefined` when it did not. */
export function clockJumpMs(before: ClockReading, now: ClockReading): number | undefined {
  const jumpMs = now.wallMs - before.wallMs - (now.monotonicMs - before.monotonicMs);
  return Math.abs(jumpMs) > jumpToleratedMs ? jumpMs : undefined;
}
