/**
 * Real PostgreSQL servers for tests: Debian's 15, and others from npm packages. Each has a temporary folder, a free
 * port of loopback and a unix socket of its own, runs as an unprivileged user when this is root, and is stopped by id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ensurePostgres,
  type PackagedPostgres,
  packagedPostgres,
} from '../../scripts/test/postgres-packages.ts';
import { runQuietly } from '../../scripts/test/run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { makeCertificates, type TlsFiles, tlsFiles } from './tls-files.ts';

export type PostgresVersion = 15 | PackagedPostgres;
const allVersions: readonly PostgresVersion[] = [13, 14, 15, 16, 17, 18];
const usualVersions: readonly PostgresVersion[] = [15, 17, 18];

/**
 * Those that tests are run on. With `LIFEBOAT_TEST_POSTGRES=13,14` those instead, of which the first takes the place of
 * Debian's wherever a test names none.
 */
export const postgresVersions = chosenVersions(process.env['LIFEBOAT_TEST_POSTGRES']);

function chosenVersions(text: string | undefined): readonly PostgresVersion[] {
  if (text === undefined || text === '') return usualVersions;
  return text.split(',').map((word) => {
    const version = allVersions.find((each) => String(each) === word.trim());
    if (version === undefined)
      throw new Error(`LIFEBOAT_TEST_POSTGRES: "${word}" is none of ${allVersions.join(', ')}`);
    return version;
  });
}

export interface PostgresOptions {
  readonly version?: PostgresVersion;
  /** Page checksums; default true. */
  readonly checksums?: boolean;
  /** Default 16. Small segments make many of them with little data. */
  readonly walSegmentMb?: number;
  /** More arguments of initdb. */
  readonly initdb?: readonly string[];
  /** Appended to postgresql.conf: `{ wal_level: 'replica' }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Lines of pg_hba.conf after the one that lets the superuser in by the unix socket. Default: trust all. */
  readonly hba?: readonly string[];
  /** Serves TLS with a certificate for localhost and 127.0.0.1, signed by an authority of its own. */
  readonly tls?: boolean;
  /** Starts on this data directory, which becomes the server's own and is left where it is, instead of a new one. */
  readonly data?: string;
  /** Starts as a streaming standby on a copy of this server's data. That one is stopped and started for it. */
  readonly standbyOf?: PostgresServer;
  /** Default true; else it has only begun to start. */
  readonly awaitReady?: boolean;
}

export interface PostgresServer extends AsyncDisposable {
  readonly version: PostgresVersion;
  /** Where its programs lie; those from npm are only `initdb`, `postgres` and `pg_ctl`. */
  readonly programs: string;
  /** Below it lies all that it has; it may enter it. */
  readonly folder: string;
  readonly data: string;
  readonly host: string;
  readonly port: number;
  /** Folder of the unix socket. */
  readonly socket: string;
  /** The superuser, who needs no password by the unix socket. */
  readonly user: string;
  /** Whose process it is, when this is root. */
  readonly runsAs: UserIds | undefined;
  /** With `tls`: PEM files of its authority, of one that signed nothing here, and of a client named `certified`. */
  readonly tls: TlsFiles;
  /** Of the postmaster; undefined while it is stopped. */
  readonly pid: number | undefined;
  /** Rows of the last statement as text, null as `\N`; by psql, as the superuser. Raises what psql says. */
  query(sql: string, database?: string): Promise<readonly (readonly string[])[]>;
  /** The only column of the only row. */
  value(sql: string, database?: string): Promise<string>;
  /** Runs one of Debian's programs (`pg_waldump`, …) as the server's user, with PGHOST, PGPORT and PGUSER set. */
  run(program: string, ...values: readonly string[]): Promise<ProgramRun>;
  /** Appends to postgresql.conf; for `reload` or `restart` to take up. */
  configure(settings: Readonly<Record<string, string | number | boolean>>): void;
  /** Replaces pg_hba.conf as the option does, and reloads. */
  admit(hba: readonly string[]): Promise<void>;
  reload(): Promise<void>;
  start(): Promise<void>;
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  restart(): Promise<void>;
  /** SIGKILL of the postmaster and all its children, as when the machine dies. */
  kill(): Promise<void>;
  /** All that it said. */
  log(): string;
}

