/** A database comes back as it was asked for, from what lies in several vaults, or not at all. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectPostgres } from '../../src/source/postgres/wire/connection.ts';
import { jsonLines } from '../e2e/cli-process.ts';
import { type PostgresPlan, postgresPlan } from '../support/postgres-plan.ts';
import { startPostgres } from '../support/postgres-server.ts';

interface History {
  readonly xid: number;
  readonly time: string;
}

/** Rows 1 in the base, 2 and 3 behind it; what is asked for is known by a transaction and a time. */
async function writeHistory(plan: PostgresPlan): Promise<History> {
  const { server } = plan;
  await server.query('create table t (id int)');
  await server.query('insert into t values (1)');
  await plan.run(0, 'backup');
  await server.query('insert into t values (2)');
  const time = await server.value(
    "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || 'Z'",
  );
  await server.query('select pg_sleep(0.01)');
  await server.query("select pg_create_restore_point('before three')");
  await server.query('insert into t values (3)');
  const xid = Number(await server.value('select xmin from t where id = 3'));
  await plan.beat();
  return { xid, time };
}

/** By the program and the socket that the restore names. */
async function askIsolated({ server }: PostgresPlan, data: string): Promise<string> {
  const postgres = spawn(path.join(server.programs, 'postgres'), ['-D', data], {
    ...server.runsAs,
    stdio: 'ignore',
  });
  const ended = new Promise((done) => postgres.once('close', done));
  try {
    const host = path.join(data, '../isolated');
    const address = {
      host,
      port: 54_329,
      database: 'postgres',
      user: server.user,
      tls: false,
      timeoutMs: 5000,
    };
    for (let look = 0; look < 200 && !fs.existsSync(path.join(host, '.s.PGSQL.54329')); look++)
      await sleep(50);
    for (let look = 0; ; look++) {
      try {
        await using connection = await connectPostgres(address, { applicationName: 'test' });
        const { rows } = await connection.query("select string_agg(id::text, ',' order by id) from t");
        return rows[0]?.[0] ?? '';
      } catch (error) {
        if (look === 50) throw error;
        await sleep(100);
      }
    }
  } finally {
    postgres.kill('SIGINT');
    await ended;
  }
}

/** The rows of the copy, by a server that is started on it as it lies there. */
async function rowsOf(plan: PostgresPlan, to: string): Promise<string> {
  const data = path.join(plan.scene.folder, to, 'postgresql/data');
  await using server = await startPostgres({ version: plan.server.version, data });
  return await server.value("select string_agg(id::text, ',' order by id) from t");
}

for (const version of [15, 17] as const) {
  test(`PostgreSQL ${version} comes back to what was asked for, from parts of the log in two vaults`, async () => {
    await using plan = await postgresPlan({ version });
    const { xid, time } = await writeHistory(plan);
    const { from, to: end } = await plan.keepLog('away');
    // one vault has the beginning, the other the rest
    await plan.scene.open('away').then(async (vault) => await vault[Symbol.asyncDispose]());
    fs.rmSync(path.join(plan.scene.vaultPath('away'), 'lifeboat/log'), { recursive: true });
    const middle = from + (end - from) / 2n;
    await plan.keepLog('here', { from, to: middle });
    await plan.keepLog('away', { from: middle, to: end });

    const preview = await plan.run(
      0,
      'restore',
      'shop',
      '--to',
      'p',
      '--until',
      'end',
      '--preview',
      '--json',
    );
    const told = jsonLines(preview).find(({ type }) => type === 'preview')?.['recovery'] as Record<
      string,
      unknown
    >;
    assert.deepEqual(told['log_vaults'], ['here', 'away']);
    assert.equal(fs.existsSync(plan.scene.path('p')), false);

    // where a recovery lands is tried elsewhere, with many targets
    const cases =
      version === 15
        ? ([
            ['end', '1,2,3'],
            [time, '1,2'],
          ] as const)
        : ([[`before-xid:${xid}`, '1,2']] as const);
    for (const [at, [until, rows]] of cases.entries()) {
      const to = `back-${at}`;
      const run = await plan.run(0, 'restore', 'shop', '--to', to, '--until', until, '--yes', '--json');
      const done = jsonLines(run).find(({ type }) => type === 'restore');
      const recovery = done?.['recovery'] as Record<string, unknown>;
      assert.match(String(recovery['proof']), /stopping|replayed everything/);
      assert.ok(Number((recovery['phases'] as Record<string, number>)['replay_ms']) > 0);
      const data = plan.scene.path(to, 'postgresql/data');
      const conf = fs.readFileSync(path.join(data, 'postgresql.auto.conf'), 'utf8');
      assert.match(conf, /archive_mode = 'off'/);
      assert.equal(await askIsolated(plan, data), rows, 'it can be looked at as it lies there');
      await plan.run(0, 'promote', to, '--yes');
      assert.doesNotMatch(fs.readFileSync(path.join(data, 'postgresql.auto.conf'), 'utf8'), /archive_mode/);
      assert.equal(await rowsOf(plan, to), rows, until);
    }
    const estimated = await plan.run(
      0,
      'restore',
      'shop',
      '--to',
      'p',
      '--until',
      'end',
      '--preview',
      '--json',
    );
    const again = jsonLines(estimated).find(({ type }) => type === 'preview')?.['recovery'] as Record<
      string,
      unknown
    >;
    assert.ok(Number(again['estimate_ms']) > 0);
  });
}

