/** The root of everything that works under a plan or takes backups: the only file, with `rescue.ts`, that knows adapters. */

import { dirname, join } from 'node:path';
import {
  openPostgresCopy,
  postgresDump,
  postgresLogs,
  postgresSource,
  writePostgresCanary,
} from './app-postgres.ts';
import type { AppAdapters } from './cli/adapters.ts';
import type { PlaceOf } from './cli/plan/plan-adapters.ts';
import type { SourcePlace } from './cli/plan/source-place.ts';
import { planPath } from './cli/plan/system-paths.ts';
import { capturedQueries, countedTables } from './config/captured-queries.ts';
import { defined, unreachable } from './error/assert.ts';
import { LifeboatError } from './error/lifeboat-error.ts';
import type { CanaryMark } from './evidence/record.ts';
import { isCapturedSource } from './plan/resolve-source.ts';
import type { ResolvedCanary, ResolvedSource, ResolvedSystem } from './plan/resolved-plan.ts';
import { monotonicMs, nowMs } from './platform/clock.ts';
import { environmentVariable, stateDirectory } from './platform/environment.ts';
import { gid, uid } from './platform/host.ts';
import { rescueAdapters } from './rescue.ts';
import type { Source } from './source/source.ts';
import type { DatabaseProbe, RestoredData } from './verify/check-tools.ts';

export const appAdapters: AppAdapters = {
  ...rescueAdapters,
  async filesSource(request) {
    const { createFilesSource } = await import('./source/files/files-source.ts');
    return createFilesSource(request);
  },
  async largestTable(file, signal) {
    const { largestTable } = await import('./source/sqlite/largest-table.ts');
    return await largestTable(file, signal);
  },
  source: (system, place) => sourceOf(system, defined(system.source, 'source of a system with data'), place),
  destination: (system, folder) => placeOf(defined(system.source, 'source of a system with data'), folder),
  checkTools: {
    openDatabase,
    readCanary,
  },
  writeCanary,
  logs: postgresLogs,
};

async function openDatabase(data: RestoredData, signal?: AbortSignal): Promise<DatabaseProbe> {
  if (data.source.kind === 'postgres') return await openPostgresCopy(data, signal);
  const { openRestoredDatabase } = await import('./source/sqlite/sqlite-checks.ts');
  return await openRestoredDatabase(data.path, data.workFolder);
}

async function sourceOf(system: ResolvedSystem, source: ResolvedSource, place: SourcePlace): Promise<Source> {
  if (!isCapturedSource(source)) throw unsupportedSource(system.name, source);
  const { folder } = place;
  const owner = { uid: uid(), gid: gid(), nowMs };
  switch (source.kind) {
    case 'files':
      return await filesSource(source, folder);
    case 'sqlite':
      return await sqliteSource(system, source, folder);
    case 'env': {
      const { createEnvSource } = await import('./source/env/env-source.ts');
      const files = source.files.map((file) => planPath(file, folder));
      return createEnvSource({
        ...owner,
        system: system.name,
        variables: source.variables,
        files,
        read: environmentVariable,
      });
    }
    case 'command': {
      const { createCommandSource } = await import('./source/command/command-source.ts');
      return createCommandSource({
        ...owner,
        command: source.run,
        storedAs: source.file,
        timeoutMs: source.timeoutMs,
        cwd: folder,
      });
    }
    case 'postgres':
      return source.method === 'logical'
        ? await postgresDump(system, source, place)
        : await postgresSource(system, source, place);
    default:
      return unreachable(source);
  }
}

function unsupportedSource(system: string, source: ResolvedSource): LifeboatError {
  const kind = source.kind === 'postgres' ? `${source.method} copies of postgres` : source.kind;
  return new LifeboatError(
    'SOURCE_UNSUPPORTED',
    `this version does not capture ${kind} sources yet, and ${system} is one`,
    {
      hint: "Nothing of it is backed up. Use a source of kind command with the engine's own dump until a later version does it.",
    },
  );
}

async function filesSource(
  source: Extract<ResolvedSource, { kind: 'files' }>,
  folder: string,
): Promise<Source> {
  const { createFilesSource } = await import('./source/files/files-source.ts');
  return createFilesSource({
    paths: source.paths.map((path) => planPath(path, folder)),
    exclude: source.exclude,
    excludeCaches: source.excludeCaches,
    oneFileSystem: source.oneFileSystem,
    ignoreFileNames: source.ignoreFiles,
    nowMs,
    ...(source.maxFileSizeBytes === undefined ? {} : { maxFileSize: source.maxFileSizeBytes }),
  });
}

async function sqliteSource(
  system: ResolvedSystem,
  source: Extract<ResolvedSource, { kind: 'sqlite' }>,
  folder: string,
): Promise<Source> {
  const { createSqliteSource } = await import('./source/sqlite/sqlite-source.ts');
  return createSqliteSource({
    path: planPath(source.path, folder),
    workFolder: join(stateDirectory(), 'work'),
    nowMs,
    monotonicMs,
    maxWriterPauseMs: source.maxWriterPauseMs,
    countTables: countedTables(system, source.counts),
    queries: capturedQueries(system),
  });
}

async function placeOf(source: ResolvedSource, folder: string): Promise<PlaceOf | undefined> {
  if (source.kind === 'sqlite') {
    const { createSqliteDestination } = await import('./source/sqlite/sqlite-destination.ts');
    const path = planPath(source.path, folder);
    return { make: () => createSqliteDestination({ path }), stagingParent: dirname(path) };
  }
  const given = source.kind === 'files' ? source.paths : source.kind === 'env' ? source.files : [];
  const paths = given.map((path) => planPath(path, folder));
  const [first] = paths;
  if (first === undefined) return undefined;
  const { createFilesDestination } = await import('./source/files/files-destination.ts');
  return { make: (arriving) => createFilesDestination({ paths, arriving }), stagingParent: dirname(first) };
}

async function readCanary(canary: ResolvedCanary, file: string): Promise<CanaryMark | undefined> {
  const found = await newestCanary(canary, file);
  return found && { sequence: found.sequence, writtenAtMs: found.timeMs };
}

async function newestCanary(canary: ResolvedCanary, file: string) {
  if (canary.kind === 'file') {
    const { readFileCanary } = await import('./source/files/file-canary.ts');
    return await readFileCanary(file);
  }
  const { readSqliteCanary } = await import('./source/sqlite/sqlite-canary.ts');
  return await readSqliteCanary(file, canary.table);
}

async function writeCanary(system: ResolvedSystem, place: SourcePlace, mark: CanaryMark): Promise<void> {
  const { folder } = place;
  const canary = defined(system.canary, 'canary of a system that asks for one');
  const written = { sequence: mark.sequence, timeMs: mark.writtenAtMs };
  if (canary.kind === 'file') {
    const { writeFileCanary } = await import('./source/files/file-canary.ts');
    return await writeFileCanary(planPath(canary.path, folder), written);
  }
  if (system.source?.kind === 'postgres')
    return await writePostgresCanary(system.source, place, { table: canary.table, mark });
  const { writeSqliteCanary } = await import('./source/sqlite/sqlite-canary.ts');
  const path = system.source?.kind === 'sqlite' ? system.source.path : undefined;
  await writeSqliteCanary(planPath(defined(path, 'database of a canary table'), folder), written, {
    table: canary.table,
  });
}
