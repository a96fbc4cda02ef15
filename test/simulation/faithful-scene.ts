/**
 * A server at work with `pgbench`, whose log goes to us and to `pg_receivewal` at once: what both have must be the same
 * bytes. And the way back, with us and without: stock `restic` for the files, plain files for the log, a stock server.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OpenLog, openLogArchive } from '../../src/log-archive/open-log-archive.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { nowMs } from '../../src/platform/clock.ts';
import { createSealedObjects } from '../../src/repository/sealed-objects.ts';
import { newMasterKey } from '../../src/seal/key-file.ts';
import { gatherGround } from '../../src/source/postgres/recovery/gather-ground.ts';
import { recoverCluster } from '../../src/source/postgres/recovery/recover-cluster.ts';
import type { BasePoint } from '../../src/source/postgres/recovery/recovery-ground.ts';
import { requireRecovery } from '../../src/source/postgres/recovery/resolve-recovery.ts';
import { exportSegments } from '../../src/source/postgres/wal/export-segments.ts';
import { parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { restoreBase, takeBase } from '../support/postgres-vault.ts';
import { type PostgresShipping, shipPostgres } from '../support/ship-postgres.ts';
import { until } from '../support/shipping-scene.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { makeVault, openVault } from '../support/vault.ts';

const segmentBytes = 16 * 1024 * 1024;
const socketPort = 5432;

export interface FaithfulOptions {
  readonly folder: string;
  /** How long it is at work. */
  readonly workMs: number;
}

/** What was compared, in words. */
export async function compareAll({ folder, workMs }: FaithfulOptions): Promise<string> {
  fs.chmodSync(folder, 0o755);
  await using server = await startPostgres({
    version: 15,
    settings: { max_wal_size: '256MB', wal_keep_size: '64MB' },
  });
  const log = await openLog(server, path.join(folder, 'log'));
  const theirs = path.join(server.folder, 'received');
  const repository = path.join(folder, 'vault');
  let point: BasePoint;
  let dump: string;
  {
    await using shipping = shipPostgres(server, [log], { heartbeatMs: 500, timing: { compactMs: 1000 } });
    await using _receiver = await receive(server, theirs);
    await until('it is shipped', () => shipping.status()?.state === 'streaming');
    await runBench(server, '-i', '-s', '2');
    await using vault = await makeVault(repository);
    point = await takeBase(vault, server);
    await work(server, log, workMs);
    dump = await dumpOf(server, server.socket, server.port);
    await server.query('select pg_switch_wal(); select txid_current(); select pg_switch_wal()');
    await arrived(server, shipping, theirs);
  }
  await log.compact({ piecesMax: 2 });
  assert.deepEqual((await log.check({ reads: () => true })).findings, []);
  const files = path.join(server.folder, 'exported');
  await exportSegments({ log, folder: files });
  const segments = compareSegments(theirs, files);
  await server.stop('immediate');
  assert.ok(
    (await dumpOfRecovered({ server, log, repository, point, folder })) === dump,
    'the dump of what we restored',
  );
  assert.ok(
    (await dumpWithoutUs({ server, repository, point, folder, files })) === dump,
    'the dump without us',
  );
  return `${segments} segments and ${dump.length} bytes of dumps are the same`;
}

async function openLog(server: PostgresServer, folder: string): Promise<OpenLog> {
  const store = openLocalStore(folder);
  const seal = createSealedObjects({ store, key: newMasterKey(), version: 2 });
  const incarnation = await server.value('select system_identifier from pg_control_system()');
  return openLogArchive({ store, seal, system: 'shop', incarnation, nowMs });
}