test('what cannot be reached is refused with the reason, and nothing is restored', async () => {
  await using plan = await postgresPlan({ version: 15 });
  const { time } = await writeHistory(plan);
  const { from, to: end } = await plan.keepLog('here', {});
  const refusals = [
    ['2020-01-01 00:00Z', /before base backup/],
    ['2040-01-01 00:00Z', /was never reached/],
    ['name:nothing', /no point is named/],
    ['xid:999999', /ended nowhere/],
    ['lsn:F/0', /was never reached/],
  ] as const;
  for (const [until, reason] of refusals) {
    const run = await plan.run(1, 'restore', 'shop', '--to', 'none', '--until', until, '--yes');
    assert.match(run.stderr, reason, until);
  }
  // a hole that no vault fills
  fs.rmSync(path.join(plan.scene.vaultPath('here'), 'lifeboat/log'), { recursive: true });
  await plan.keepLog('away', { from: from + (end - from) / 2n });
  const gap = await plan.run(1, 'restore', 'shop', '--to', 'none', '--until', time, '--yes');
  assert.match(gap.stderr, /was never reached|cannot be reached/);
  assert.equal(fs.existsSync(plan.scene.path('none')), false);
  for (const words of [
    ['--until', 'someday'],
    ['--until', 'end', '--at', '2026-01-01'],
    ['--until', 'end', '--timeline', 'x'],
    ['--timeline', '2'],
  ])
    await plan.run(2, 'restore', 'shop', '--to', 'none', '--yes', ...words);
});

test('the end of a log is not known while a vault that it goes to is away, unless another one is named', async () => {
  await using plan = await postgresPlan({ version: 15 }, { more: '    logs: { method: stream }\n' });
  await writeHistory(plan);
  await plan.keepLog('here');
  const away = plan.scene.vaultPath('away');
  fs.renameSync(away, `${away}-gone`);
  const words = ['restore', 'shop', '--to', 'p', '--until', 'end', '--preview'];
  const refused = await plan.run(1, ...words);
  assert.match(refused.stderr, /where its log ends is not known, for away cannot be read/);
  await plan.run(0, ...words, '--vault', 'here');
  fs.renameSync(`${away}-gone`, away);
  await plan.run(0, ...words);
});

test('single tables and a database come back as files, and nothing else stays', async () => {
  await using plan = await postgresPlan({ version: 15 });
  const { server, scene } = plan;
  await server.query('create schema sales; create table sales."Or ders" (id int, note text)');
  await writeHistory(plan);
  await server.query(`insert into sales."Or ders" values (7, 'a,b')`);
  await server.query('create database other');
  await server.query('create table o as select 42 as answer', 'other');
  const mistake = Number(
    await server.value('begin; drop table sales."Or ders"; select txid_current(); commit').catch(() => 0),
  );
  await plan.beat();
  await plan.keepLog('here');
  const until = mistake > 0 ? `before-xid:${mistake}` : 'name:before three';
  const words = ['restore', 'shop', '--to', 'out', '--until', until, '--yes', '--json'];
  const run = await plan.run(0, ...words, '--table', 'sales.Or ders', '--table', 't');
  const recovery = jsonLines(run).find(({ type }) => type === 'restore')?.['recovery'] as Record<
    string,
    unknown
  >;
  assert.equal((recovery['files'] as unknown[]).length, 2);
  const sql = fs.readFileSync(scene.path('out/sales.Or ders.sql'), 'utf8');
  assert.match(sql, /CREATE TABLE sales\."Or ders"/);
  if (mistake > 0) assert.match(sql, /7\ta,b/);
  await plan.run(0, 'restore', 'shop', '--to', 'out', '--until', 'end', '--yes', '--database', 'other');
  assert.ok(fs.readFileSync(scene.path('out/other.dump')).subarray(0, 5).equals(Buffer.from('PGDMP')));
  assert.deepEqual(fs.readdirSync(scene.path('out')).sort(), ['other.dump', 'sales.Or ders.sql', 't.sql']);
  const none = await plan.run(
    1,
    'restore',
    'shop',
    '--to',
    'out',
    '--until',
    'end',
    '--yes',
    '--table',
    'nothing',
  );
  assert.match(none.stderr, /no matching tables/);
  assert.equal(fs.readdirSync(scene.path('out')).length, 3);
});

