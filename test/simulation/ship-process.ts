/** A process to be killed and stopped: ships the log of a server into two vaults, as the running program does. */
import fs from 'node:fs';
import { shipLog } from '../../src/log-shipping/ship-log.ts';
import type { ShippingMode } from '../../src/log-shipping/shipping.ts';
import { writeStatus } from '../../src/log-shipping/status-file.ts';
import { monotonicMs } from '../../src/platform/clock.ts';
import { createPostgresLogSource } from '../../src/source/postgres/replication/postgres-log-source.ts';
import * as engine from '../../src/source/postgres/wal/log-engine.ts';
import { openPlace, type VaultPlace } from './loss-vaults.ts';

export interface ShipSettings {
  /** For its own caches, and for the file that says how it stands. */
  readonly folder: string;
  readonly port: number;
  readonly user: string;
  readonly mode: ShippingMode;
  readonly copies: number;
  readonly maxLagMs: number;
  readonly heartbeatMs: number;
  readonly vaults: readonly VaultPlace[];
  /** Holds how far its clock is wrong: milliseconds. */
  readonly clockFile: string;
}

const settings: ShipSettings = JSON.parse(process.argv[2] ?? '');
const { folder, port, user, mode, copies, maxLagMs, heartbeatMs, clockFile } = settings;
const nowMs = (): number => Date.now() + Number(fs.readFileSync(clockFile, 'utf8') || 0);
const opened = await Promise.all(
  settings.vaults.map(async (place) => ({ place, vault: await openPlace(place, folder) })),
);
const source = createPostgresLogSource({
  address: { host: '127.0.0.1', port, user, database: 'postgres', tls: false, timeoutMs: 3000 },
  ...{ slot: 'lifeboat_slot', applicationName: 'lifeboat_test', system: 'shop', nowMs, monotonicMs },
});
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('told to end')));
await shipLog(
  {
    ...{ system: 'shop', source, mode, copies, maxLagMs, heartbeatMs, engine },
    vaults: opened.map(({ place, vault }) => ({
      name: place.name,
      archive: (incarnation) => vault.log({ system: 'shop', incarnation }),
    })),
    clock: { nowMs, monotonicMs },
    tell: (event) =>
      console.log(JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? String(value) : value))),
    report: (status) => writeStatus(folder, status),
    timing: {
      ...{ awayAfterMs: 1500, reconnectMsMin: 20, reconnectMsMax: 300, healthMs: 300 },
      ...{ compactMs: 1000, steadyMs: 100 },
    },
  },
  stop.signal,
);
process.exit(0);
