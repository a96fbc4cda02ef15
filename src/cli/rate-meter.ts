/** How fast bytes go by, over the last seconds, so that a short stall does not make the estimate jump. */
export interface RateMeter {
  add(progress: { readonly doneBytes: number }): void;
  measure(): Measured;
}

export interface Measured {
  readonly bytesPerSecond: number;
  readonly elapsedMs: number;
}

const windowMs = 15_000;
/** One sample a second at most. */
const samplesMax = windowMs / 1000;

export function createRateMeter(monotonicMs: () => number): RateMeter {
  const startMs = monotonicMs();
  const samples = [{ atMs: startMs, bytes: 0 }];
  let doneBytes = 0;
  return {
    add(progress) {
      doneBytes = progress.doneBytes;
      const atMs = monotonicMs();
      if (atMs - (samples.at(-1)?.atMs ?? 0) < windowMs / samplesMax) return;
      samples.push({ atMs, bytes: doneBytes });
      if (samples.length > samplesMax) samples.shift();
    },
    measure() {
      const nowMs = monotonicMs();
      const oldest = samples[0] ?? { atMs: startMs, bytes: 0 };
      const spanMs = nowMs - oldest.atMs;
      const bytesPerSecond = spanMs <= 0 ? 0 : ((doneBytes - oldest.bytes) / spanMs) * 1000;
      return { bytesPerSecond: Math.max(0, bytesPerSecond), elapsedMs: nowMs - startMs };
    },
  };
}
