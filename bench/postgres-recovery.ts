/**
 * `node bench/postgres-recovery.ts`: recovery to an LSN behind much log, with Lifeboat and with pgBackRest, which
 * fetches ahead as well. Both replay with a server of the same settings that syncs its files.
 *
 * --wal-gb N   log between the backup and the target (default 2)
 * --gb N       size of the cluster (default 1)
 * --pairs N    how often (default 3); medians are shown
 * --work DIR   where everything goes (default: the folder for temporary files)
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Command } from './measure.ts';
import { type Cluster, makeCluster, programs } from './postgres/cluster.ts';
import { lifeboat, pgBackRest } from './postgres/contestants.ts';
import { startLifeboat } from './postgres/receivers.ts';
import { median } from './summarize.ts';

interface Run {
  readonly name: 'Lifeboat' | 'pgBackRest';
  readonly restoreS: number;
  readonly replayS: number;
}

const { values } = parseArgs({
  options: {
    'wal-gb': { type: 'string', default: '2' },
    gb: { type: 'string', default: '1' },
    pairs: { type: 'string', default: '3' },
    work: { type: 'string' },
  },
});
const folder = fs.mkdtempSync(path.join(fs.realpathSync(values.work ?? os.tmpdir()), 'lifeboat-bench-pitr-'));
const peers = path.join(folder, 'peers');
const own = path.join(peers, 'own');
const vault = path.join(own, 'vault');
const logPlace = path.join(peers, 'log');
const waitMsMax = 600_000;
try {
  const runs = await runAll();
  for (const line of table(runs)) console.log(line);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}

async function runAll(): Promise<readonly Run[]> {
  fs.mkdirSync(peers);
  spawnSync('chown', ['-R', 'postgres', folder]);
  const push = `pgbackrest --config=${peers}/pgbackrest.conf --stanza=x archive-push %p`;
  const cluster = await makeCluster(path.join(folder, 'cluster'), Number(values.gb) * 1e9, push);
  let lsn: string;
  try {
    lsn = await writeLog(cluster);
  } finally {
    cluster.stop();
  }
  const runs: Run[] = [];
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const works = [() => withLifeboat(lsn), () => withPgBackRest(cluster, lsn)];
    for (const work of pair % 2 === 0 ? works : works.toReversed()) runs.push(await work());
  }
  return runs;
}

/** Two backups, and then the log; gives the LSN where it ends. */
async function writeLog(cluster: Cluster): Promise<string> {
  const receiver = await startLifeboat(cluster, logPlace, 'async');
  fs.mkdirSync(own);
  for (const one of [lifeboat(cluster, own), pgBackRest(cluster, peers)]) {
    one.prepare();
    must(one.backup());
  }
  const conf = path.join(peers, 'pgbackrest.conf');
  fs.appendFileSync(conf, '[global:archive-get]\narchive-async=y\narchive-get-queue-max=512MB\n');
  const begun = await number(cluster, "pg_current_wal_lsn() - '0/0'");
  const wanted = Number(values['wal-gb']) * 1e9;
  for (let n = 0; (await number(cluster, "pg_current_wal_lsn() - '0/0'")) - begun < wanted; n++)
    sql(cluster, `UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid % 20 = ${n % 20}`);
  const lsn = sql(cluster, 'SELECT pg_current_wal_insert_lsn()');
  sql(cluster, 'CREATE TABLE behind_the_target (a int)');
  const last = sql(cluster, 'SELECT pg_walfile_name(pg_switch_wal())');
  await until(() => sql(cluster, 'SELECT last_archived_wal FROM pg_stat_archiver') >= last);
  await until(
    () =>
      sql(cluster, `SELECT restart_lsn > '${lsn}' FROM pg_replication_slots WHERE slot_name = 'bench'`) ===
      't',
  );
  await receiver.stop();
  return lsn;
}