export interface ProgramRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

const debianVersion = 15;
/** Where a test names none. */
const usualVersion =
  postgresVersions === usualVersions ? debianVersion : (postgresVersions[0] ?? debianVersion);
const debianPrograms = '/usr/lib/postgresql/15/bin';
const superuser = 'postgres';
const readyMsMax = 60_000;
const stopMsMax = 60_000;
const lookMs = 20;
const startsMax = 5;
const nobody: UserIds = { uid: 65_534, gid: 65_534 };
const trustAll = [
  'local all all trust',
  'local replication all trust',
  'host all all 127.0.0.1/32 trust',
  'host replication all 127.0.0.1/32 trust',
];

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = temporaryFolder();
  try {
    const server = await prepare(options, folder.path);
    const started = serverOf(server, () => folder[Symbol.dispose]());
    await started.start();
    return started;
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

interface Prepared {
  readonly version: PostgresVersion;
  readonly programs: string;
  readonly folder: string;
  readonly data: string;
  readonly socket: string;
  readonly runsAs: UserIds | undefined;
  readonly awaitReady: boolean;
  port: number;
  child: ChildProcess | undefined;
}

async function prepare(options: PostgresOptions, folder: string): Promise<Prepared> {
  const version = options.version ?? options.standbyOf?.version ?? usualVersion;
  const runsAs = process.getuid?.() === 0 ? unprivileged() : undefined;
  const programs = programsOf(version, runsAs);
  const socket = path.join(folder, 'socket');
  const data = options.data ?? path.join(folder, 'data');
  fs.mkdirSync(socket);
  if (options.tls === true) makeCertificates(path.join(folder, 'tls'));
  own(folder, runsAs);
  await makeData(options, { programs, data, runsAs });
  const server: Prepared = {
    ...{ version, programs, folder, data, socket, runsAs, child: undefined },
    awaitReady: options.awaitReady ?? true,
    port: await freePort(),
  };
  appendSettings(data, { ...standardSettings(server, options), ...options.settings });
  writeHba(data, options.hba ?? trustAll);
  own(data, runsAs);
  fs.chmodSync(data, 0o700);
  return server;
}

interface DataPlace {
  readonly programs: string;
  readonly data: string;
  readonly runsAs: UserIds | undefined;
}

async function makeData(options: PostgresOptions, { programs, data, runsAs }: DataPlace): Promise<void> {
  if (options.data !== undefined) return;
  if (options.standbyOf !== undefined) return await copyForStandby(options.standbyOf, data);
  const args = [
    ...['-D', data, '-U', superuser, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
    ...((options.checksums ?? true) ? ['--data-checksums'] : []),
    // 18 has them on by itself
    ...(options.checksums === false && programs.includes('postgres-18') ? ['--no-data-checksums'] : []),
    ...(options.walSegmentMb === undefined ? [] : [`--wal-segsize=${options.walSegmentMb}`]),
    ...(options.initdb ?? []),
  ];
  const made = await runProgram(path.join(programs, 'initdb'), args, { runsAs });
  if (made.exitCode !== 0) throw new Error(`initdb: ${made.stderr}${made.stdout}`);
}

async function copyForStandby(primary: PostgresServer, data: string): Promise<void> {
  await primary.stop();
  fs.cpSync(primary.data, data, { recursive: true, verbatimSymlinks: true });
  await primary.start();
  fs.writeFileSync(path.join(data, 'standby.signal'), '');
  const conninfo = `host=${primary.socket} port=${primary.port} user=${primary.user}`;
  appendSettings(data, { primary_conninfo: conninfo });
}

function standardSettings(server: Prepared, options: PostgresOptions): Record<string, string | number> {
  const files = tlsFiles(path.join(server.folder, 'tls'));
  return {
    listen_addresses: '127.0.0.1',
    port: server.port,
    unix_socket_directories: server.socket,
    shared_buffers: '16MB',
    max_wal_senders: 10,
    // A killed process loses nothing by it; only a machine that loses power would.
    fsync: 'off',
    log_line_prefix: '%m [%p] %q%u@%d ',
    logging_collector: 'off',
    log_destination: 'stderr',
    ...(options.tls === true
      ? { ssl: 'on', ssl_cert_file: files.certificate, ssl_key_file: files.key, ssl_ca_file: files.authority }
      : {}),
  };
}

function serverOf(server: Prepared, forget: () => void): PostgresServer {
  const { version, programs, folder, data, socket, runsAs } = server;
  const query: PostgresServer['query'] = async (sql, database) => await askPsql(server, sql, database);
  const started: PostgresServer = {
    ...{ version, programs, folder, data, socket, runsAs, query },
    host: '127.0.0.1',
    user: superuser,
    tls: tlsFiles(path.join(folder, 'tls')),
    get port() {
      return server.port;
    },
    get pid() {
      return server.child?.pid;
    },
    async value(sql, database) {
      const rows = await query(sql, database);
      const [first, ...others] = rows[0] ?? [];
      if (rows.length !== 1 || first === undefined || others.length > 0) {
        throw new Error(`${sql} gave ${rows.length} rows, not one value`);
      }
      return first;
    },
    run: async (program, ...values) =>
      await runProgram(path.join(debianPrograms, program), values, {
        runsAs,
        environment: { PGHOST: socket, PGPORT: String(server.port), PGUSER: superuser },
      }),
    configure: (settings) => {
      appendSettings(data, settings);
      own(data, runsAs);
    },
    async admit(hba) {
      writeHba(data, hba);
      own(data, runsAs);
      await started.reload();
    },
    reload: async () => {
      // By SQL and not by SIGHUP, so that it has been taken up by whoever connects next.
      await query('select pg_reload_conf()');
      await sleep(100);
    },
    start: async () => await start(server),
    stop: async (mode = 'fast') => await stop(server, mode === 'fast' ? 'SIGINT' : 'SIGQUIT'),
    async restart() {
      await stop(server, 'SIGINT');
      await start(server);
    },
    kill: async () => await kill(server),
    log: () => fs.readFileSync(path.join(folder, 'log'), 'utf8'),
    async [Symbol.asyncDispose]() {
      await stop(server, 'SIGQUIT');
      forget();
    },
  };
  return started;
}

/** Takes another port when the one that was free is taken meanwhile. */
async function start(server: Prepared): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const problem = await tryToStart(server);
    if (problem === undefined) return;
    if (attempt === startsMax || !problem.includes('in use')) throw new Error(problem);
    if (problem.includes('shared memory')) await sleep(200);
    else {
      server.port = await freePort();
      appendSettings(server.data, { port: server.port });
    }
  }
}

