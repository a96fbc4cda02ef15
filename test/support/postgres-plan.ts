/** A plan with a real PostgreSQL server in it, whose log is put into its vaults, and runs of the program on it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { pieceBytesMax } from '../../src/log-archive/log-archive.ts';
import { createMarkReader } from '../../src/source/postgres/wal/log-marks.ts';
import { formatLsn, parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import { branchName } from '../../src/source/postgres/wal/segment-name.ts';
import { type CliRun, cliEnds, startCli } from '../e2e/cli-process.ts';
import { type PlanScene, planScene } from '../integration/plan-scene.ts';
import { type PostgresOptions, type PostgresServer, startPostgres } from './postgres-server.ts';
import { testPassword } from './stock-restic.ts';
import { readBranch } from './wal-log.ts';

export interface PostgresPlan extends AsyncDisposable {
  readonly scene: PlanScene;
  readonly server: PostgresServer;
  /** The program on the plan; it must end with the code. */
  run(exitCode: number, ...words: readonly string[]): Promise<CliRun>;
  start(...words: readonly string[]): ReturnType<typeof startCli>;
  /** Puts a span of the log into a vault; by default all there is now. */
  keepLog(vault: string, span?: { readonly from?: bigint; readonly to?: bigint }): Promise<LogEnds>;
  /** Where the log of the server ends now, after a heartbeat. */
  beat(): Promise<bigint>;
}

export interface LogEnds {
  readonly from: bigint;
  readonly to: bigint;
}

const segmentBytes = 1024 * 1024;
/** Odd, so that pieces end within records. */
const chunkBytes = 123_457;

export async function postgresPlan(
  options: PostgresOptions,
  {
    more = '',
    source: fields = '',
    vaults = ['here', 'away'],
  }: { readonly more?: string; readonly source?: string; readonly vaults?: readonly string[] } = {},
): Promise<PostgresPlan> {
  const server = await startPostgres({
    walSegmentMb: 1,
    ...options,
    settings: { wal_level: 'replica', wal_keep_size: '256MB', autovacuum: 'off', ...options.settings },
  });
  const scene = await planScene({ systems: '', vaults });
  const source = `{ kind: postgres, connection: { host: 127.0.0.1, port: ${server.port}, user: ${server.user}, database: postgres, tls: false }${fields} }`;
  scene.plan(`  shop:\n    source: ${source}\n${more}`);
  // The server's user must be able to enter what is restored below.
  for (let at = scene.folder; at !== path.dirname(at) && at !== '/tmp'; at = path.dirname(at))
    fs.chmodSync(at, 0o755);
  const cliOptions = {
    folder: scene.folder,
    environment: {
      LIFEBOAT_PASSWORD: testPassword,
      LIFEBOAT_STATE_DIR: path.join(scene.folder, '../state'),
      XDG_CACHE_HOME: path.join(scene.folder, '../caches'),
      LIFEBOAT_POSTGRES_BIN: server.programs,
    },
  };
  return {
    ...{ scene, server },
    run: (exitCode, ...words) => cliEnds(exitCode, cliOptions, ...words),
    start: (...words) => startCli(cliOptions, ...words),
    keepLog: (vault, span) => keepLog(scene, server, vault, span),
    beat: () => beat(server),
    async [Symbol.asyncDispose]() {
      scene[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function beat(server: PostgresServer): Promise<bigint> {
  const text =
    "json_build_object('at', floor(extract(epoch from clock_timestamp()) * 1000)::bigint, 'system', 'shop')::text";
  const end = parseLsn(await server.value(`select pg_logical_emit_message(true, 'lifeboat', ${text})`));
  assert.ok(end !== undefined);
  return end;
}

async function keepLog(
  scene: PlanScene,
  server: PostgresServer,
  vaultName: string,
  { from, to }: { readonly from?: bigint; readonly to?: bigint } = {},
): Promise<LogEnds> {
  const written = parseLsn(await server.value('select pg_current_wal_flush_lsn()')) ?? 0n;
  const incarnation = await server.value('select system_identifier from pg_control_system()');
  const timeline = Number(await server.value('select timeline_id from pg_control_checkpoint()'));
  const end = to ?? written;
  const branch = readBranch(path.join(server.data, 'pg_wal'), timeline, segmentBytes, { end: written });
  const first = from ?? branch.first;
  await using vault = await scene.open(vaultName);
  const log = vault.log({ system: 'shop', incarnation });
  // Marks are found by whoever reads from the beginning of a segment.
  const marks = createMarkReader({ start: branch.first, segmentBytes });
  const bytesOf = (start: bigint, stop: bigint) =>
    branch.bytes.subarray(Number(start - branch.first), Number(stop - branch.first));
  if (first > branch.first) marks.take(bytesOf(branch.first, first));
  const writer = await log.writer(branchName(timeline), first);
  for (let at = first; at < end; ) {
    const window = BigInt(pieceBytesMax) - (at % BigInt(pieceBytesMax));
    const length = BigInt(Math.min(chunkBytes, Number(window), Number(end - at)));
    const bytes = bytesOf(at, at + length);
    assert.equal(bytes.length, Number(length), `the server still has ${formatLsn(at)}`);
    await writer.store(writer.prepare(at, bytes, marks.take(bytes)));
    at += length;
  }
  return { from: first, to: end };
}
