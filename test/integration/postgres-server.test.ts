/** The servers that other tests stand on. */
import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { postgresVersions, startPostgres } from '../support/postgres-server.ts';

for (const version of postgresVersions) {
  describe(`PostgreSQL ${version}`, () => {
    test('starts, answers, restarts, survives a kill, and replicates', async () => {
      await using server = await startPostgres({ version, tls: true, walSegmentMb: 1 });
      assert.match(await server.value('show server_version'), new RegExp(`^${version}\\.`));
      assert.deepEqual(await server.query("select 1, null union all select 2, 'x'"), [
        ['1', '\\N'],
        ['2', 'x'],
      ]);
      assert.equal(await server.value('show data_checksums'), 'on');
      assert.equal(await server.value('show ssl'), 'on');
      await server.query('create table t (a int); insert into t values (7)');
      await server.kill();
      assert.equal(server.pid, undefined);
      await server.start();
      assert.equal(await server.value('select a from t'), '7');
      await using standby = await startPostgres({ standbyOf: server });
      assert.equal(await standby.value('select pg_is_in_recovery()'), 't');
      assert.equal(await standby.value('select a from t'), '7');
      await assert.rejects(server.query('select nothing'), /column "nothing" does not exist/);
    });
  });
}
