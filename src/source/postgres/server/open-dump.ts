/**
 * A restored dump made a running server that checks can ask: a cluster of its own, isolated and thrown away afterwards,
 * into which the dump is brought as it would be in earnest, roles and all.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { runProgram } from '../../../platform/child-process.ts';
import { monotonicMs } from '../../../platform/clock.ts';
import { withoutPasswords } from '../../../platform/environment.ts';
import { parseControlFile } from '../files/control-file.ts';
import { type DumpDescription, descriptionFile, parseDescription } from '../logical/dump-description.ts';
import { type RestoredDump, restoreDump } from '../logical/restore-dump.ts';
import { findServer, type ServerPrograms } from './find-server.ts';
import { letIn, type OpenedCluster, unopened } from './opened-cluster.ts';
import { type ClusterVerdict, probeCluster } from './probe-cluster.ts';
import { makeSocketFolder } from './restored-place.ts';
import { type SandboxServer, startSandbox } from './sandbox-server.ts';
import { sandboxSettings, settingLines } from './sandbox-settings.ts';
import { giveTo, type ServerUser, serverUser } from './server-user.ts';

export interface RestoredDumpOptions {
  /** The restored `/postgresql`. */
  readonly folder: string;
  /** For the server's data: as much room as the databases take. */
  readonly workFolder: string;
  /** Whose tables checks ask; by default the first of the dump. */
  readonly database?: string;
  readonly signal?: AbortSignal | undefined;
}

/** No role of a dump is called so: it keeps its own `postgres`. */
const superuser = 'lifeboat_sandbox';
/** Others may be part of the dump. */
const meeting = 'template1';
const port = 5432;
const jobs = 2;
const initMsMax = 5 * 60_000;
const restoreMsMax = 7 * 24 * 3_600_000;

