/**
 * `node bench/postgres-changes.ts`: a backup of PostgreSQL 17 that reads only what changed, beside one that reads all:
 * after 1% of the pages of a table changed in one range, and after 1% of them changed anywhere.
 *
 * --gb N        size of the table (default 2)
 * --pairs N     how often (default 3); medians are shown
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openLocalStore } from '../src/object-store/local/local-store.ts';
import { initRepository } from '../src/repository/repository.ts';
import type { Repository, SavedSnapshot } from '../src/repository/repository-types.ts';
import type { BaseFiles } from '../src/source/postgres/base-backup/base-settings.ts';
import { createPostgresSource } from '../src/source/postgres/base-backup/postgres-source.ts';
import { type PostgresServer, startPostgres } from '../test/support/postgres-server.ts';
import { median } from './summarize.ts';

interface Run {
  readonly row: 'full' | '1% in one range' | '1% anywhere';
  readonly wallS: number;
  readonly cpuS: number;
  readonly addedMb: number;
}

/** As PostgreSQL puts them into one page. */
const rowsPerPage = 8;
const pageBytes = 8192;

const { values } = parseArgs({
  options: { gb: { type: 'string', default: '2' }, pairs: { type: 'string', default: '3' } },
});
const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'lifeboat-bench-changes-'));
const runs: Run[] = [];
try {
  for (let pair = 0; pair < Number(values.pairs); pair++) await runPair(pair);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
for (const line of table()) console.log(line);

async function runPair(pair: number): Promise<void> {
  const settings = { summarize_wal: true, autovacuum: false, max_wal_size: '8GB', shared_buffers: '256MB' };
  await using server = await startPostgres({ version: 17, settings });
  const pages = Math.round((Number(values.gb) * 1e9) / pageBytes);
  // Each row is different, and most of it can be compressed, as in tables that people have.
  const body = "repeat(md5(n::text), 10) || repeat(' ', 630)";
  await server.query(
    `create table big (id int, body text storage plain); insert into big select n, ${body} from generate_series(1, ${pages * rowsPerPage}) n`,
  );
  // Else the first reader of a page would change it.
  for (const sql of ['vacuum (freeze) big', 'checkpoint']) await server.query(sql);
  const location = path.join(folder, `vault-${pair}`);
  fs.mkdirSync(location);
  await using vault = await initRepository({ store: openLocalStore(location), password: 'bench only' });
  const full = await timed('full', location, () => take(vault, server));
  const middle = Math.round(pages / 2) * rowsPerPage;
  await server.query(
    `delete from big where id between ${middle} and ${middle + pages * rowsPerPage * 0.01}; checkpoint`,
  );
  const inRange = await timed('1% in one range', location, () => takeChanges(vault, server, full));
  await server.query(
    `delete from big where ctid = any (array(select format('(%s,1)', floor(random() * ${pages}))::tid from generate_series(1, ${Math.round(pages / 100)}))); checkpoint`,
  );
  await timed('1% anywhere', location, () => takeChanges(vault, server, inRange));
  fs.rmSync(location, { recursive: true });
}

async function timed(
  row: Run['row'],
  location: string,
  work: () => Promise<SavedSnapshot>,
): Promise<SavedSnapshot> {
  const addedBefore = bytesBelow(location);
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const saved = await work();
  const wallS = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const run = {
    row,
    wallS,
    cpuS: (user + system) / 1e6,
    addedMb: (bytesBelow(location) - addedBefore) / 1e6,
  };
  console.error(
    `${row}: ${wallS.toFixed(1)} s, processor ${run.cpuS.toFixed(1)} s, ${run.addedMb.toFixed(1)} MB`,
  );
  runs.push(run);
  return saved;
}

async function takeChanges(
  vault: Repository,
  server: PostgresServer,
  { snapshot }: SavedSnapshot,
): Promise<SavedSnapshot> {
  return await take(vault, server, { snapshot, files: await baseFiles(vault, snapshot) });
}

interface Base {
  readonly snapshot: SavedSnapshot['snapshot'];
  readonly files: BaseFiles;
}

async function take(vault: Repository, server: PostgresServer, base?: Base): Promise<SavedSnapshot> {
  const { host, port, user } = server;
  const source = createPostgresSource({
    address: { host, port, user, database: 'postgres', tls: false, timeoutMs: 60_000 },
    ...{ label: 'bench', checkpoint: 'fast', countTables: [], queries: {}, nowMs: Date.now },
    workFolder: path.join(folder, 'work'),
    ...(base === undefined ? {} : { base: base.files }),
  });
  await using capture = await source.capture();
  const saved = await vault.write((writer) =>
    writer.saveSnapshot({
      ...{ events: capture.events, time: new Date().toISOString(), paths: ['/postgresql'] },
      ...{ hostname: 'bench', username: 'bench', uid: 0, gid: 0 },
      ...(base === undefined ? {} : { base: base.snapshot }),
    }),
  );
  const { values: told, problems } = await capture.result();
  const read = base === undefined ? 'everything' : 'what changed';
  if (problems.length > 0 || told['read'] !== read) throw new Error(`the capture read ${told['read']}`);
  return saved;
}

/** What is asked of a base is not part of the figures of one that reads all. */
async function baseFiles(vault: Repository, snapshot: SavedSnapshot['snapshot']): Promise<BaseFiles> {
  const file = async (name: string): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    for await (const part of vault.dump(snapshot, `/postgresql/data/${name}`)) parts.push(part);
    return Buffer.concat(parts);
  };
  return { manifest: await file('backup_manifest'), controlFile: await file('global/pg_control') };
}

function bytesBelow(place: string): number {
  const names = fs.readdirSync(place, { recursive: true, withFileTypes: true });
  return names.reduce(
    (sum, entry) => sum + (entry.isFile() ? fs.statSync(path.join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}

function table(): readonly string[] {
  const fullS = median(runs.filter(({ row }) => row === 'full').map(({ wallS }) => wallS));
  const lines = ['| | wall s | of a full | processor s | MB added |', '| --- | --- | --- | --- | --- |'];
  for (const row of new Set(runs.map((run) => run.row))) {
    const of = (pick: (run: Run) => number): number =>
      median(runs.filter((run) => run.row === row).map(pick));
    const wallS = of((run) => run.wallS);
    const share = `**${(wallS / fullS).toFixed(2)}**`;
    const cpuS = of((run) => run.cpuS).toFixed(1);
    lines.push(
      `| ${row} | ${wallS.toFixed(1)} | ${share} | ${cpuS} | ${of((run) => run.addedMb).toFixed(1)} |`,
    );
  }
  return lines;
}
