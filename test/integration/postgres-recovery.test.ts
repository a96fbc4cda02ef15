/** Recoveries of a real cluster to real targets, on PostgreSQL 15, 17 and 18. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hasCode } from '../../src/error/lifeboat-error.ts';
import { resolveRecovery } from '../../src/source/postgres/recovery/resolve-recovery.ts';
import { formatLsn, parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import { type PostgresVersion, postgresVersions } from '../support/postgres-server.ts';
import {
  choose,
  type Facts,
  lookAgain,
  makeScene,
  recoverTo,
  rowsOf,
  run,
  type Scene,
  segmentBytes,
  targetOf,
} from '../support/recovery-scene.ts';
import { groundOf, readBranch, type WalLogOptions, walLog } from '../support/wal-log.ts';

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
    const refusals = {
      '2020-01-01 00:00': 'before-first',
      '2099-01-01 00:00': 'after-end',
      'lsn:0/1000': 'before-first',
      'lsn:F/0': 'after-end',
      'xid:999999': 'unknown-transaction',
      'name:never made': 'unknown-name',
    };
    for (const [text, why] of Object.entries(refusals)) {
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

describe('a cluster that went on', () => {
  test('a transaction that was open at the time asked for is not in the copy, and a larger original is followed', async () => {
    const first = await makeScene(15);
    const { server } = first;
    await using _server = server;
    const inside = await server.query(
      "begin; insert into t values (7, 'open'); select clock_timestamp() at time zone 'UTC'; select pg_sleep(0.02); commit",
    );
    const time = inside.flat().find((value) => /\d{4}-\d\d-\d\d/.test(value)) ?? '';
    // A server that replays this must allow as many connections: it is started anew with more.
    server.configure({ max_connections: 90, max_worker_processes: 11 });
    await server.restart();
    await server.query("insert into t values (8, 'more connections'); select pg_switch_wal()");
    const scene = await lookAgain(first);
    const cases = [
      [`time:${/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?/.exec(time)?.[0]}Z`, '1,2,3,4,5'],
      ['end', '1,2,3,4,5,7,8'],
    ] as const;
    for (const [text, rows] of cases) {
      const target = targetOf(text);
      await using place = await recoverTo(scene, target, choose(scene, target));
      assert.equal(await rowsOf(place.recovered), rows, place.recovered.proof);
    }
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
