/** The part of the root that knows PostgreSQL. Everything is loaded when it is asked for: most commands need none. */
import { join } from 'node:path';
import type { LogTools } from './cli/log/log-tools.ts';
import type { LogAdapters } from './cli/plan/log-adapters.ts';
import type { SourcePlace } from './cli/plan/source-place.ts';
import { capturedQueries, countedTables } from './config/captured-queries.ts';
import type { CanaryMark } from './evidence/record.ts';
import type { ConnectionPlan, PostgresSource, ResolvedSystem } from './plan/resolved-plan.ts';
import { monotonicMs, nowMs } from './platform/clock.ts';
import { stateDirectory } from './platform/environment.ts';
import { gid, uid, username } from './platform/host.ts';
import type { PostgresAddress } from './source/postgres/wire/address.ts';
import type { Source } from './source/source.ts';
import type { DatabaseProbe, RestoredData } from './verify/check-tools.ts';

/** Every PostgreSQL server has it. */
const usualDatabase = 'postgres';

export async function postgresSource(
  system: ResolvedSystem,
  source: PostgresSource,
  place: SourcePlace,
): Promise<Source> {
  const { createPostgresSource } = await import('./source/postgres/base-backup/postgres-source.ts');
  const { max_rate: maxRate, checkpoint, counts = [], standby } = source;
  return createPostgresSource({
    ...{ checkpoint, nowMs, countTables: countedTables(system, counts) },
    queries: capturedQueries(system),
    address: await addressOf(standby ?? source.connection, place),
    ...(standby === undefined ? {} : { isStandby: true }),
    ...(maxRate === undefined ? {} : { maxRate }),
    ...(source.cluster === undefined ? {} : { expectedSystemId: source.cluster }),
    label: `lifeboat ${system.name}`,
    workFolder: join(stateDirectory(), 'work'),
    onNote: (note) => place.note(`${system.name}: ${note}`),
  });
}

export async function postgresDump(
  system: ResolvedSystem,
  source: PostgresSource,
  place: SourcePlace,
): Promise<Source> {
  const { createLogicalSource } = await import('./source/postgres/logical/logical-source.ts');
  const { counts = [], databases, jobs, keeps, timeout: timeoutMs } = source;
  return createLogicalSource({
    ...{ keeps, jobs, timeoutMs, nowMs, countTables: countedTables(system, counts) },
    queries: capturedQueries(system),
    ...{ uid: uid(), gid: gid(), workFolder: join(stateDirectory(), 'work') },
    address: await addressOf(source.connection, place),
    ...(databases === undefined ? {} : { databases }),
  });
}

export const postgresLogs: LogAdapters = {
  async source(system, source, { before, ...place }) {
    const { createPostgresLogSource } = await import('./source/postgres/replication/postgres-log-source.ts');
    const name = source.slot ?? slotName(system.name);
    return createPostgresLogSource({
      ...{ slot: name, applicationName: name, system: system.name, nowMs, monotonicMs },
      address: await addressOf(source.connection, place),
      ...expectedCluster(source.cluster ?? before),
    });
  },
  async engine() {
    return await import('./source/postgres/wal/log-engine.ts');
  },
  async position() {
    const { formatLsn } = await import('./source/postgres/wal/lsn.ts');
    return formatLsn;
  },
  async recovery() {
    return await (await import('./app-recovery.ts')).postgresRecovery();
  },
  tools: postgresLogTools,
};

async function postgresLogTools(): Promise<LogTools> {
  const { formatLsn, parseLsn } = await import('./source/postgres/wal/lsn.ts');
  const { branchName } = await import('./source/postgres/wal/segment-name.ts');
  const { inspectWalFile, storeWalFile } = await import('./source/postgres/wal/archive-file.ts');
  const { findWalFile } = await import('./source/postgres/wal/find-wal-file.ts');
  return {
    parsePosition: parseLsn,
    positionText: formatLsn,
    branchOf: branchName,
    async exportFiles(request) {
      const { exportSegments } = await import('./source/postgres/wal/export-segments.ts');
      return await exportSegments(request);
    },
    async transactionsAround(log, request) {
      const { transactionsAround } = await import('./source/postgres/recovery/transactions-around.ts');
      return await transactionsAround(log, request);
    },
    async statements(request) {
      const { findStatements } = await import('./source/postgres/server-log/find-statements.ts');
      return await findStatements(request);
    },
    readLogFile(name, bytes) {
      const file = inspectWalFile(name, bytes);
      if (file.kind === 'not-needed') return undefined;
      return {
        ...(file.kind === 'segment' ? { incarnation: file.systemId } : {}),
        into: (log, signal) => storeWalFile(log, file, bytes, signal),
      };
    },
    findLogFile: findWalFile,
  };
}

function expectedCluster(cluster: string | undefined): { readonly expectedSystemId?: string } {
  return cluster === undefined ? {} : { expectedSystemId: cluster };
}

/** What names a slot may have is less than what names a system may have. */
function slotName(system: string): string {
  return `lifeboat_${system.toLowerCase().replace(/[^a-z0-9_]/g, '_')}`.slice(0, 63);
}

async function addressOf(connection: ConnectionPlan, place: SourcePlace): Promise<PostgresAddress> {
  const { serverConnection } = await import('./config/server-connection.ts');
  const { usualPort, usualSocketFolder } = await import('./source/postgres/wire/address.ts');
  const usual = { host: usualSocketFolder, port: usualPort, database: usualDatabase, user: username() };
  return { ...usual, ...(await serverConnection(connection, place)) };
}

/** A copy of a server's data, or a dump that is brought into a server of its own. */
export async function openPostgresCopy(data: RestoredData, signal?: AbortSignal): Promise<DatabaseProbe> {
  const { canaryIn } = await import('./source/postgres/server/postgres-canary.ts');
  const { end } = data.manifest;
  const opened = end.kind === 'postgres' ? await openCluster(data, signal) : await openDump(data, signal);
  return Object.assign(opened, { canary: (table: string) => canaryIn(opened, table) });
}

async function openCluster(
  { path, workFolder, manifest, log }: RestoredData,
  signal: AbortSignal | undefined,
): Promise<DatabaseProbe> {
  const { openRestoredCluster } = await import('./source/postgres/server/open-restored.ts');
  const { superuser, database, lsn } = manifest.values;
  return await openRestoredCluster({
    ...{ folder: path, workFolder, position: manifest.end, capturedAtMs: manifest.capturedAtMs, signal },
    database: typeof database === 'string' ? database : usualDatabase,
    ...(typeof superuser === 'string' && superuser !== '' ? { superuser } : {}),
    ...(typeof lsn === 'string' && lsn !== '' ? { measuredAt: lsn } : {}),
    ...(log === undefined ? {} : { log }),
  });
}

async function openDump(
  { path, workFolder, manifest }: RestoredData,
  signal: AbortSignal | undefined,
): Promise<DatabaseProbe> {
  const { openRestoredDump } = await import('./source/postgres/server/open-dump.ts');
  const { database } = manifest.values;
  return await openRestoredDump({
    ...{ folder: path, workFolder, signal },
    ...(typeof database === 'string' ? { database } : {}),
  });
}

/** Into the database of the connection. */
export async function writePostgresCanary(
  source: Pick<PostgresSource, 'connection'>,
  place: SourcePlace,
  { table, mark }: { readonly table: string; readonly mark: CanaryMark },
): Promise<void> {
  const { writeCanary } = await import('./source/postgres/server/postgres-canary.ts');
  await writeCanary(await addressOf(source.connection, place), { table, mark }, place.signal);
}