/** What is wrong with the dump shows in the verdicts; so does what keeps it from being brought back here. */
export async function openRestoredDump(options: RestoredDumpOptions): Promise<OpenedCluster> {
  const beganMs = monotonicMs();
  const owned = new AsyncDisposableStack();
  const openMs = () => Math.round(monotonicMs() - beganMs);
  try {
    const description = await descriptionIn(options.folder);
    const { server, data, programs } = await startEmpty(options, description, owned);
    const restored = await bringBack(options, description, server);
    const database = options.database ?? description.databases[0]?.name ?? meeting;
    const probe = owned.use(await probeCluster({ server, data, database, signal: options.signal }));
    const extensions = await probe.extensions();
    const value = `PostgreSQL ${programs.version} took ${textOf(restored)}`;
    return {
      ...probe,
      opened: extensions.kind === 'passed' ? { kind: 'passed', value } : extensions,
      openMs: openMs(),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await owned.disposeAsync();
    return unopened(verdictOf(error, options.signal), openMs());
  }
}

async function descriptionIn(folder: string): Promise<DumpDescription> {
  return parseDescription(await fs.readFile(path.join(folder, descriptionFile)).catch(() => Buffer.alloc(0)));
}

function textOf({ databases }: RestoredDump): string {
  const sum = (pick: (one: RestoredDump['databases'][number]) => number) =>
    databases.reduce((all, one) => all + pick(one), 0);
  return `the dump: ${databases.length} databases, ${sum(({ rows }) => rows)} rows in ${sum((one) => one.tablesCounted)} tables`;
}

interface EmptyServer {
  readonly server: SandboxServer;
  readonly data: string;
  readonly programs: ServerPrograms;
}

/** A new cluster, without the database that every new cluster has: the dump may bring its own. */
async function startEmpty(
  { workFolder, signal }: RestoredDumpOptions,
  description: DumpDescription,
  owned: AsyncDisposableStack,
): Promise<EmptyServer> {
  const programs = await findServer({ major: Number.parseInt(description.server, 10), folders: [], signal });
  const user = serverUser();
  const work = path.join(workFolder, 'pg');
  await fs.mkdir(work, { recursive: true, mode: 0o700 });
  await giveTo(user, work);
  await letIn(user, workFolder);
  const data = path.join(work, 'data');
  await makeCluster(programs, data, user, signal);
  const { parameters } = parseControlFile(await fs.readFile(path.join(data, 'global/pg_control')));
  const socket = await makeSocketFolder(user, owned);
  const at = (name: string): string => path.join(work, name);
  const place = { major: programs.major, socket, port, parameters, isDurable: false };
  const files = { hbaFile: at('pg_hba.conf'), identFile: at('pg_ident.conf') };
  await fs.writeFile(files.hbaFile, 'local all all trust\n', { mode: 0o644 });
  await fs.writeFile(files.identFile, '', { mode: 0o644 });
  const configFile = at('postgresql.conf');
  await fs.writeFile(configFile, settingLines(sandboxSettings({ ...place, ...files })), { mode: 0o644 });
  const server = owned.use(
    await startSandbox({ programs, data, configFile, socket, port, user, signal }, superuser),
  );
  await server.waitFor('it took connections', ({ isOpen }) => isOpen, signal);
  await using connection = await server.connect(meeting, signal);
  await connection.query('drop database postgres', signal);
  return { server, data, programs };
}

async function makeCluster(
  { folder }: ServerPrograms,
  data: string,
  user: ServerUser | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const words = [
    ...['--pgdata', data, '--username', superuser, '--auth=trust', '--no-sync', '--no-instructions'],
    ...['--encoding=UTF8', '--locale=C', '--data-checksums'],
  ];
  const ran = await runProgram(
    { kind: 'argv', file: path.join(folder, 'initdb'), arguments: words },
    {
      folder: path.dirname(data),
      runsAs: user,
      environment: { ...withoutPasswords, LC_ALL: 'C', TZ: 'UTC' },
      timeoutMs: initMsMax,
      signal,
    },
  );
  if (ran.exitCode === 0) return;
  const last = ran.stderrTail.trim().split('\n').at(-1) ?? '';
  throw new LifeboatError('COMMAND_FAILED', `no cluster for the proof could be made: ${last}`, {
    hint: `Look whether ${folder} holds all programs of a server.`,
    details: { stderrTail: ran.stderrTail },
  });
}

async function bringBack(
  { folder, workFolder, signal }: RestoredDumpOptions,
  { globals }: DumpDescription,
  server: SandboxServer,
): Promise<RestoredDump> {
  const options = {
    ...{ folder, address: server.address(meeting), jobs, timeoutMs: restoreMsMax },
    ...{ tablespaces: 'leave-out' as const, workFolder: path.join(workFolder, 'clients') },
  };
  // without its roles nothing can belong to them
  return globals === 'none'
    ? await restoreDump({ ...options, globals: 'skip', ownership: 'ours' }, signal)
    : await restoreDump({ ...options, globals: 'apply', ownership: 'as-dumped' }, signal);
}

const badDumpCodes: ReadonlySet<string> = new Set([
  'COMMAND_FAILED',
  'PATH_NOT_FOUND',
  'SOURCE_INVALID',
  'VERIFICATION_FAILED',
]);

/** What a server says when it lacks what the server of the dump had. */
const wordsOfMachine =
  /is not available|extension control file|could not load library|could not access file|must be loaded via|invalid locale name|invalid LC_|encoding .* does not match locale|ICU is not supported|could not open collator|No space left on device|Cannot allocate memory|out of memory|terminated by signal 9|no cluster for the proof/i;

/** Passes on what is none of ours. */
function verdictOf(error: unknown, signal: AbortSignal | undefined): ClusterVerdict {
  if (signal?.aborted || !(error instanceof LifeboatError) || error.code === 'ASSERTION') throw error;
  const { code, message, hint = '', details } = error;
  const said = [message, String(details['stderrTail'] ?? '')].join('\n');
  if (wordsOfMachine.test(said) || !badDumpCodes.has(code))
    return { kind: 'inconclusive', reason: `${message}. ${hint}`.trimEnd() };
  return { kind: 'failed', reasons: [message] };
}
