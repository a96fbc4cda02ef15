/** The way back without Lifeboat: stock restic restores the base backup, a stock server replays the exported log. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { initVault } from '../../src/vault/open-vault.ts';
import { cliEnds, jsonLines, lastLine, password } from '../e2e/cli-process.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { until } from '../support/shipping-scene.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { fillFromServer, systemIdOf } from '../support/wal-archive.ts';

const segmentBytes = 1024 * 1024;

for (const version of [15, 17] as const) {
  test(`restic and cp bring a server ${version} back to its last commit`, async () => {
    using folder = temporaryFolder();
    await using server = await startPostgres({
      ...{ version, walSegmentMb: 1 },
      settings: { wal_keep_size: '64MB' },
    });
    await server.query('create table rows (id int, filler text)');
    await server.query("insert into rows select g, repeat('x', 400) from generate_series(1, 2000) g");
    const vaultFolder = join(folder.path, 'vault');
    await using vault = await initVault({
      store: openLocalStore(vaultFolder),
      ...{ password, role: 'primary' as const, kdf: { N: 1024, r: 8, p: 1 }, nowMs: Date.now },
      stateFolder: join(folder.path, 'state'),
      cacheDirectory: join(folder.path, 'cache', 'lifeboat'),
    });
    fs.writeFileSync(
      join(folder.path, 'lifeboat.yaml'),
      `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d66, name: Shop, owner: ann }
vaults: { here: { location: ${vaultFolder} } }
systems:
  shop:
    owner: ann
    source: { kind: postgres, connection: { host: 127.0.0.1, port: ${server.port}, database: postgres, user: postgres, tls: false } }
    logs: { max_lag: 1 h }
`,
    );
    const options = { folder: folder.path };
    await cliEnds(0, options, 'backup', 'shop');
    await server.query("insert into rows select g, repeat('y', 400) from generate_series(2001, 4000) g");
    await server.query('insert into rows values (4001, null)');
    const log = vault.log({ system: 'shop', incarnation: await systemIdOf(server) });
    await fillFromServer(server, { timeline: 1, log, segmentBytes });

    const status = jsonLines(await cliEnds(7, options, 'log', 'status', '--json'));
    const held = status.find(({ type }) => type === 'log');
    assert.equal(held?.['state'], 'ok', JSON.stringify(held));
    assert.ok(
      Date.parse(String(held?.['recoverable_from'])) <= Date.parse(String(held?.['recoverable_until'])),
    );

    const wal = join(server.folder, 'wal');
    const exported = lastLine(await cliEnds(0, options, 'log', 'export', 'shop', '--to', wal, '--json'));
    assert.equal(JSON.stringify(exported['lacks']), '[]');
    fs.chmodSync(wal, 0o755);
    for (const name of fs.readdirSync(wal)) fs.chmodSync(join(wal, name), 0o644);
    const back = join(server.folder, 'back');
    await resticMustSucceed({ repository: vaultFolder, password }, 'restore', 'latest', '--target', back);
    for (const each of [back, join(back, 'postgresql')]) fs.chmodSync(each, 0o755);
    const data = join(back, 'postgresql', 'data');
    fs.appendFileSync(
      join(data, 'postgresql.auto.conf'),
      `restore_command = 'cp ${wal}/%f %p || cp ${wal}/%f.partial %p'\n`,
    );
    fs.writeFileSync(join(data, 'recovery.signal'), '');
    await using restored = await startPostgres({ version, data });
    await until(
      'it is open',
      async () => (await restored.value('select pg_is_in_recovery()')) === 'f',
      60_000,
    );
    assert.equal(await restored.value("select count(*) || ' ' || max(id) from rows"), '4001 4001');
  });
}