test('without a pg_dump of the version a table comes back as values', async () => {
  await using plan = await postgresPlan({ version: 17 });
  await plan.server.query(`create table t as select 7 as id, 'a,b' as note`);
  await plan.run(0, 'backup');
  await plan.run(
    0,
    'restore',
    'shop',
    '--to',
    'out',
    '--until',
    'consistent',
    '--yes',
    '--table',
    'public.t',
  );
  assert.equal(fs.readFileSync(plan.scene.path('out/public.t.csv'), 'utf8'), 'id,note\n7,"a,b"\n');
});

test('a recovery that is interrupted leaves no server behind, and a copy that does not start', async () => {
  await using plan = await postgresPlan({ version: 15 });
  await writeHistory(plan);
  await plan.keepLog('here');
  const run = plan.start('restore', 'shop', '--to', 'cut', '--until', 'end', '--yes');
  run.stdin.end();
  const data = plan.scene.path('cut/postgresql/data');
  const ended = new Promise<number | null>((done) => run.once('close', (code) => done(code)));
  let pid = 0;
  while (pid === 0 && run.exitCode === null) {
    await sleep(5);
    const text = fs.existsSync(path.join(data, 'postmaster.pid'))
      ? fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8')
      : '';
    pid = Number.parseInt(text, 10) || 0;
  }
  run.kill('SIGINT');
  assert.equal(await ended, 130);
  assert.ok(pid > 0);
  assert.equal(fs.existsSync(`/proc/${pid}`), false, 'the server is gone');
  assert.equal(fs.existsSync(path.join(data, 'global/pg_control')), false);
  const again = await plan.run(2, 'restore', 'shop', '--to', 'cut', '--until', 'end', '--yes');
  assert.match(again.stderr, /would be overwritten/);
});

test('an older copy becomes the new one: what is right stays, what does not belong goes, and a server on it refuses', async () => {
  await using plan = await postgresPlan({ version: 15 });
  await plan.server.query(
    "create table big as select g, repeat('x', 500) as body from generate_series(1, 20000) g",
  );
  const { xid } = await writeHistory(plan);
  await plan.keepLog('here');
  const words = ['restore', 'shop', '--to', 'back', '--yes', '--json'];
  await plan.run(0, ...words, '--until', `before-xid:${xid}`);
  const data = plan.scene.path('back/postgresql/data');
  const owner = fs.statSync(data);
  fs.writeFileSync(path.join(data, 'base/stray'), 'not of the backup');
  await plan.run(2, ...words, '--until', 'end');
  fs.writeFileSync(path.join(data, 'postmaster.pid'), `${process.pid}\n`);
  const running = await plan.run(2, ...words, '--until', 'end', '--overwrite');
  assert.match(running.stdout, /a server runs on/);
  fs.rmSync(path.join(data, 'postmaster.pid'));
  const file = path.join(data, await plan.server.value("select pg_relation_filepath('big')"));
  const before = fs.statSync(file);
  const run = await plan.run(0, ...words, '--until', 'end', '--overwrite');
  assert.ok(Number(jsonLines(run).find(({ type }) => type === 'restore')?.['unchanged']) > 500);
  assert.equal(fs.statSync(file).ino, before.ino, 'it was not written again');
  assert.equal(fs.existsSync(path.join(data, 'base/stray')), false);
  assert.equal(fs.statSync(data).uid, owner.uid);
  await plan.run(0, 'promote', 'back', '--yes');
  assert.equal(await rowsOf(plan, 'back'), '1,2,3');
});
