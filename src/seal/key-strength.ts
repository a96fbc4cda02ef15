/** How dear it is to try one password on a key file. */
import { scrypt } from 'node:crypto';
import type { ScryptCost } from './key-file-format.ts';

export interface KeyStrength {
  readonly cost: ScryptCost;
  /** That one attempt takes, in bytes. */
  readonly memoryBytes: number;
  /** Cheaper to try than restic's own keys are. */
  readonly isWeak: boolean;
}

/** What restic asks of a machine at least: N = 32768, r = 8, p = 1. */
const workMin = 32768 * 8;
/** Small enough to be measured in a few milliseconds. */
const probe: ScryptCost = { N: 4096, r: 8, p: 1 };

export function strengthOf(cost: ScryptCost): KeyStrength {
  const { N, r, p } = cost;
  return { cost, memoryBytes: 128 * N * r, isWeak: N * r * p < workMin };
}

/**
 * How long one attempt takes on this machine, in milliseconds, from a small derivation: time grows with N·r·p.
 * `monotonicMs` is the clock.
 */
export async function attemptMs(
  costs: readonly ScryptCost[],
  monotonicMs: () => number,
): Promise<readonly number[]> {
  const startMs = monotonicMs();
  await derive(probe);
  const msPerWork = (monotonicMs() - startMs) / workOf(probe);
  return costs.map((cost) => workOf(cost) * msPerWork);
}

function workOf({ N, r, p }: ScryptCost): number {
  return N * r * p;
}

function derive({ N, r, p }: ScryptCost): Promise<void> {
  return new Promise((resolve, reject) => {
    scrypt('a probe', 'and its salt', 32, { N, r, p }, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}
