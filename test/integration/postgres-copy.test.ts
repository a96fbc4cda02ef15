/** What is asked of a recovered copy, where its tablespaces go, and what becomes of it when the restore dies. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../../src/error/lifeboat-error.ts';
import { processIsAlive } from '../../src/platform/host.ts';
import { parseControlFile } from '../../src/source/postgres/files/control-file.ts';
import { releaseFromIsolation } from '../../src/source/postgres/recovery/lay-out-cluster.ts';
import { restoreScript, spoolFolders } from '../../src/source/postgres/recovery/restore-script.ts';
import { openWalSpool } from '../../src/source/postgres/recovery/wal-spool.ts';
import { findServer } from '../../src/source/postgres/server/find-server.ts';
import { probeCluster } from '../../src/source/postgres/server/probe-cluster.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import {
  choose,
  makeScene,
  recoverTo,
  rowsOf,
  run,
  type Scene,
  targetOf,
} from '../support/recovery-scene.ts';
import { encodeStalled } from '../support/stalled-recovery.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { walLog } from '../support/wal-log.ts';

describe('a recovered copy', () => {
  let scene: Scene;
  before(async () => {
    scene = await makeScene(15, prepare);
  });
  after(async () => await scene.server[Symbol.asyncDispose]());

  test('has its tablespaces where they were restored to, and is alone in the world', async () => {
    await using place = await recoverTo(scene, targetOf('end'), choose(scene, targetOf('end')), {
      tablespaces: copiedTablespaces(scene),
    });
    assert.equal(await run(place.recovered, 'select count(*) from elsewhere'), '500');
    const [oid = ''] = fs.readdirSync(path.join(place.data, 'pg_tblspc'));
    assert.ok(
      !fs.readlinkSync(path.join(place.data, 'pg_tblspc', oid)).startsWith(scene.server.folder + '/space'),
    );
    for (const [name, value] of Object.entries({
      archive_mode: 'off',
      synchronous_standby_names: '',
      listen_addresses: '',
    }))
      assert.equal(await run(place.recovered, `show ${name}`), value);
    await place.recovered.promote();
    assert.equal(await rowsOf(place.recovered), '1,2,3,4,5');
    await run(place.recovered, "insert into t values (6, 'into the copy')");
    await place.recovered.server.stop();
    await releaseFromIsolation(place.data);
    assert.match(fs.readFileSync(path.join(place.data, 'postgresql.auto.conf'), 'utf8'), /work_mem = '5MB'/);
  });

  test('that is sound passes, and one with a changed page or a lying index does not', async () => {
    const target = targetOf('end');
    const options = { tablespaces: copiedTablespaces(scene) };
    await using place = await recoverTo(scene, target, choose(scene, target), options);
    const { server } = place.recovered;
    {
      await using probe = await probeCluster({ server, data: place.data, database: 'postgres' });
      const integrity = await probe.integrity();
      assert.ok(integrity.kind === 'passed', JSON.stringify(integrity));
      assert.match(String(integrity.value), /^\d{3,} pages, \d+ indexes and \d+ tables of postgres$/);
      assert.deepEqual(await probe.value('select sum(id)::bigint from t'), { kind: 'passed', value: 15 });
      assert.deepEqual(await probe.rowCount('t'), { kind: 'passed', value: 5 });
      assert.equal((await probe.rowCount('nothing')).kind, 'failed');
      assert.equal((await probe.value('select 1 union select 2')).kind, 'inconclusive');
      assert.equal((await probe.value('create table x (id int)')).kind, 'inconclusive');
      assert.deepEqual(await probe.foreignKeys(), { kind: 'passed', value: 'ok' });
      assert.equal((await probe.extensions()).kind, 'passed');
    }
    await place.recovered.promote();
    // What is still in memory would be written over the damage.
    await run(place.recovered, 'checkpoint');
    const file = path.join(place.data, await run(place.recovered, "select pg_relation_filepath('filler')"));
    const content = fs.readFileSync(file);
    content[8192 * 3 + 4000] = (content[8192 * 3 + 4000] ?? 0) ^ 1;
    fs.writeFileSync(file, content);
    await run(place.recovered, 'set session_replication_role = replica; insert into child values (99)');
    await run(place.recovered, 'update pg_constraint set convalidated = true');
    await using probe = await probeCluster({ server, data: place.data, database: 'postgres' });
    const integrity = await probe.integrity();
    assert.ok(
      integrity.kind === 'failed' && integrity.reasons.some((reason) => reason.startsWith('page 3 of base/')),
    );
    const keys = await probe.foreignKeys();
    assert.ok(
      keys.kind === 'failed' && /^1 rows of child point to no row of parent/.test(keys.reasons[0] ?? ''),
    );
  });

  test('without its tablespace is not started', async () => {
    const target = targetOf('end');
    await assert.rejects(recoverTo(scene, target, choose(scene, target)), (error) =>
      hasCode(error, 'SOURCE_INVALID'),
    );
  });
});

describe('the restore command', () => {
  test('gives what is there, denies what is not, and never knows more than the restore does', async () => {
    using folder = temporaryFolder();
    const spool = path.join(folder.path, 'spool');
    const to = path.join(folder.path, 'to');
    const answers: string[] = [];
    {
      await using opened = await openWalSpool({
        folder: spool,
        user: undefined,
        answer: async (name) => {
          answers.push(name);
          if (name === 'missing') return { kind: 'absent' };
          if (name === 'unknown') throw new Error('the store is away');
          return { kind: 'file', size: 100, bytes: pieces('abc', 'def'), next: 'b' };
        },
      });
      assert.equal(await ask(spool, 'a', to), 0);
      assert.deepEqual(fs.readFileSync(to), Buffer.concat([Buffer.from('abcdef'), Buffer.alloc(94)]));
      assert.equal(await ask(spool, 'missing', to), 1);
      assert.equal(await ask(spool, '../../etc/passwd', to), 200);
      assert.equal(await ask(spool, 'unknown', to), 200);
      assert.equal(await ask(spool, 'a', to), 200, 'once it has failed, it knows nothing any more');
      assert.match(String(opened.failure()), /the store is away/);
    }
    assert.ok(answers.includes('b'), 'the next one was fetched before it was asked for');
    assert.ok(!fs.existsSync(spool));
  });

  test('takes a restore that says nothing for dead', async () => {
    using folder = temporaryFolder();
    for (const name of spoolFolders) fs.mkdirSync(path.join(folder.path, name));
    fs.writeFileSync(path.join(folder.path, 'alive'), '7\n');
    fs.writeFileSync(path.join(folder.path, 'restore-wal'), restoreScript(folder.path, 1), { mode: 0o755 });
    assert.equal(await ask(folder.path, 'a', path.join(folder.path, 'to')), 200);
  });
});

test('a server is found by its version, and the lack of one says what to install', async () => {
  const found = await findServer({ major: 15, folders: [] });
  assert.deepEqual([found.folder, found.major], ['/usr/lib/postgresql/15/bin', 15]);
  await assert.rejects(
    findServer({ major: 12, folders: ['/'] }),
    (error) => hasCode(error, 'SERVER_MISSING') && /postgresql-12/.test(error.hint ?? ''),
  );
});

describe('a restore that does not come to its end', () => {
  let scene: Scene;
  before(async () => {
    scene = await makeScene(15);
  });
  after(async () => await scene.server[Symbol.asyncDispose]());

  test('leaves no server when it is given up', async () => {
    using folder = temporaryFolder();
    const stop = new AbortController();
    let reads = 0;
    const onRead = async (): Promise<void> => {
      reads++;
      if (reads > 3) await sleep(60_000, undefined, { signal: stop.signal });
    };
    const options = { log: walLog({ ...scene.log, onRead }), signal: stop.signal, folder: folder.path };
    const target = targetOf('end');
    const ended = assert.rejects(recoverTo(scene, target, choose(scene, target), options));
    while (reads <= 3) await sleep(20);
    const pid = postmasterOf(folder.path);
    stop.abort(new Error('the person gave up'));
    await ended;
    assert.ok(!processIsAlive(pid));
  });

  test('leaves no server for long when it is killed, and none that opened', async () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'scene.json');
    fs.writeFileSync(file, encodeStalled({ scene, folder: folder.path }));
    const script = path.join(import.meta.dirname, '../support/stalled-recovery.ts');
    const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    const pid = postmasterOf(folder.path);
    assert.ok(processIsAlive(pid));
    child.kill('SIGKILL');
    for (let waitedMs = 0; processIsAlive(pid); waitedMs += 50) {
      assert.ok(waitedMs < 30_000, 'the server outlives the restore');
      await sleep(50);
    }
    const data = path.join(folder.path, 'data');
    assert.equal(
      parseControlFile(fs.readFileSync(path.join(data, 'global/pg_control'))).state,
      'in archive recovery',
    );
    assert.ok(!fs.existsSync(path.join(data, 'pg_wal/00000002.history')));
  });
});

function postmasterOf(folder: string): number {
  return Number(fs.readFileSync(path.join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
}

async function prepare(server: PostgresServer): Promise<void> {
  const space = path.join(server.folder, 'space');
  fs.mkdirSync(space);
  if (server.runsAs !== undefined) fs.chownSync(space, server.runsAs.uid, server.runsAs.gid);
  await server.query(`create tablespace other location '${space}'`);
  await server.query('create table elsewhere tablespace other as select generate_series(1, 500) as id');
  await server.query(
    'create table parent (id int primary key); create table child (id int references parent)',
  );
  await server.query('insert into parent values (1); insert into child values (1); create extension amcheck');
  await server.query("alter system set work_mem = '5MB'");
}

function copiedTablespaces(scene: Scene): Map<string, string> {
  const oid = fs.readdirSync(path.join(scene.backup, 'pg_tblspc'))[0] ?? '';
  const copy = path.join(fs.mkdtempSync(path.join(scene.server.folder, 'copy-')), oid);
  fs.cpSync(path.join(scene.server.folder, 'space'), copy, { recursive: true });
  fs.chmodSync(path.dirname(copy), 0o755);
  return new Map([[oid, copy]]);
}

async function ask(spool: string, name: string, to: string): Promise<number> {
  const child = spawn('/bin/sh', [path.join(spool, 'restore-wal'), name, to], { stdio: 'ignore' });
  return await new Promise((resolve) => child.once('close', (code) => resolve(code ?? -1)));
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