/** From the beginning of the segment that is written now. */
async function receive(server: PostgresServer, folder: string): Promise<AsyncDisposable> {
  fs.mkdirSync(folder);
  if (server.runsAs !== undefined) fs.chownSync(folder, server.runsAs.uid, server.runsAs.gid);
  const connection = ['-h', server.socket, '-p', String(server.port), '-U', server.user];
  const made = await server.run('pg_receivewal', '--slot', 'theirs', '--create-slot', '--if-not-exists');
  assert.equal(made.exitCode, 0, made.stderr);
  const child: ChildProcess = spawn(
    '/usr/lib/postgresql/15/bin/pg_receivewal',
    [...connection, '-D', folder, '--slot', 'theirs', '--no-sync', '-n'],
    { cwd: '/', stdio: 'ignore', ...server.runsAs },
  );
  const ended = once(child, 'exit');
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function runBench(server: PostgresServer, ...values: readonly string[]): Promise<void> {
  const run = await server.run('pgbench', ...values, 'postgres');
  assert.equal(run.exitCode, 0, run.stderr);
}

/** Pieces are made into segments meanwhile, also of windows that are not full. */
async function work(server: PostgresServer, log: OpenLog, workMs: number): Promise<void> {
  const seconds = String(Math.max(1, Math.round(workMs / 1000)));
  const bench = runBench(server, '-c', '4', '-T', seconds, '-n');
  await sleep(workMs / 2);
  await log.compact({ piecesMax: 8 });
  await bench;
}

async function arrived(server: PostgresServer, shipping: PostgresShipping, theirs: string): Promise<void> {
  const end = parseLsn(await server.value('select pg_current_wal_flush_lsn()')) ?? 0n;
  await until('all of it arrived', () => (shipping.status()?.acknowledged ?? 0n) >= end);
  const last = await server.value('select pg_walfile_name(pg_current_wal_lsn() - 1)');
  const isThere = (): boolean =>
    [last, `${last}.partial`].some((name) => fs.existsSync(path.join(theirs, name)));
  await until('all of theirs arrived', isThere);
}

/** Whole segments, one by one. */
function compareSegments(theirs: string, ours: string): number {
  const names = fs.readdirSync(theirs).filter((name) => /^[0-9A-F]{24}$/.test(name));
  for (const name of names) {
    const [own, other] = [ours, theirs].map((folder) => fs.readFileSync(path.join(folder, name)));
    assert.ok(own && other && own.length === segmentBytes && own.equals(other), name);
  }
  assert.ok(names.length > 2, `${names.length} segments`);
  return names.length;
}

async function dumpOf(server: PostgresServer, host: string, port: number): Promise<string> {
  const dumped = await server.run('pg_dump', '-h', host, '-p', String(port), '-d', 'postgres');
  assert.equal(dumped.exitCode, 0, dumped.stderr);
  // newer ones guard their scripts with a word that is another each time
  return dumped.stdout.replaceAll(/^\\(un)?restrict .*$/gm, '');
}

interface WayBack {
  readonly server: PostgresServer;
  readonly repository: string;
  readonly point: BasePoint;
  readonly folder: string;
}

async function dumpOfRecovered({
  server,
  log,
  repository,
  point,
  folder,
}: WayBack & { readonly log: OpenLog }): Promise<string> {
  const target = { kind: 'end' } as const;
  const { ground, histories } = await gatherGround(log, { points: [point], segmentBytes, target });
  const choice = requireRecovery(ground, { target, timeline: 'latest' });
  const place = path.join(folder, 'ours');
  await using vault = await openVault(repository);
  const data = await restoreBase(vault, point.id, place);
  const socket = path.join(server.folder, 'copy');
  fs.mkdirSync(socket);
  if (server.runsAs !== undefined) fs.chownSync(socket, server.runsAs.uid, server.runsAs.gid);
  await using _recovered = await recoverCluster({
    ...{ data, target, choice, log, histories, tablespaces: new Map(), user: server.runsAs, socket },
    programs: { folder: server.programs, major: server.version, version: '' },
    ...{ work: path.join(place, 'work'), isDurable: false },
  });
  return await dumpOf(server, socket, socketPort);
}

/** The server runs as another user when this is root. */
function openToAll(top: string): void {
  for (const below of ['.', ...fs.readdirSync(top, { recursive: true, encoding: 'utf8' })]) {
    const file = path.join(top, below);
    const { mode } = fs.lstatSync(file);
    if (!fs.lstatSync(file).isSymbolicLink()) fs.chmodSync(file, mode | (mode & 0o100 ? 0o555 : 0o444));
  }
}

/** Nothing of ours takes part. */
async function dumpWithoutUs({
  server,
  repository,
  point,
  folder,
  files,
}: WayBack & { readonly files: string }): Promise<string> {
  const place = path.join(folder, 'theirs');
  await resticMustSucceed({ repository }, 'restore', point.id, '--target', place);
  const data = path.join(place, 'postgresql', 'data');
  for (const top of [place, files]) openToAll(top);
  fs.appendFileSync(path.join(data, 'postgresql.auto.conf'), `restore_command = 'cp ${files}/%f %p'\n`);
  fs.writeFileSync(path.join(data, 'recovery.signal'), '');
  await using copy = await startPostgres({ version: server.version, data });
  await until('it is open', async () => (await copy.value('select pg_is_in_recovery()')) === 'f');
  return await dumpOf(copy, copy.socket, copy.port);
}
