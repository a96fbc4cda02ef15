/** A shipping of a log in memory into vaults in memory, and what to wait for. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import type { OpenLog } from '../../src/log-archive/open-log-archive.ts';
import { shipLog } from '../../src/log-shipping/ship-log.ts';
import type { ShippingEvent, ShippingOptions, ShippingStatus } from '../../src/log-shipping/shipping.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { openLog } from './log-scene.ts';
import { type MemoryLog, memoryEngine } from './memory-log-source.ts';

export interface TestVault {
  readonly name: string;
  readonly log: OpenLog;
  /** Puts and lists take so long, or fail while it is `away`. */
  delayMs: number;
  isAway: boolean;
  puts: number;
}

/** A vault over a store that can be slowed down and taken away at any time. */
export function testVault(name: string, inner: ObjectStore = openMemoryStore()): TestVault {
  const gate = async (): Promise<void> => {
    if (vault.delayMs > 0) await sleep(vault.delayMs);
    if (vault.isAway) throw away(name);
  };
  const { createOnly } = inner.abilities;
  assert.ok(createOnly);
  const store: ObjectStore = {
    ...inner,
    abilities: {
      ...inner.abilities,
      createOnly: {
        async create(...args) {
          vault.puts++;
          await gate();
          return await createOnly.create(...args);
        },
      },
    },
    async *list(...args) {
      await gate();
      yield* inner.list(...args);
    },
  };
  const vault: TestVault = { name, log: openLog(store), delayMs: 0, isAway: false, puts: 0 };
  return vault;
}

function away(name: string): Error {
  return new LifeboatError('STORE_UNAVAILABLE', `${name} does not answer`, { retryable: true });
}

export interface RunningShipping extends AsyncDisposable {
  readonly events: readonly ShippingEvent[];
  readonly status: () => ShippingStatus | undefined;
  /** Names of the events, without those that come and go by themselves. */
  readonly kinds: () => readonly string[];
}

export function startShipping(
  server: MemoryLog,
  vaults: readonly TestVault[],
  options: Partial<ShippingOptions> = {},
): RunningShipping {
  const events: ShippingEvent[] = [];
  let status: ShippingStatus | undefined;
  const stop = new AbortController();
  const done = shipLog(
    {
      system: 'orders-db',
      source: server,
      vaults: vaults.map(({ name, log }) => ({ name, archive: () => log })),
      mode: { kind: 'async' },
      copies: 1,
      maxLagMs: 500,
      heartbeatMs: 50,
      engine: memoryEngine,
      clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
      tell: (event) => events.push(event),
      report: (now) => {
        status = now;
      },
      ...options,
      timing: {
        awayAfterMs: 150,
        reconnectMsMin: 5,
        reconnectMsMax: 50,
        healthMs: 50,
        compactMs: 100,
        countMs: 50,
        steadyMs: 50,
        ...options.timing,
      },
    },
    stop.signal,
  );
  return {
    events,
    status: () => status,
    kinds: () => events.map(({ kind }) => kind),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the test is over'));
      await done;
    },
  };
}

const waitsMsMax = 15_000;

/** Fails when it does not come true. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  limitMs = waitsMsMax,
): Promise<void> {
  const startMs = performance.now();
  while (!(await isTrue())) {
    assert.ok(performance.now() - startMs < limitMs, `in time: ${what}`);
    await sleep(5);
  }
}
