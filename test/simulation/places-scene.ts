/**
 * A cluster with three timelines, two base backups and all kinds of transactions, its log in an archive, and a model of
 * which rows there are at each of its places, made of what `pg_waldump` reads.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OpenLog, openLogArchive } from '../../src/log-archive/open-log-archive.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { nowMs } from '../../src/platform/clock.ts';
import type { Repository } from '../../src/repository/repository-types.ts';
import { createSealedObjects } from '../../src/repository/sealed-objects.ts';
import { newMasterKey } from '../../src/seal/key-file.ts';
import type { BasePoint } from '../../src/source/postgres/recovery/recovery-ground.ts';
import { earlierLsn, parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import { branchName, historyName, parseSegmentName } from '../../src/source/postgres/wal/segment-name.ts';
import { parseTimelineHistory } from '../../src/source/postgres/wal/timeline-history.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { restoreBase, takeBase } from '../support/postgres-vault.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { shipPostgres } from '../support/ship-postgres.ts';
import { until } from '../support/shipping-scene.ts';
import { makeVault } from '../support/vault.ts';
import { type DumpedRecord, dumpLog } from '../support/wal-dump.ts';
import { type Work, workOn } from './places-history.ts';

export const segmentBytes = 1024 * 1024;

export interface PlacesScene extends AsyncDisposable {
  readonly folder: string;
  readonly server: PostgresServer;
  readonly work: Work;
  readonly points: readonly BasePoint[];
  /** The data directories of the points, by id. */
  readonly bases: ReadonlyMap<string, string>;
  readonly log: OpenLog;
  /** The same, without the bytes of a span between the two backups, which is declared. */
  readonly torn: OpenLog;
  readonly gap: { readonly start: bigint; readonly end: bigint };
  /** By timeline, each with all that it wrote itself, whoever goes on from it. */
  readonly records: ReadonlyMap<number, readonly DumpedRecord[]>;
  /** Where each timeline but the last was left. */
  readonly switches: ReadonlyMap<number, bigint>;
}

export interface PlacesOptions {
  readonly folder: string;
  readonly random: SeededRandom;
  /** Small pieces become large ones that reach over the ends of timelines. */
  readonly compacts: boolean;
}

const settings = { wal_keep_size: '512MB', max_prepared_transactions: 10, autovacuum: 'off' };

