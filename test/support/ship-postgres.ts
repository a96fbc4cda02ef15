/** Ships the log of a real server into archives of a test, within its process. */
import type { OpenLog } from '../../src/log-archive/open-log-archive.ts';
import { shipLog } from '../../src/log-shipping/ship-log.ts';
import type { ShippingEvent, ShippingOptions, ShippingStatus } from '../../src/log-shipping/shipping.ts';
import { monotonicMs, nowMs } from '../../src/platform/clock.ts';
import { createPostgresLogSource } from '../../src/source/postgres/replication/postgres-log-source.ts';
import * as engine from '../../src/source/postgres/wal/log-engine.ts';
import type { PostgresServer } from './postgres-server.ts';

export interface PostgresShipping extends AsyncDisposable {
  readonly events: readonly ShippingEvent[];
  readonly status: () => ShippingStatus | undefined;
}

type Settings = Partial<Pick<ShippingOptions, 'mode' | 'maxLagMs' | 'heartbeatMs' | 'timing'>> & {
  readonly expectedSystemId?: string;
};

/** As many copies as there are archives. Disposed, what was on its way has come to its end. */
export function shipPostgres(
  { host, port, user }: Pick<PostgresServer, 'host' | 'port' | 'user'>,
  logs: readonly OpenLog[],
  { expectedSystemId, ...settings }: Settings = {},
): PostgresShipping {
  const stop = new AbortController();
  const events: ShippingEvent[] = [];
  let status: ShippingStatus | undefined;
  const source = createPostgresLogSource({
    address: { host, port, user, database: 'postgres', tls: false, timeoutMs: 10_000 },
    ...{ slot: 'lifeboat_slot', applicationName: 'lifeboat_test', system: 'shop', nowMs, monotonicMs },
    ...(expectedSystemId === undefined ? {} : { expectedSystemId }),
  });
  const done = shipLog(
    {
      ...{ system: 'shop', source, mode: { kind: 'async' }, copies: logs.length, engine },
      ...{ maxLagMs: 2000, heartbeatMs: 100, clock: { nowMs, monotonicMs } },
      vaults: logs.map((log, i) => ({ name: `vault-${i}`, archive: () => log })),
      tell: (event) => events.push(event),
      report: (now) => {
        status = now;
      },
      ...settings,
      timing: { reconnectMsMin: 20, reconnectMsMax: 200, healthMs: 500, ...settings.timing },
    },
    stop.signal,
  );
  return {
    events,
    status: () => status,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the work is done'));
      await done;
    },
  };
}