/** Gives what it said when it did not start. */
async function tryToStart(server: Prepared): Promise<string | undefined> {
  const file = path.join(server.folder, 'log');
  const from = fs.existsSync(file) ? fs.statSync(file).size : 0;
  const log = fs.openSync(file, 'a');
  const child = spawn(path.join(server.programs, 'postgres'), ['-D', server.data], {
    cwd: server.folder,
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', log, log],
    ...server.runsAs,
  });
  fs.closeSync(log);
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve(fs.readFileSync(file).subarray(from).toString()));
  });
  void gone.then(() => {
    server.child = undefined;
  });
  server.child = child;
  if (!server.awaitReady) return undefined;
  const over = new AbortController();
  const result = await Promise.race([gone, becomesReady(server, over.signal)]);
  over.abort();
  return result;
}

/** The postmaster writes its state into the eighth line of its file. */
async function becomesReady(server: Prepared, signal: AbortSignal): Promise<string | undefined> {
  const file = path.join(server.data, 'postmaster.pid');
  for (let waitedMs = 0; waitedMs < readyMsMax && !signal.aborted; waitedMs += lookMs) {
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
    const isOurs = Number(lines[0]) === server.child?.pid;
    if (isOurs && ['ready', 'standby'].includes((lines[7] ?? '').trim())) return undefined;
    await sleep(lookMs);
  }
  return `not ready after ${readyMsMax} ms`;
}

async function stop(server: Prepared, how: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  const { child } = server;
  if (child === undefined) return;
  const ended = once(child, 'exit');
  child.kill(how);
  const over = new AbortController();
  const late = sleep(stopMsMax, 'late', { signal: over.signal }).catch(() => undefined);
  if ((await Promise.race([ended, late])) === 'late') await kill(server);
  over.abort();
  server.child = undefined;
}

