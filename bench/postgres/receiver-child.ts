/**
 * Ships the log of a cluster into one vault until it is told to stop: `receiver-child.ts VAULT SOCKET PORT async|sync
 * [MS]`. MS is how long every put is held up. Says `streaming` on a line of its own when commits are looked after.
 */
import { shipLog } from '../../src/log-shipping/ship-log.ts';
import type { ShippingStatus } from '../../src/log-shipping/shipping.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { monotonicMs, nowMs } from '../../src/platform/clock.ts';
import { sleep } from '../../src/platform/timers.ts';
import { createPostgresLogSource } from '../../src/source/postgres/replication/postgres-log-source.ts';
import * as engine from '../../src/source/postgres/wal/log-engine.ts';
import { openBenchLog } from './log-place.ts';

const [location = '', host = '', port = '', mode = 'async', delay = '0'] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort(new Error('the benchmark is over')));

const store = slowed(openLocalStore(location), Number(delay));
const address = { host, port: Number(port), database: 'postgres', user: 'postgres', tls: false };
let isReady = false;

await shipLog(
  {
    system: 'bench',
    source: createPostgresLogSource({
      address: { ...address, timeoutMs: 10_000 },
      ...{ slot: 'bench', applicationName: 'bench', system: 'bench', nowMs, monotonicMs },
    }),
    mode: mode === 'sync' ? { kind: 'sync' } : { kind: 'async' },
    ...{ copies: 1, maxLagMs: 5000, heartbeatMs: 1250, engine, clock: { nowMs, monotonicMs } },
    vaults: [{ name: 'vault', archive: (incarnation) => openBenchLog(store, location, incarnation) }],
    tell: ({ kind }) => {
      if (kind === 'finding' || kind === 'conflict' || kind === 'gap') console.error(kind);
    },
    report: tellWhenReady,
  },
  stop.signal,
);

function tellWhenReady({ state, isProtected }: ShippingStatus): void {
  if (isReady || state !== 'streaming' || isProtected !== (mode === 'sync')) return;
  isReady = true;
  console.log('streaming');
}

function slowed(inner: ObjectStore, delayMs: number): ObjectStore {
  const { createOnly } = inner.abilities;
  if (delayMs === 0 || createOnly === undefined) return inner;
  return {
    ...inner,
    abilities: {
      ...inner.abilities,
      createOnly: {
        async create(...args) {
          await sleep(delayMs);
          return await createOnly.create(...args);
        },
      },
    },
  };
}
