/**
 * `node bench/postgres.ts`: base backups of one cluster that pgbench filled, and laying them out again, with pgBackRest
 * and Barman, as whole processes, in turn.
 *
 * --gb N       size of the cluster (default 5)
 * --pairs N    how often each row is run (default 3); medians are shown
 * --peers LIST pgbackrest,barman (default both)
 * --work DIR   where cluster and repositories go (default: the folder for temporary files)
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Figures, measure } from './measure.ts';
import { type Cluster, changeCluster, makeCluster } from './postgres/cluster.ts';
import { archiveCommand, barman, type Contestant, lifeboat, pgBackRest } from './postgres/contestants.ts';
import { median } from './summarize.ts';

interface Row {
  readonly row: 'first full' | 'second full' | 'restore';
  readonly name: string;
  readonly figures: Figures;
  /** That the row added to the repository. */
  readonly addedMb: number;
}

const transactionsBetween = 200;

const { values } = parseArgs({
  options: {
    gb: { type: 'string', default: '5' },
    pairs: { type: 'string', default: '3' },
    peers: { type: 'string', default: 'pgbackrest,barman' },
    work: { type: 'string' },
  },
});
const folder = fs.mkdtempSync(path.join(fs.realpathSync(values.work ?? os.tmpdir()), 'lifeboat-bench-pg-'));
try {
  const rows = await runAll(Number(values.gb) * 1e9, Number(values.pairs));
  for (const line of tableOf(rows)) console.log(line);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}

async function runAll(bytes: number, pairs: number): Promise<readonly Row[]> {
  const peers = path.join(folder, 'peers');
  fs.mkdirSync(path.join(peers, 'barman', 'x', 'incoming'), { recursive: true });
  spawnSync('chown', ['-R', 'postgres', folder]);
  const cluster = await makeCluster(path.join(folder, 'cluster'), bytes, archiveCommand(peers));
  try {
    const rows: Row[] = [];
    for (let pair = 0; pair < pairs; pair++) rows.push(...runPair(cluster, peers, pair));
    return rows;
  } finally {
    cluster.stop();
  }
}

/** The first full of the first pair is into an empty repository; those after it find what is there. */
function runPair(cluster: Cluster, peers: string, pair: number): readonly Row[] {
  const all = [
    lifeboat(cluster, path.join(peers, `lifeboat-${pair}`)),
    ...(values.peers.includes('pgbackrest') ? [pgBackRest(cluster, peers)] : []),
    ...(values.peers.includes('barman') ? [barman(cluster, peers)] : []),
  ];
  const inTurn = pair % 2 === 0 ? all : all.toReversed();
  fs.mkdirSync(path.join(peers, `lifeboat-${pair}`));
  for (const one of inTurn) if (pair === 0 || one.name === 'lifeboat') one.prepare();
  const rows: Row[] = inTurn.map((one) => runRow('first full', one, one.backup()));
  changeCluster(cluster, transactionsBetween);
  rows.push(...inTurn.map((one) => runRow('second full', one, one.backup())));
  for (const one of inTurn) rows.push(restoreRow(one));
  fs.rmSync(path.join(peers, `lifeboat-${pair}`), { recursive: true, force: true });
  return rows;
}

function restoreRow(one: Contestant): Row {
  const to = path.join(folder, 'restored');
  fs.mkdirSync(to, { mode: 0o700 });
  spawnSync('chown', ['postgres', to]);
  try {
    const row = runRow('restore', one, one.restore(to));
    if (bytesBelow(to) < Number(values.gb) * 0.9e9) throw new Error(`${one.name} restored too little`);
    return row;
  } finally {
    fs.rmSync(to, { recursive: true, force: true });
  }
}

function runRow(row: Row['row'], one: Contestant, command: Parameters<typeof measure>[0]): Row {
  spawnSync('sync');
  const before = bytesBelow(one.repository);
  const figures = measure(command);
  const addedMb = (bytesBelow(one.repository) - before) / 1e6;
  const { wallS, cpuS } = figures;
  console.error(
    `${row} ${one.name}: ${wallS.toFixed(1)} s, processor ${cpuS.toFixed(1)} s, ${addedMb.toFixed(0)} MB`,
  );
  return { row, name: one.name, figures, addedMb };
}

function bytesBelow(place: string): number {
  if (!fs.existsSync(place)) return 0;
  return Number.parseInt(spawnSync('du', ['-sb', place], { encoding: 'utf8' }).stdout, 10);
}

function tableOf(rows: readonly Row[]): readonly string[] {
  const lines = [
    '| | program | wall s | processor s | peak memory MB | MB added |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  for (const key of new Set(rows.map(({ row, name }) => `${row}|${name}`))) {
    const same = rows.filter(({ row, name }) => `${row}|${name}` === key);
    const of = (pick: (row: Row) => number): string => median(same.map(pick)).toFixed(1);
    const [row = '', name = ''] = key.split('|');
    const shown = name === 'lifeboat' ? 'Lifeboat' : name;
    const cells = [
      of(({ figures }) => figures.wallS),
      of(({ figures }) => figures.cpuS),
      of(({ figures }) => figures.peakMb),
      of(({ addedMb }) => addedMb),
    ];
    lines.push(`| ${[row, shown, ...cells].join(' | ')} |`);
  }
  return lines;
}
