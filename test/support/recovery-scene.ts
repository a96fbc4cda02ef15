/** A real cluster with a base backup and some history behind it, and recoveries of it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { LogReader } from '../../src/log-archive/log-archive.ts';
import { type RecoveredCluster, recoverCluster } from '../../src/source/postgres/recovery/recover-cluster.ts';
import type { ChosenRecovery } from '../../src/source/postgres/recovery/recovery-choice.ts';
import type { BasePoint } from '../../src/source/postgres/recovery/recovery-ground.ts';
import {
  parseRecoveryTarget,
  type RecoveryTarget,
} from '../../src/source/postgres/recovery/recovery-target.ts';
import { resolveRecovery } from '../../src/source/postgres/recovery/resolve-recovery.ts';
import { parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import { type PostgresServer, type PostgresVersion, startPostgres } from './postgres-server.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { groundOf, readBranch, type WalLogOptions, walLog } from './wal-log.ts';

export const segmentBytes = 1024 * 1024;

export interface Facts {
  readonly xid1: number;
  readonly xid2: number;
  readonly xid3: number;
  readonly time2: string;
  readonly time3: string;
  readonly lsn2: string;
  readonly afterAll: string;
  readonly middle: bigint;
}

export interface Scene {
  readonly server: PostgresServer;
  readonly backup: string;
  readonly facts: Facts;
  readonly log: WalLogOptions;
  readonly ground: ReturnType<typeof groundOf>;
}

export async function makeScene(
  version: PostgresVersion,
  prepare?: (server: PostgresServer) => Promise<unknown>,
): Promise<Scene> {
  const server = await startPostgres({
    version,
    walSegmentMb: 1,
    settings: { wal_level: 'replica', wal_keep_size: '256MB', autovacuum: 'off', max_connections: 30 },
  });
  try {
    await prepare?.(server);
    return await fillScene(server);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function fillScene(server: PostgresServer): Promise<Scene> {
  await server.query(
    "create table t (id int, note text); create table filler (body text); insert into t values (1, 'first')",
  );
  const { backup, point } = await backUp(server);
  const facts = await writeHistory(server);
  const systemId = await server.value('select system_identifier from pg_control_system()');
  return { server, backup, facts, ...(await readLog(server, { ...point, systemId })) };
}

/** The scene with what the server has written since. */
export async function lookAgain(scene: Scene): Promise<Scene> {
  const [point] = scene.ground.points;
  assert.ok(point);
  return { ...scene, ...(await readLog(scene.server, point)) };
}

async function readLog(server: PostgresServer, point: BasePoint): Promise<Pick<Scene, 'log' | 'ground'>> {
  const end = parseLsn(await server.value('select pg_current_wal_flush_lsn()')) ?? 0n;
  const branch = readBranch(path.join(server.data, 'pg_wal'), 1, segmentBytes, { end });
  const log = { systemId: point.systemId, branches: [branch] };
  return { log, ground: groundOf(log, [point], segmentBytes) };
}

/** By the low-level functions, which every version has, under other names before 15. */
async function backUp(
  server: PostgresServer,
): Promise<{ backup: string; point: Omit<BasePoint, 'systemId'> }> {
  const backup = path.join(server.folder, 'backup');
  const isOld = server.version < 15;
  const begin = isOld ? "pg_start_backup('test', true, false)" : "pg_backup_start('test', true)";
  const end = isOld ? 'pg_stop_backup(false)' : 'pg_backup_stop(false)';
  const rows = await server.query(
    `select ${begin};\n\\! cp -a '${server.data}' '${backup}'\n` +
      `select lsn, labelfile, extract(epoch from clock_timestamp()) * 1000, spcmapfile from ${end}`,
  );
  const [printed = '', label = '', capturedAt = '', map = ''] = rows.at(-1) ?? [];
  // psql puts a line break between the results of two statements, and none of ours.
  const at = printed.split('\n').at(-1) ?? '';
  assert.ok(parseLsn(at), printed);
  for (const name of [
    'pg_wal',
    'postmaster.pid',
    'postmaster.opts',
    'pg_hba.conf',
    'postgresql.conf',
    'tablespace_map',
  ])
    fs.rmSync(path.join(backup, name), { recursive: true, force: true });
  fs.writeFileSync(path.join(backup, 'backup_label'), label);
  if (map !== '') fs.writeFileSync(path.join(backup, 'tablespace_map'), map);
  const base = parseLsn(/START WAL LOCATION: (\S+)/.exec(label)?.[1] ?? '') ?? 0n;
  const point = {
    id: 'backup',
    timeline: 1,
    base,
    at: parseLsn(at) ?? 0n,
    capturedAtMs: Number(capturedAt),
    hasLog: false,
  };
  return { backup, point };
}

