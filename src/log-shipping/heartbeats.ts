/** Signs of life in the log, and when each of them was durable in which vault. */
import type { Heartbeat } from '../source/log-source.ts';

/** With one a second, more than a day of them; older ones are overtaken by newer ones anyway. */
const pendingMax = 10_000;

export interface Heartbeats {
  /** Called before the server is asked to write one, with both clocks of ours. */
  sent(beat: Heartbeat, sentAtMs: number, sentAtMonotonicMs: number): void;
  /** Told whenever a lane got on. */
  durable(vault: string, position: bigint, monotonicMs: number): void;
  of(vault: string): HeartbeatState | undefined;
  /** Positions of another branch say nothing of these. */
  forget(): void;
}

export interface HeartbeatState {
  /** By our clock, when the newest heartbeat that is durable there was asked for. */
  readonly provenUntilMs: number;
  /** The same by the monotonic clock. */
  readonly provenAtMonotonicMs: number;
  readonly lagMs: number;
}

interface Pending {
  readonly end: bigint;
  readonly sentAtMs: number;
  readonly sentAtMonotonicMs: number;
}

export function createHeartbeats(): Heartbeats {
  let pending: Pending[] = [];
  const known = new Map<string, HeartbeatState & { readonly end: bigint }>();
  return {
    sent({ end }, sentAtMs, sentAtMonotonicMs) {
      pending.push({ end, sentAtMs, sentAtMonotonicMs });
      if (pending.length > pendingMax) pending.shift();
    },
    durable(vault, position, monotonicMs) {
      const newest = pending.findLast(({ end }) => end <= position);
      const before = known.get(vault);
      if (newest === undefined || (before !== undefined && before.end >= newest.end)) return;
      const { end, sentAtMs, sentAtMonotonicMs } = newest;
      known.set(vault, {
        ...{ end, provenUntilMs: sentAtMs, provenAtMonotonicMs: sentAtMonotonicMs },
        lagMs: Math.max(0, monotonicMs - sentAtMonotonicMs),
      });
    },
    of: (vault) => known.get(vault),
    forget() {
      pending = [];
      for (const [vault, state] of known) known.set(vault, { ...state, end: 0n });
    },
  };
}
