/** Recoveries of a real cluster to real targets, on PostgreSQL 15, 17 and 18. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hasCode } from '../../src/error/lifeboat-error.ts';
import { type RecoveredCluster, recoverCluster } from '../../src/source/postgres/recovery/recover-cluster.ts';
import type { ChosenRecovery } from '../../src/source/postgres/recovery/recovery-choice.ts';
import type { BasePoint } from '../../src/source/postgres/recovery/recovery-ground.ts';
import {
  parseRecoveryTarget,
  type RecoveryTarget,
} from '../../src/source/postgres/recovery/recovery-target.ts';
import { resolveRecovery } from '../../src/source/postgres/recovery/resolve-recovery.ts';
import { formatLsn, parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import {
  type PostgresServer,
  type PostgresVersion,
  postgresVersions,
  startPostgres,
} from '../support/postgres-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { groundOf, readBranch, type WalLogOptions, walLog } from '../support/wal-log.ts';

const segmentBytes = 1024 * 1024;

for (const version of postgresVersions) {
  describe(`recovery on PostgreSQL ${version}`, () => {
    let scene: Scene;
    before(async () => {
      scene = await makeScene(version);
    });
    after(async () => await scene.server[Symbol.asyncDispose]());

    for (const [name, make] of Object.entries(targetsOf(version))) {
      test(name, async () => {
        const [text, rows, finish] = make(scene.facts);
        const target = targetOf(text);
        const choice = choose(scene, target);
        assert.equal(choice.finish, finish);
        await using place = await recoverTo(scene, target, choice);
        assert.equal(await rowsOf(place.recovered), rows, place.recovered.proof);
      });
    }
  });
}

describe('recovery that must not succeed', () => {
  let scene: Scene;
  before(async () => {
    scene = await makeScene(15);
  });
  after(async () => await scene.server[Symbol.asyncDispose]());

  test('targets that cannot be reached are refused before anything is done', () => {
    const { facts } = scene;
    const refusals = {
      '2020-01-01 00:00': 'before-first',
      '2099-01-01 00:00': 'after-end',
      'lsn:0/1000': 'before-first',
      'lsn:F/0': 'after-end',
      'xid:999999': 'unknown-transaction',
      'name:never made': 'unknown-name',
      [`xid:${facts.xid2 + 1}`]: undefined,
    };
    for (const [text, why] of Object.entries(refusals)) {
      if (why === undefined) continue;
      const choice = resolveRecovery(scene.ground, { target: targetOf(text), timeline: 'latest' });
      assert.equal(choice.kind === 'refused' ? choice.why : 'chosen', why, text);
    }
  });

  test('a piece that does not open in the middle of the log stops the server, and nothing is promoted', async () => {
    for (const text of ['end', `xid:${scene.facts.xid3}`]) {
      const target = targetOf(text);
      const log = walLog({ ...scene.log, damagedAt: scene.facts.middle });
      await assert.rejects(recoverTo(scene, target, choose(scene, target), { log }), (error) =>
        hasCode(error, 'OBJECT_DAMAGED'),
      );
    }
  });

  test('a hole that the archive knows of is refused, and one that it finds late stops the server', async () => {
    const holes = [{ branch: '00000001', start: scene.facts.middle, end: scene.facts.middle + 4096n }];
    const target = targetOf(`xid:${scene.facts.xid3}`);
    const ground = groundOf({ ...scene.log, holes }, scene.ground.points, segmentBytes);
    const choice = resolveRecovery(
      { ...ground, transactions: scene.ground.transactions ?? [] },
      { target, timeline: 'latest' },
    );
    assert.equal(choice.kind === 'refused' ? choice.why : 'chosen', 'unknown-transaction');
    const end = resolveRecovery(ground, { target: { kind: 'end' }, timeline: 'latest' });
    assert.equal(end.kind === 'refused' ? end.why : 'chosen', 'gap');
    const log = walLog({ ...scene.log, holes });
    await assert.rejects(recoverTo(scene, target, choose(scene, target), { log }), (error) =>
      hasCode(error, 'OBJECT_MISSING'),
    );
  });

  test('data of another backup than the chosen one is not started', async () => {
    const target = targetOf('end');
    const choice = choose(scene, target);
    const other = { ...choice, point: { ...choice.point, base: choice.point.base - 8n } };
    await assert.rejects(recoverTo(scene, target, other), (error) => hasCode(error, 'SOURCE_INVALID'));
  });
});

describe('a recovery across timelines', () => {
  test('a promoted copy goes on on a timeline of its own, and both branches can be asked for', async () => {
    const scene = await makeScene(17);
    await using _server = scene.server;
    const target = targetOf(`xid:${scene.facts.xid2}`);
    await using first = await recoverTo(scene, target, choose(scene, target));
    const promoted = await first.recovered.promote();
    assert.equal(promoted.timeline, 2);
    await run(first.recovered, "insert into t values (100, 'on the second timeline')");
    await run(first.recovered, 'checkpoint');
    const at = await run(first.recovered, 'select pg_current_wal_flush_lsn()');
    await first.recovered.server.stop();

    const folder = path.join(first.data, 'pg_wal');
    const history = fs.readFileSync(path.join(folder, '00000002.history'));
    const start = parseLsn(/\t([0-9A-F/]+)\t/.exec(history.toString())?.[1] ?? '') ?? 0n;
    const second = readBranch(folder, 2, segmentBytes, { start, end: parseLsn(at) ?? 0n });
    const log: WalLogOptions = {
      ...scene.log,
      branches: [...scene.log.branches, second],
      histories: new Map([[2, history]]),
    };
    const both = { ...scene, log, ground: groundOf(log, scene.ground.points, segmentBytes) };
    for (const [timeline, rows] of [
      ['latest', '1,2,100'],
      [1, '1,2,3,4,5'],
    ] as const) {
      const end = targetOf('end');
      const choice = resolveRecovery(both.ground, { target: end, timeline });
      assert.ok(
        choice.kind === 'chosen',
        JSON.stringify(choice, (_, value) => (typeof value === 'bigint' ? formatLsn(value) : value)),
      );
      await using place = await recoverTo(both, end, choice);
      assert.equal(await rowsOf(place.recovered), rows);
      assert.equal((await place.recovered.promote()).timeline, 3);
      assert.equal(await rowsOf(place.recovered), rows);
    }
  });
});

interface Facts {
  readonly xid1: number;
  readonly xid2: number;
  readonly xid3: number;
  readonly time2: string;
  readonly time3: string;
  readonly lsn2: string;
  readonly afterAll: string;
  readonly middle: bigint;
}

type TargetCase = (facts: Facts) => readonly [text: string, rows: string, finish: 'stop' | 'end'];

/** What is asked for, and the rows that must be there; all of them on the oldest version, the most different ones elsewhere. */
function targetsOf(version: PostgresVersion): Readonly<Record<string, TargetCase>> {
  const some = {
    'with a transaction': (facts: Facts) => [`xid:${facts.xid2}`, '1,2', 'stop'] as const,
    'to a time between two commits': (facts: Facts) => [`time:${facts.time2}`, '1,2', 'stop'] as const,
    'to the end': () => ['end', '1,2,3,4,5', 'end'] as const,
  };
  if (version !== 15) return some;
  return {
    ...some,
    'before a transaction': (facts) => [`before-xid:${facts.xid3}`, '1,2', 'stop'],
    'to the very microsecond of a commit': (facts) => [`time:${facts.time3}`, '1,2,3', 'stop'],
    'to just before that microsecond': (facts) => [`before-time:${facts.time3}`, '1,2', 'stop'],
    'to an LSN': (facts) => [`lsn:${facts.lsn2}`, '1,2', 'stop'],
    'to a named point': () => ['name:before the mistake', '1,2', 'stop'],
    'to the first consistent state': () => ['consistent', '1', 'stop'],
    'to a time after the last commit, which a heartbeat proves': (facts) => [
      `time:${facts.afterAll}`,
      '1,2,3,4,5',
      'end',
    ],
  };
}