async function writeHistory(server: PostgresServer): Promise<Facts> {
  const insert = async (id: number): Promise<number> =>
    Number(
      await server
        .value(`begin; insert into t values (${id}, 'row'); select txid_current(); commit`)
        .catch(() => NaN),
    ) || Number(await server.value(`select xmin from t where id = ${id}`));
  const clock = async (): Promise<string> =>
    await server.value("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')");
  const xid1 = Number(await server.value('select xmin from t where id = 1'));
  await server.query('insert into filler select repeat(md5(n::text), 30) from generate_series(1, 3000) n');
  const xid2 = await insert(2);
  const time2 = `${await clock()}Z`;
  await server.query("select pg_create_restore_point('before the mistake')");
  const lsn2 = await server.value('select pg_current_wal_insert_lsn()');
  const middle = parseLsn(lsn2) ?? 0n;
  await server.query("begin; insert into t values (50, 'rolled back'); rollback");
  const xid3 = await insert(3);
  const time3 = `${await committedAt(server, xid3)}Z`;
  await server.query('insert into filler select repeat(md5(n::text), 30) from generate_series(1, 3000) n');
  await insert(4);
  await insert(5);
  const afterAll = `${await clock()}Z`;
  const beat =
    "json_build_object('at', floor(extract(epoch from clock_timestamp()) * 1000)::bigint, 'system', 'shop')::text";
  await server.query(
    `select pg_sleep(0.005); select pg_logical_emit_message(false, 'lifeboat', ${beat}); select pg_switch_wal()`,
  );
  return { xid1, xid2, xid3, time2, time3, lsn2, afterAll, middle };
}

/** From the log itself: the server does not track the times of commits. */
async function committedAt(server: PostgresServer, xid: number): Promise<string> {
  const end = parseLsn(await server.value('select pg_current_wal_insert_lsn()')) ?? 0n;
  const branch = readBranch(path.join(server.data, 'pg_wal'), 1, segmentBytes, { end });
  const found = groundOf({ systemId: '', branches: [branch] }, [], segmentBytes).transactions?.find(
    (fact) => fact.xid === xid,
  );
  const atUs = found?.atUs ?? 0;
  return `${new Date(Math.floor(atUs / 1000)).toISOString().slice(0, 19).replace('T', ' ')}.${String(atUs % 1_000_000).padStart(6, '0')}`;
}

export function targetOf(text: string): RecoveryTarget {
  const result = parseRecoveryTarget(text, 'UTC');
  assert.ok(result.ok, text);
  return result.target;
}

export function choose(scene: Scene, target: RecoveryTarget): ChosenRecovery {
  const choice = resolveRecovery(scene.ground, { target, timeline: 'latest' });
  assert.ok(choice.kind === 'chosen', choice.kind === 'refused' ? choice.reason : '');
  return choice;
}

export interface RecoverExtras {
  readonly log?: LogReader;
  readonly tablespaces?: ReadonlyMap<string, string>;
  readonly signal?: AbortSignal;
  readonly silenceS?: number;
  /** Where the copy is laid out; else a temporary folder. */
  readonly folder?: string;
}

export interface Place extends AsyncDisposable {
  readonly recovered: RecoveredCluster;
  readonly data: string;
}

export async function recoverTo(
  scene: Scene,
  target: RecoveryTarget,
  choice: ChosenRecovery,
  {
    log = walLog(scene.log),
    tablespaces = new Map<string, string>(),
    signal,
    silenceS = 60,
    folder: place,
  }: RecoverExtras = {},
): Promise<Place> {
  const folder = place === undefined ? temporaryFolder() : { path: place, [Symbol.dispose]: () => undefined };
  fs.chmodSync(folder.path, 0o755);
  const data = path.join(folder.path, 'data');
  fs.cpSync(scene.backup, data, { recursive: true, verbatimSymlinks: true });
  try {
    const recovered = await recoverCluster({
      ...{ data, target, choice, log },
      programs: { folder: scene.server.programs, major: scene.server.version, version: '' },
      ...{ tablespaces, signal, silenceS },
      histories: scene.log.histories ?? new Map(),
      user: scene.server.runsAs,
      work: path.join(folder.path, 'work'),
      isDurable: false,
    });
    return {
      ...{ recovered, data },
      [Symbol.asyncDispose]: async () => {
        await recovered[Symbol.asyncDispose]();
        folder[Symbol.dispose]();
      },
    };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

export async function run({ server }: RecoveredCluster, sql: string): Promise<string> {
  await using connection = await server.connect('postgres');
  return (await connection.query(sql)).rows[0]?.[0] ?? '';
}

export async function rowsOf(recovered: RecoveredCluster): Promise<string> {
  return await run(recovered, "select string_agg(id::text, ',' order by id) from t");
}
