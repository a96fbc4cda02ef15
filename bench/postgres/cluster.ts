/** A cluster of Debian's PostgreSQL 15 that pgbench filled, with an archive that both peers are content with. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Command } from '../measure.ts';

export interface Cluster {
  readonly folder: string;
  readonly data: string;
  readonly port: number;
  /** Runs a program as the user of the server, whom PostgreSQL and both peers want. */
  as(file: string, ...values: readonly string[]): Command;
  /** Raises what it says when it fails. */
  run(file: string, ...values: readonly string[]): void;
  stop(): void;
}

export const programs = '/usr/lib/postgresql/15/bin';
const user = 'postgres';
/** Bytes of database per unit of pgbench's scale. */
const scaleBytes = 15.6e6;

/** `archive` is a line for the shell in which %p and %f stand for the segment. */
export async function makeCluster(folder: string, bytes: number, archive: string): Promise<Cluster> {
  const data = path.join(folder, 'data');
  const port = await freePort();
  const as = (file: string, ...values: readonly string[]): Command => ({
    file: 'setpriv',
    arguments: [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', file, ...values],
    environment: { HOME: folder, LC_ALL: 'C', PGHOST: folder, PGPORT: String(port) },
  });
  const run = (file: string, ...values: readonly string[]): void => mustRun(as(file, ...values), folder);
  fs.mkdirSync(folder, { recursive: true });
  mustRun({ file: 'chown', arguments: [user, folder], environment: {} }, '/');
  run(`${programs}/initdb`, '-k', '-D', data, '-U', user, '-A', 'trust', '--no-sync');
  fs.appendFileSync(
    path.join(data, 'postgresql.conf'),
    `port = ${port}\nunix_socket_directories = '${folder}'\nlisten_addresses = '127.0.0.1'\nmax_wal_size = 8GB\narchive_mode = on\narchive_command = 'true'\n`,
  );
  const ctl = `${programs}/pg_ctl`;
  run(ctl, '-D', data, '-w', '-l', path.join(folder, 'log'), 'start');
  const cluster = {
    folder,
    data,
    port,
    as,
    run,
    stop: () => run(ctl, '-D', data, '-m', 'fast', '-w', 'stop'),
  };
  try {
    const scale = Math.max(1, Math.round(bytes / scaleBytes));
    run(`${programs}/pgbench`, '-q', '-i', '-s', String(scale), '-U', user, 'postgres');
    run(`${programs}/psql`, '-qU', user, '-c', 'CHECKPOINT', 'postgres');
    await archiveFromNowOn(cluster, archive);
    return cluster;
  } catch (error) {
    cluster.stop();
    throw error;
  }
}

/** The log of the filling is nothing that a peer needs, and would keep its archive busy for minutes. */
async function archiveFromNowOn({ run, data }: Cluster, archive: string): Promise<void> {
  const waiting = path.join(data, 'pg_wal', 'archive_status');
  const sql = (text: string): void => run(`${programs}/psql`, '-qU', user, '-c', text, 'postgres');
  sql('select pg_switch_wal()');
  while (fs.readdirSync(waiting).some((name) => name.endsWith('.ready'))) await setTimeout(200);
  sql(`alter system set archive_command = '${archive}'`);
  sql('select pg_reload_conf()');
}

/** A little of everything has changed since. */
export function changeCluster({ run }: Cluster, transactions: number): void {
  run(`${programs}/pgbench`, '-n', '-U', user, '-t', String(transactions), 'postgres');
  run(`${programs}/psql`, '-qU', user, '-c', 'CHECKPOINT', 'postgres');
}

function mustRun({ file, arguments: values, environment }: Command, folder: string): void {
  const { status, stderr, error } = spawnSync(file, values, {
    cwd: folder,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    // pg_ctl leaves a server behind that would hold a pipe open
    stdio: values.includes('start') ? 'ignore' : 'pipe',
  });
  if (status !== 0) throw new Error(`${file} ${values.join(' ')} ended with ${status}: ${error ?? stderr}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}