export async function makePlacesScene({ folder, random, compacts }: PlacesOptions): Promise<PlacesScene> {
  await using owned = new AsyncDisposableStack();
  fs.chmodSync(folder, 0o755);
  const first = owned.use(await startPostgres({ version: 15, walSegmentMb: 1, settings }));
  const systemId = await first.value('select system_identifier from pg_control_system()');
  const store = openMemoryStore();
  const key = newMasterKey();
  const log = logIn(store, key, systemId);
  const repository = owned.use(await makeVault(openMemoryStore()));
  await first.query('create table t (id int primary key); create table filler (body text)');
  const work: Work = { random, effects: new Map(), parts: [], names: [], lastRow: 0, timeline: 1 };
  const { points, fork } = await firstTimeline(first, { work, log, repository, folder });
  const later = owned.use(await startPostgres({ version: 15, walSegmentMb: 1, data: fork }));
  const ends = new Map([[1, await endOf(first)]]);
  await first.stop('immediate');
  for (const timeline of [2, 3]) {
    if (timeline === 3) ends.set(2, await setBack(later));
    await later.query('select pg_promote()');
    work.timeline = timeline;
    await shipped(later, log, async () => await workOn(later, work));
  }
  ends.set(3, await endOf(later));
  const { records, switches } = await dumpAll([first, later, later], ends);
  const { torn, gap } = await tearOut(store, { key, systemId, log, points });
  if (compacts) await log.compact({ piecesMax: 2 });
  const bases = new Map<string, string>();
  for (const { id } of points) bases.set(id, await restoreBase(repository, id, path.join(folder, id)));
  const rest = owned.move();
  return {
    ...{ folder, server: later, work, points, bases, log, torn, gap, records, switches },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

function logIn(store: ObjectStore, key: ReturnType<typeof newMasterKey>, incarnation: string): OpenLog {
  const seal = createSealedObjects({ store, key, version: 2 });
  return openLogArchive({ store, seal, system: 'shop', incarnation, nowMs });
}

interface FirstWork {
  readonly work: Work;
  readonly log: OpenLog;
  readonly repository: Repository;
  readonly folder: string;
}

/** Two backups, and a copy of the cluster from before its last transactions: the one that is promoted later. */
async function firstTimeline(
  server: PostgresServer,
  { work, log, repository, folder }: FirstWork,
): Promise<{ readonly points: readonly BasePoint[]; readonly fork: string }> {
  const points: BasePoint[] = [];
  await shipped(server, log, async () => {
    await workOn(server, work);
    points.push(await takeBase(repository, server));
    await workOn(server, work);
    await workOn(server, work);
    points.push(await takeBase(repository, server));
    await workOn(server, work);
  });
  await server.stop();
  const fork = path.join(folder, 'fork');
  execFileSync('cp', ['-a', server.data, fork]);
  // on the timeline of the original it must not write a byte
  fs.writeFileSync(path.join(fork, 'standby.signal'), '');
  await server.start();
  await shipped(server, log, async () => await workOn(server, work));
  return { points, fork };
}

/** A standby of nobody; where it ended. */
async function setBack(server: PostgresServer): Promise<bigint> {
  const end = await endOf(server);
  await server.stop();
  fs.writeFileSync(path.join(server.data, 'standby.signal'), '');
  await server.start();
  return end;
}

/** While the work goes on, and until all of it has arrived, with a sign of life behind it. */
async function shipped(server: PostgresServer, log: OpenLog, act: () => Promise<void>): Promise<void> {
  await using shipping = shipPostgres(server, [log], { maxLagMs: 500, heartbeatMs: 150 });
  await until('the log is shipped', () => shipping.status()?.state === 'streaming');
  await act();
  await sleep(400);
  const end = parseLsn(await server.value('select pg_current_wal_flush_lsn()')) ?? 0n;
  await until('all of it arrived', () => (shipping.status()?.acknowledged ?? 0n) >= end);
}

async function endOf(server: PostgresServer): Promise<bigint> {
  return parseLsn(await server.value('select pg_current_wal_insert_lsn()')) ?? 0n;
}

/** `servers`: for each timeline the one in whose `pg_wal` it lies. */
async function dumpAll(
  servers: readonly PostgresServer[],
  ends: ReadonlyMap<number, bigint>,
): Promise<Pick<PlacesScene, 'records' | 'switches'>> {
  const records = new Map<number, readonly DumpedRecord[]>();
  const switches = new Map<number, bigint>();
  for (const [index, server] of servers.entries()) {
    const timeline = index + 1;
    const history = path.join(server.data, 'pg_wal', historyName(timeline));
    const parent =
      timeline === 1 ? undefined : parseTimelineHistory(timeline, fs.readFileSync(history, 'utf8'));
    const begin = parent?.ancestors.at(-1)?.end ?? oldestSegment(server);
    if (parent !== undefined) switches.set(timeline - 1, begin);
    const dumped = await dumpLog(server, timeline, begin, ends.get(timeline) ?? 0n);
    assert.ok(dumped.length > 20, `${dumped.length} records of timeline ${timeline}`);
    records.set(timeline, dumped);
  }
  return { records, switches };
}

/** Of the first timeline; initdb itself left none behind. */
function oldestSegment({ data }: PostgresServer): bigint {
  const names = fs.readdirSync(path.join(data, 'pg_wal'));
  const starts = names.flatMap((name) => parseSegmentName(name, segmentBytes) ?? []);
  return starts
    .filter(({ timeline }) => timeline === 1)
    .map(({ start }) => start)
    .reduce(earlierLsn);
}

/** Some pieces between the two backups are lost, as if the server had deleted them before they left it. */
async function tearOut(
  store: ObjectStore,
  {
    key,
    systemId,
    log,
    points,
  }: { key: ReturnType<typeof newMasterKey>; systemId: string; log: OpenLog; points: readonly BasePoint[] },
): Promise<Pick<PlacesScene, 'torn' | 'gap'>> {
  const [older, newer] = points;
  assert.ok(older && newer);
  const branch = branchName(1);
  const middle = older.at + (newer.base - older.at) / 2n;
  const pieces = await Array.fromAsync(log.pieces({ branch, start: middle, end: middle + 1n }));
  const lost = new Set(pieces.map((piece) => piece.key));
  const copy = openMemoryStore();
  for await (const { key: name } of store.list(''))
    if (!lost.has(name)) await copy.put(name, await store.get(name));
  const torn = logIn(copy, key, systemId);
  const [coverage] = (await torn.coverage()).filter((each) => each.branch === branch);
  const [hole] = coverage?.gaps ?? [];
  assert.ok(hole !== undefined);
  await torn.declareGap({ branch, start: hole.start, end: hole.end }, 'lost in a test');
  return { torn, gap: hole };
}
