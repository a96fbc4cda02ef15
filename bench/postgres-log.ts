/**
 * `node bench/postgres-log.ts`: what receiving the log costs the server, in turn without a receiver, with PostgreSQL's
 * own, and with Lifeboat; how many commits return in a second when they wait for a store that is slow; and what the
 * receiver takes when nothing happens.
 *
 * --scale N     of pgbench (default 50)
 * --seconds N   of each run (default 30)
 * --pairs N     how often all are run (default 5); medians are shown
 * --rows LIST   async,sync,idle (default all)
 * --work DIR    where cluster and vaults go (default: the folder for temporary files)
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Cluster, makeCluster, programs } from './postgres/cluster.ts';
import { type Receiver, startLifeboat, startReceiveWal } from './postgres/receivers.ts';
import { median } from './summarize.ts';

interface Run {
  readonly name: string;
  readonly tps: number;
  /** Of the receiver, as a share of one core. */
  readonly cpuShare: number;
  readonly peakMb: number;
}

const clients = 8;
const syncClients = 32;
const syncDelayMs = 20;
const scaleBytes = 15.6e6;

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '30' },
    pairs: { type: 'string', default: '5' },
    rows: { type: 'string', default: 'async,sync,idle' },
    work: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const wanted = new Set(values.rows.split(','));
const folder = fs.mkdtempSync(path.join(fs.realpathSync(values.work ?? os.tmpdir()), 'lifeboat-bench-log-'));
try {
  spawnSync('chown', ['postgres', folder]);
  const cluster = await makeCluster(
    path.join(folder, 'cluster'),
    Number(values.scale) * scaleBytes,
    '/bin/true',
  );
  try {
    for (const line of await runAll(cluster)) console.log(line);
  } finally {
    cluster.stop();
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}

async function runAll(cluster: Cluster): Promise<readonly string[]> {
  const lines = [
    '| | commits/s | to none | receiver, of one core | receiver, peak MB |',
    '| --- | --- | --- | --- | --- |',
  ];
  const runs: Run[][] = [];
  if (wanted.has('async')) {
    for (let pair = 0; pair < Number(values.pairs); pair++) runs.push(await asyncRuns(cluster, pair));
    for (const name of ['no receiver', 'pg_receivewal', 'Lifeboat, async']) lines.push(lineOf(name, runs));
  }
  if (wanted.has('sync')) {
    const one = await withReceiver(cluster, `Lifeboat, sync, ${syncDelayMs} ms`, () =>
      startLifeboat(cluster, path.join(folder, 'sync'), 'sync', syncDelayMs),
    );
    lines.push(lineOf(one.name, [[one]]));
  }
  if (wanted.has('idle')) lines.push(await idleLine(cluster));
  return lines;
}

/** The order turns round with every pair. */
async function asyncRuns(cluster: Cluster, pair: number): Promise<Run[]> {
  const works = [
    () => withReceiver(cluster, 'no receiver', undefined),
    () =>
      withReceiver(cluster, 'pg_receivewal', () =>
        startReceiveWal(cluster, path.join(cluster.folder, 'stock')),
      ),
    () =>
      withReceiver(cluster, 'Lifeboat, async', () =>
        startLifeboat(cluster, path.join(folder, `vault-${pair}`), 'async'),
      ),
  ];
  const runs: Run[] = [];
  for (const work of pair % 2 === 0 ? works : works.toReversed()) runs.push(await work());
  return runs;
}

async function withReceiver(
  cluster: Cluster,
  name: string,
  begin: (() => Promise<Receiver>) | undefined,
): Promise<Run> {
  const isSync = name.includes('sync,');
  cluster.run(`${programs}/psql`, '-qU', 'postgres', '-c', 'CHECKPOINT', 'postgres');
  const receiver = await begin?.();
  try {
    const before = receiver?.cpuS() ?? 0;
    const tps = pgbench(cluster, isSync ? syncClients : clients);
    const cpuShare = ((receiver?.cpuS() ?? 0) - before) / seconds;
    const run = { name, tps, cpuShare, peakMb: receiver?.peakMb() ?? 0 };
    console.error(`${name}: ${tps.toFixed(0)} commits/s, receiver ${(100 * cpuShare).toFixed(1)}% of a core`);
    return run;
  } finally {
    await receiver?.stop();
    // Nobody waits for a receiver that has gone, and slots keep no log between runs.
    const reset =
      'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots; ALTER SYSTEM RESET ALL';
    for (const sql of [...reset.split('; '), 'SELECT pg_reload_conf()'])
      cluster.run(`${programs}/psql`, '-qU', 'postgres', '-c', sql, 'postgres');
  }
}

function pgbench({ as }: Cluster, count: number): number {
  const {
    file,
    arguments: args,
    environment,
  } = as(
    `${programs}/pgbench`,
    ...['-n', '-U', 'postgres', '-c', String(count), '-j', '2', '-T', String(seconds), 'postgres'],
  );
  const { stdout } = spawnSync(file, args, { env: { ...process.env, ...environment }, encoding: 'utf8' });
  const [, tps = ''] = /^tps = ([\d.]+)/m.exec(stdout) ?? [];
  if (tps === '') throw new Error('pgbench failed');
  return Number(tps);
}

async function idleLine(cluster: Cluster): Promise<string> {
  const receiver = await startLifeboat(cluster, path.join(folder, 'idle'), 'async');
  try {
    await sleep(5000);
    const before = receiver.cpuS();
    await sleep(1000 * seconds);
    const share = (receiver.cpuS() - before) / seconds;
    return `| Lifeboat, idle database | | | ${(100 * share).toFixed(1)}% | ${receiver.peakMb().toFixed(0)} |`;
  } finally {
    await receiver.stop();
  }
}

function lineOf(name: string, runs: readonly (readonly Run[])[]): string {
  const own = runs.flatMap((pair) => pair.filter((run) => run.name === name));
  const ratios = runs.flatMap((pair) => {
    const [run, none] = [
      pair.find((one) => one.name === name),
      pair.find((one) => one.name === 'no receiver'),
    ];
    return run && none ? [run.tps / none.tps] : [];
  });
  const of = (pick: (run: Run) => number): number => median(own.map(pick));
  const spread = ratios.map((ratio) => ratio.toFixed(2)).toSorted();
  const ratio = ratios.length === 0 ? '' : `**${median(ratios).toFixed(2)}** (${spread[0]}–${spread.at(-1)})`;
  const receiver =
    name === 'no receiver'
      ? ' | '
      : `${(100 * of((run) => run.cpuShare)).toFixed(0)}% | ${of((run) => run.peakMb).toFixed(0)}`;
  return `| ${name} | ${of((run) => run.tps).toFixed(0)} | ${ratio} | ${receiver} |`;
}