interface Scene {
  readonly server: PostgresServer;
  readonly backup: string;
  readonly facts: Facts;
  readonly log: WalLogOptions;
  readonly ground: ReturnType<typeof groundOf>;
}

async function makeScene(version: PostgresVersion): Promise<Scene> {
  const server = await startPostgres({
    version,
    walSegmentMb: 1,
    settings: { wal_level: 'replica', wal_keep_size: '256MB', autovacuum: 'off', max_connections: 30 },
  });
  try {
    return await fillScene(server);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function fillScene(server: PostgresServer): Promise<Scene> {
  await server.query(
    "create table t (id int, note text); create table filler (body text); insert into t values (1, 'first')",
  );
  const { backup, point } = await backUp(server);
  const facts = await writeHistory(server);
  const systemId = await server.value('select system_identifier from pg_control_system()');
  const end = parseLsn(await server.value('select pg_current_wal_flush_lsn()')) ?? 0n;
  const branch = readBranch(path.join(server.data, 'pg_wal'), 1, segmentBytes, { end });
  const log = { systemId, branches: [branch] };
  const ground = groundOf(log, [{ ...point, systemId }], segmentBytes);
  return { server, backup, facts, log, ground };
}

/** By the low-level functions, which every version has. */
async function backUp(
  server: PostgresServer,
): Promise<{ backup: string; point: Omit<BasePoint, 'systemId'> }> {
  const backup = path.join(server.folder, 'backup');
  const rows = await server.query(
    `select pg_backup_start('test', true);\n\\! cp -a '${server.data}' '${backup}'\n` +
      'select lsn, labelfile, extract(epoch from clock_timestamp()) * 1000 from pg_backup_stop(false)',
  );
  const [printed = '', label = '', capturedAt = ''] = rows.at(-1) ?? [];
  // psql puts a line break between the results of two statements, and none of ours.
  const at = printed.split('\n').at(-1) ?? '';
  assert.ok(parseLsn(at), printed);
  for (const name of ['pg_wal', 'postmaster.pid', 'postmaster.opts', 'pg_hba.conf', 'postgresql.conf'])
    fs.rmSync(path.join(backup, name), { recursive: true, force: true });
  fs.writeFileSync(path.join(backup, 'backup_label'), label);
  const base = parseLsn(/START WAL LOCATION: (\S+)/.exec(label)?.[1] ?? '') ?? 0n;
  const point = {
    id: 'backup',
    timeline: 1,
    base,
    at: parseLsn(at) ?? 0n,
    capturedAtMs: Number(capturedAt),
    hasLog: false,
  };
  return { backup, point };
}

async function writeHistory(server: PostgresServer): Promise<Facts> {
  const insert = async (id: number): Promise<number> =>
    Number(
      await server
        .value(`begin; insert into t values (${id}, 'row'); select txid_current(); commit`)
        .catch(() => NaN),
    ) || Number(await server.value(`select xmin from t where id = ${id}`));
  const clock = async (): Promise<string> =>
    await server.value("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')");
  const xid1 = Number(await server.value('select xmin from t where id = 1'));
  await server.query('insert into filler select repeat(md5(n::text), 30) from generate_series(1, 3000) n');
  const xid2 = await insert(2);
  const time2 = `${await clock()}Z`;
  await server.query("select pg_create_restore_point('before the mistake')");
  const lsn2 = await server.value('select pg_current_wal_insert_lsn()');
  const middle = parseLsn(lsn2) ?? 0n;
  await server.query("begin; insert into t values (50, 'rolled back'); rollback");
  const xid3 = await insert(3);
  const time3 = `${await committedAt(server, xid3)}Z`;
  await server.query('insert into filler select repeat(md5(n::text), 30) from generate_series(1, 3000) n');
  await insert(4);
  await insert(5);
  const afterAll = `${await clock()}Z`;
  const beat =
    "json_build_object('at', floor(extract(epoch from clock_timestamp()) * 1000)::bigint, 'system', 'shop')::text";
  await server.query(
    `select pg_sleep(0.005); select pg_logical_emit_message(false, 'lifeboat', ${beat}); select pg_switch_wal()`,
  );
  return { xid1, xid2, xid3, time2, time3, lsn2, afterAll, middle };
}

/** From the log itself: the server does not track the times of commits. */
async function committedAt(server: PostgresServer, xid: number): Promise<string> {
  const end = parseLsn(await server.value('select pg_current_wal_insert_lsn()')) ?? 0n;
  const branch = readBranch(path.join(server.data, 'pg_wal'), 1, segmentBytes, { end });
  const found = groundOf({ systemId: '', branches: [branch] }, [], segmentBytes).transactions?.find(
    (fact) => fact.xid === xid,
  );
  const atUs = found?.atUs ?? 0;
  return `${new Date(Math.floor(atUs / 1000)).toISOString().slice(0, 19).replace('T', ' ')}.${String(atUs % 1_000_000).padStart(6, '0')}`;
}

function targetOf(text: string): RecoveryTarget {
  const result = parseRecoveryTarget(text, 'UTC');
  assert.ok(result.ok, text);
  return result.target;
}

function choose(scene: Scene, target: RecoveryTarget): ChosenRecovery {
  const choice = resolveRecovery(scene.ground, { target, timeline: 'latest' });
  assert.ok(choice.kind === 'chosen', choice.kind === 'refused' ? choice.reason : '');
  return choice;
}

interface Place extends AsyncDisposable {
  readonly recovered: RecoveredCluster;
  readonly data: string;
}

async function recoverTo(
  scene: Scene,
  target: RecoveryTarget,
  choice: ChosenRecovery,
  { log = walLog(scene.log) } = {},
): Promise<Place> {
  const folder = temporaryFolder();
  fs.chmodSync(folder.path, 0o755);
  const data = path.join(folder.path, 'data');
  fs.cpSync(scene.backup, data, { recursive: true, verbatimSymlinks: true });
  try {
    const recovered = await recoverCluster({
      ...{ data, target, choice, log },
      programs: { folder: scene.server.programs, major: scene.server.version, version: '' },
      tablespaces: new Map(),
      histories: scene.log.histories ?? new Map(),
      user: scene.server.runsAs,
      work: path.join(folder.path, 'work'),
      isDurable: false,
    });
    return {
      ...{ recovered, data },
      [Symbol.asyncDispose]: async () => {
        await recovered[Symbol.asyncDispose]();
        folder[Symbol.dispose]();
      },
    };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

async function run({ server }: RecoveredCluster, sql: string): Promise<string> {
  await using connection = await server.connect('postgres');
  return (await connection.query(sql)).rows[0]?.[0] ?? '';
}

async function rowsOf(recovered: RecoveredCluster): Promise<string> {
  return await run(recovered, "select string_agg(id::text, ',' order by id) from t");
}
