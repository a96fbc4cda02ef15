/** A database comes back as it was asked for, from what lies in several vaults, or not at all. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
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

/** The rows of the copy, by a server that is started on it as it lies there. */
async function rowsOf(plan: PostgresPlan, to: string): Promise<string> {
  const data = path.join(plan.scene.folder, to, 'postgresql/data');
  await using server = await startPostgres({ version: plan.server.version, data });
  return await server.value("select string_agg(id::text, ',' order by id) from t");
}

for (const version of [15, 17] as const) {
  test(`PostgreSQL ${version} comes back to a time, a transaction, a name and the end, from parts of the log in two vaults`, async () => {
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

    const cases = [
      ['end', '1,2,3'],
      [time, '1,2'],
      [`before-xid:${xid}`, '1,2'],
      [`xid:${xid}`, '1,2,3'],
      ['name:before three', '1,2'],
    ] as const;
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