async function withLifeboat(lsn: string): Promise<Run> {
  const to = emptyFolder('0755');
  const child = path.join(import.meta.dirname, 'postgres', 'recover-child.ts');
  const values = ['--max-semi-space-size=4', child, vault, logPlace, to, lsn];
  const { restoreS, replayS } = JSON.parse(
    must({ file: process.execPath, arguments: values, environment: {} }),
  );
  return done({ name: 'Lifeboat', restoreS, replayS }, to);
}

async function withPgBackRest(cluster: Cluster, lsn: string): Promise<Run> {
  const to = emptyFolder('0700');
  const settings = ['--config', path.join(peers, 'pgbackrest.conf'), '--stanza=x', `--pg1-path=${to}`];
  const restored = performance.now();
  const target = ['--type=lsn', `--target=${lsn}`, '--target-action=pause'];
  must(cluster.as('pgbackrest', ...settings, ...target, 'restore'));
  const started = performance.now();
  const ctl = `${programs}/pg_ctl`;
  // What belongs to the server of the backup must not be written to again.
  const alone = `-c archive_mode=off -c shared_buffers=128MB -c restart_after_crash=off -c wal_retrieve_retry_interval=100ms`;
  const log = path.join(folder, 'recovered.log');
  spawnSync('rm', ['-f', log]);
  const start = cluster.as(ctl, '-D', to, '-W', '-o', alone, '-l', log, 'start');
  spawnSync(start.file, start.arguments, { env: { ...process.env, ...start.environment }, stdio: 'ignore' });
  await until(() => isPaused(cluster), 50);
  const replayS = (performance.now() - started) / 1000;
  must(cluster.as(ctl, '-D', to, '-m', 'immediate', '-w', 'stop'));
  return done({ name: 'pgBackRest', restoreS: (started - restored) / 1000, replayS }, to);
}

function isPaused(cluster: Cluster): boolean {
  const asked = cluster.as(
    `${programs}/psql`,
    '-qAtU',
    'postgres',
    '-c',
    'SELECT pg_get_wal_replay_pause_state()',
    'postgres',
  );
  const { stdout } = spawnSync(asked.file, asked.arguments, {
    env: { ...process.env, ...asked.environment },
    encoding: 'utf8',
  });
  return stdout.trim() === 'paused';
}

function done(run: Run, to: string): Run {
  console.error(`${run.name}: restore ${run.restoreS.toFixed(1)} s, replay ${run.replayS.toFixed(1)} s`);
  fs.rmSync(to, { recursive: true, force: true });
  return run;
}

function emptyFolder(mode: string): string {
  const to = path.join(folder, 'restored');
  fs.mkdirSync(to);
  spawnSync('chown', ['postgres', to]);
  spawnSync('chmod', [mode, to]);
  spawnSync('sync');
  return to;
}

async function until(condition: () => boolean, everyMs = 200): Promise<void> {
  for (const start = performance.now(); !condition(); ) {
    if (performance.now() - start > waitMsMax) throw new Error('it took too long');
    await sleep(everyMs);
  }
}

async function number(cluster: Cluster, expression: string): Promise<number> {
  return Number(sql(cluster, `SELECT ${expression}`));
}

function sql({ as }: Cluster, statement: string): string {
  return must(as(`${programs}/psql`, '-qAtU', 'postgres', '-c', statement, 'postgres')).trim();
}

function must({ file, arguments: args, environment }: Command): string {
  const { status, stdout, stderr } = spawnSync(file, args, {
    env: { ...process.env, ...environment },
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}

function table(runs: readonly Run[]): readonly string[] {
  const of = (name: Run['name'], pick: (run: Run) => number): number =>
    median(runs.filter((run) => run.name === name).map(pick));
  const row = (what: string, pick: (run: Run) => number): string => {
    const [own, other] = [of('Lifeboat', pick), of('pgBackRest', pick)];
    return `| ${what} | ${own.toFixed(1)} / ${other.toFixed(1)} = **${(own / other).toFixed(2)}** |`;
  };
  return [
    '| | wall s, Lifeboat / pgBackRest |',
    '| --- | --- |',
    row('laying the backup out', (run) => run.restoreS),
    row(`replay of ${values['wal-gb']} GB of log`, (run) => run.replayS),
  ];
}