async function kill(server: Prepared): Promise<void> {
  const { child } = server;
  if (child?.pid === undefined) return;
  const ended = once(child, 'exit');
  const children = childrenOf(child.pid);
  child.kill('SIGKILL');
  for (const pid of children) endIfThere(pid);
  await ended;
  while (children.some((pid) => isRunning(pid))) await sleep(lookMs);
  server.child = undefined;
}

function childrenOf(parent: number): readonly number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statOf(pid)?.parent === parent);
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

function isRunning(pid: number): boolean {
  const state = statOf(pid)?.state;
  return state !== undefined && state !== 'Z';
}

function statOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

async function askPsql(
  server: Prepared,
  sql: string,
  database = 'postgres',
): Promise<readonly (readonly string[])[]> {
  const values = [
    ...['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-P', 'null=\\N', '-F', '\x1f', '-R', '\x1e'],
    ...['-h', server.socket, '-p', String(server.port), '-U', superuser, '-d', database],
  ];
  const run = await runProgram(path.join(debianPrograms, 'psql'), values, { input: sql });
  if (run.exitCode !== 0) throw new Error(`psql: ${run.stderr}`);
  // One row with an empty value is a line that is empty.
  return run.stdout === ''
    ? []
    : run.stdout
        .replace(/\n$/, '')
        .split('\x1e')
        .map((row) => row.split('\x1f'));
}

interface RunOptions {
  readonly runsAs?: UserIds | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
}

async function runProgram(file: string, values: readonly string[], options: RunOptions): Promise<ProgramRun> {
  const child = spawn(file, values, {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC', ...options.environment },
    ...options.runsAs,
  });
  const said = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (piece: Buffer) => said.stdout.push(piece));
  child.stderr.on('data', (piece: Buffer) => said.stderr.push(piece));
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  return {
    exitCode,
    stdout: Buffer.concat(said.stdout).toString(),
    stderr: Buffer.concat(said.stderr).toString(),
  };
}

function appendSettings(data: string, settings: Readonly<Record<string, string | number | boolean>>): void {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`,
  );
  fs.appendFileSync(path.join(data, 'postgresql.conf'), lines.join(''));
}

function writeHba(data: string, lines: readonly string[]): void {
  const text = [`local all ${superuser} trust`, ...lines].join('\n');
  fs.writeFileSync(path.join(data, 'pg_hba.conf'), `${text}\n`);
}

/** A folder and all below it; what its own links lead to stays. */
function own(folder: string, owner: UserIds | undefined): void {
  if (owner === undefined || !fs.existsSync(folder)) return;
  runQuietly('chown', ['-R', '-h', `${owner.uid}:${owner.gid}`, folder]);
}

function unprivileged(): UserIds {
  const [uid, gid] = ['-u', '-g'].map((flag) => runQuietly('id', [flag, superuser]));
  if (uid?.exitCode !== 0 || gid?.exitCode !== 0) return nobody;
  return { uid: Number(uid.output), gid: Number(gid.output) };
}

function programsOf(version: PostgresVersion, runsAs: UserIds | undefined): string {
  if (version === debianVersion) return debianPrograms;
  const found = ensurePostgres(path.join(import.meta.dirname, '..', '..'), version);
  if (found.kind === 'missing') throw new Error(`no PostgreSQL ${version} for tests: ${found.reason}`);
  return runsAs === undefined ? found.folder : reachable(version, found.folder, runsAs);
}

/** The checkout may lie where the server's user must not look, as below the home of root. */
function reachable(version: PackagedPostgres, folder: string, { uid, gid }: UserIds): string {
  const ids = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
  if (runQuietly('setpriv', [...ids, 'test', '-x', path.join(folder, 'postgres')]).exitCode === 0)
    return folder;
  const copy = path.join(os.tmpdir(), `lifeboat-test-postgres-${version}-${packagedPostgres[version]}`);
  if (!fs.existsSync(copy)) {
    const work = fs.mkdtempSync(`${copy}-`);
    fs.cpSync(path.join(folder, '..'), work, { recursive: true, verbatimSymlinks: true });
    fs.chmodSync(work, 0o755);
    if (fs.existsSync(copy)) fs.rmSync(work, { recursive: true });
    else fs.renameSync(work, copy);
  }
  return path.join(copy, 'bin');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
