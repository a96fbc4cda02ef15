/** Time that passes only when nothing else can happen: what takes minutes is over at once, and the same every run. */
export interface VirtualTime {
  readonly nowMs: () => number;
  readonly sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
  /** Lets time pass until the work has ended. */
  readonly run: <T>(work: Promise<T>) => Promise<T>;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** More wake-ups than any test needs: a loop that waits for ever fails instead of hanging. */
const wakesMax = 1_000_000;
/** Promises settle in turns; work that needs more between two sleeps does something real. */
const turnsToSettle = 3;

export function virtualTime(): VirtualTime {
  let nowMs = 0;
  const sleepers: Sleeper[] = [];
  return {
    nowMs: () => nowMs,
    sleep: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const sleeper = { atMs: nowMs + Math.max(0, durationMs), wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', () => {
          const at = sleepers.indexOf(sleeper);
          if (at >= 0) sleepers.splice(at, 1);
          reject(signal.reason);
        });
      }),
    async run(work) {
      let ended = false;
      const end = () => {
        ended = true;
      };
      work.then(end, end);
      for (let wakes = 0; wakes < wakesMax; wakes++) {
        for (let turn = 0; turn < turnsToSettle; turn++) await new Promise((next) => setImmediate(next));
        if (ended) return await work;
        sleepers.sort((a, b) => a.atMs - b.atMs);
        const next = sleepers.shift();
        if (next === undefined) continue;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
      }
      throw new Error('the work does not end');
    },
  };
}
