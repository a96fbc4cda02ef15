/** A server that loses its data directory again and again, and vaults from which alone it comes back each time. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { joinLogs } from '../../src/log-archive/join-logs.ts';
import type { OpenLog } from '../../src/log-archive/open-log-archive.ts';
import { gatherGround } from '../../src/source/postgres/recovery/gather-ground.ts';
import { releaseFromIsolation } from '../../src/source/postgres/recovery/lay-out-cluster.ts';
import { type RecoveredCluster, recoverCluster } from '../../src/source/postgres/recovery/recover-cluster.ts';
import type { ChosenRecovery } from '../../src/source/postgres/recovery/recovery-choice.ts';
import type { BasePoint, RecoveryGround } from '../../src/source/postgres/recovery/recovery-ground.ts';
import type { RecoveryTarget } from '../../src/source/postgres/recovery/recovery-target.ts';
import { requireRecovery, resolveRecovery } from '../../src/source/postgres/recovery/resolve-recovery.ts';
import { parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { restoreBase, takeBase } from '../support/postgres-vault.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { type LossVaults, makeLossVaults } from './loss-vaults.ts';

export interface LossScene extends AsyncDisposable {
  readonly folder: string;
  readonly random: SeededRandom;
  readonly vaults: LossVaults;
  /** Absent between a disaster and the next beginning. */
  server: PostgresServer | undefined;
  /** Base backups of the cluster that runs; in the first vault. */
  points: BasePoint[];
  /** Rows that were there when the cluster last came back. */
  kept: ReadonlySet<number>;
  /** Numbers are given once. */
  lastRow: number;
  rounds: number;
}

const segmentBytes = 1024 * 1024;
const settings = {
  ...{ wal_sender_timeout: '3s', wal_keep_size: '64MB', max_wal_senders: 10, autovacuum: 'off' },
  max_connections: 30,
};

export async function makeLossScene(folder: string, random: SeededRandom): Promise<LossScene> {
  fs.chmodSync(folder, 0o755);
  const vaults = await makeLossVaults(folder);
  const scene: LossScene = {
    ...{ folder, random, vaults, server: undefined, points: [], kept: new Set(), lastRow: 0, rounds: 0 },
    async [Symbol.asyncDispose]() {
      await scene.server?.[Symbol.asyncDispose]();
      await vaults[Symbol.asyncDispose]();
    },
  };
  return scene;
}

/** The one that came back, or a cluster that has nothing to do with those before it. */
export async function beginServer(scene: LossScene): Promise<PostgresServer> {
  if (scene.server !== undefined) return scene.server;
  const server = await startPostgres({ walSegmentMb: 1, settings });
  await server.query('create table rows (id int primary key, filler text)');
  scene.server = server;
  scene.points = [];
  scene.kept = new Set();
  return server;
}

export async function backUpBase(scene: LossScene, server: PostgresServer): Promise<void> {
  scene.points.push(await takeBase(scene.vaults.opened[0].repository, server));
}

/** The data directory is gone with it. */
export async function loseServer(scene: LossScene): Promise<void> {
  const { server } = scene;
  scene.server = undefined;
  await server?.kill();
  await server?.[Symbol.asyncDispose]();
  if (server !== undefined) fs.rmSync(server.data, { recursive: true, force: true });
}

export interface Comeback extends AsyncDisposable {
  readonly rows: ReadonlySet<number>;
  /** Everything that was committed by then is in it, as the log in the vault tells: milliseconds since the epoch. */
  readonly knownUntilMs: number | undefined;
  readonly timeline: number;
  /** The last pieces, and what they tell of time. */
  readonly tail: string;
  /** Milliseconds. */
  readonly replayMs: number;
  /** It becomes the server of the next round. */
  promote(): Promise<void>;
}

/** From the base backup and the log of these vaults. */
export async function comeBack(
  scene: LossScene,
  vaults: readonly Vault[],
  server: PostgresServer,
): Promise<Comeback> {
  const { points, folder, random } = scene;
  const systemId = points[0]?.systemId ?? '';
  const name = { system: 'shop', incarnation: systemId };
  const logs = vaults.map((vault) => vault.log(name));
  const named = logs.map((log, index) => ({ name: String(index), log }));
  const log = await joinLogs(name, named, (_, error) => {
    throw error;
  });
  // a time as target, so that what the pieces tell of time is read
  const asked = { points, segmentBytes, target: { kind: 'time', atUs: 0, inclusive: true } } as const;
  const { ground, histories, log: whole } = await gatherGround(log, asked);
  const { choice, target } = chooseEnd(ground);
  const place = path.join(folder, `round-${scene.rounds}`);
  fs.mkdirSync(place);
  const data = await restoreBase(scene.vaults.opened[0].repository, choice.point.id, place);
  for (const each of logs) await checkLog(each, random);
  const recovered = await recoverCluster({
    ...{ data, target, choice, log: whole, histories, tablespaces: new Map(), user: server.runsAs },
    programs: { folder: server.programs, major: server.version, version: '' },
    ...{ work: path.join(place, 'work'), isDurable: false },
  });
  return {
    rows: await rowsOf(recovered),
    knownUntilMs: choice.path.knownUntilMs,
    timeline: choice.timeline,
    tail: choice.path.pieces
      .slice(-8)
      .map(
        ({ branch, start, end, marks }) =>
          `${branch} ${start}-${end} ${JSON.stringify(marks, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`,
      )
      .join('\n'),
    replayMs: recovered.phases.replayMs,
    async promote() {
      await recovered.promote();
      await recovered[Symbol.asyncDispose]();
      await releaseFromIsolation(data);
      scene.server = await startPostgres({ data, version: server.version, settings });
    },
    async [Symbol.asyncDispose]() {
      await recovered[Symbol.asyncDispose]();
      if (scene.server?.data !== data) fs.rmSync(place, { recursive: true, force: true });
    },
  };
}

/** Of several pieces on their way at once a later one may have arrived: then it ends where the refusal says. */
function chooseEnd(ground: RecoveryGround): { choice: ChosenRecovery; target: RecoveryTarget } {
  const end = { kind: 'end' } as const;
  const choice = resolveRecovery(ground, { target: end, timeline: 'latest' });
  if (choice.kind === 'chosen') return { choice, target: end };
  const lsn = parseLsn(/lsn:([0-9A-F/]+) can be reached/.exec(choice.hint)?.[1] ?? '');
  assert.ok(choice.why === 'gap' && lsn !== undefined, choice.reason);
  const target = { kind: 'lsn', lsn, inclusive: true } as const;
  return { choice: requireRecovery(ground, { target, timeline: 'latest' }), target };
}

/** All of it is read now and then. */
async function checkLog(log: OpenLog, random: SeededRandom): Promise<void> {
  const { findings } = await log.check({ reads: () => random.below(4) === 0 });
  assert.deepEqual(
    findings.filter(({ kind }) => kind === 'damaged' || kind === 'conflict'),
    [],
  );
}

async function rowsOf({ server }: RecoveredCluster): Promise<ReadonlySet<number>> {
  await using connection = await server.connect('postgres');
  const { rows } = await connection.query('select id from rows');
  return new Set(rows.map(([id]) => Number(id)));
}
