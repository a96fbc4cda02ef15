/** What a verification sees of a restored capture: a server that starts from it and answers, or why none does. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { nowMs } from '../../src/platform/clock.ts';
import { createPostgresSource } from '../../src/source/postgres/base-backup/postgres-source.ts';
import { openRestoredCluster } from '../../src/source/postgres/server/open-restored.ts';
import type { OpenedCluster } from '../../src/source/postgres/server/opened-cluster.ts';
import type { CaptureResult } from '../../src/source/source.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { makeVault, restoreTo } from '../support/vault.ts';

async function restored(server: PostgresServer, into: TemporaryFolder): Promise<CaptureResult> {
  const address = { host: server.host, port: server.port, database: 'postgres', user: server.user };
  const source = createPostgresSource({
    address: { ...address, tls: true, timeoutMs: 10_000 },
    ...{ label: 'test', checkpoint: 'fast', countTables: [], queries: {}, nowMs },
    workFolder: path.join(server.folder, 'work'),
  });
  await using vault = await makeVault(openMemoryStore());
  await using capture = await source.capture();
  const saved = await vault.write((writer) =>
    writer.saveSnapshot({
      ...{ events: capture.events, time: new Date().toISOString(), paths: ['/postgresql'] },
      ...{ hostname: 'test-host', username: 'tester', uid: 0, gid: 0 },
    }),
  );
  await restoreTo(vault, saved.snapshot, into.path);
  return await capture.result();
}

/** In a sandbox of ours, which the server's user may be let into. */
async function open(folder: string, { end }: CaptureResult): Promise<OpenedCluster> {
  const workFolder = path.join(path.dirname(folder), 'work');
  fs.mkdirSync(workFolder, { recursive: true });
  return await openRestoredCluster({
    folder,
    workFolder,
    position: end,
    capturedAtMs: 0,
    database: 'postgres',
  });
}

/** Servers that start meanwhile say what one says whose process the kernel killed. */
function killedForMemory({ programs }: PostgresServer, folder: string): Disposable {
  fs.cpSync(programs, folder, {
    recursive: true,
    dereference: true,
    filter: (from) => !from.endsWith('/postgres'),
  });
  const said = 'LOG:  startup process (PID 7) was terminated by signal 9: Killed';
  const script = `#!/bin/sh\ncase "$1" in --version) exec ${programs}/postgres --version ;; esac\necho '${said}'\nexit 1\n`;
  fs.writeFileSync(path.join(folder, 'postgres'), script, { mode: 0o755 });
  process.env['LIFEBOAT_POSTGRES_BIN'] = folder;
  return { [Symbol.dispose]: () => delete process.env['LIFEBOAT_POSTGRES_BIN'] };
}

test('a server starts from what was restored and answers; broken pages and a missing file are told apart', async () => {
  await using server = await startPostgres({ version: 15, walSegmentMb: 1 });
  await server.query('create table t as select g from generate_series(1, 5000) g');
  const relation = await server.value("select pg_relation_filepath('t')");
  using outer = temporaryFolder();
  fs.chmodSync(outer.path, 0o755);
  const sandbox = path.join(outer.path, '.lifeboat-sandbox-test');
  fs.mkdirSync(sandbox, { mode: 0o700 });
  const result = await restored(server, { ...outer, path: sandbox, [Symbol.dispose]: () => undefined });
  const folder = path.join(sandbox, 'postgresql');
  const damaged = path.join(sandbox, 'damaged');
  const killed = path.join(sandbox, 'killed');
  for (const copy of [damaged, killed]) fs.cpSync(folder, copy, { recursive: true });
  {
    await using cluster = await open(folder, result);
    assert.equal(cluster.opened.kind, 'passed');
    assert.ok(cluster.openMs > 0);
    assert.deepEqual(await cluster.value('select count(*) from t'), { kind: 'passed', value: 5000 });
    assert.equal((await cluster.integrity()).kind, 'passed');
  }
  {
    using _short = killedForMemory(server, path.join(outer.path, 'programs'));
    await using cluster = await open(killed, result);
    assert.equal(cluster.opened.kind, 'inconclusive', JSON.stringify(cluster.opened));
  }
  const file = path.join(damaged, 'data', relation);
  const bytes = fs.readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
  fs.writeFileSync(file, bytes);
  {
    await using cluster = await open(damaged, result);
    assert.equal((await cluster.integrity()).kind, 'failed');
  }
  fs.rmSync(path.join(folder, 'data', 'global', 'pg_control'));
  await using none = await open(folder, result);
  assert.equal(none.opened.kind, 'failed');
  assert.equal((await none.value('select 1')).kind, 'inconclusive');
});

test('a point that does not say where it stands, and a version that is not here, are no server', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path, workFolder: folder.path, capturedAtMs: 0, database: 'postgres' };
  await using unknown = await openRestoredCluster({ ...options, position: { kind: 'none' } });
  assert.equal(unknown.opened.kind, 'failed');
  const position = {
    kind: 'postgres' as const,
    ...{ systemId: '1', timeline: 1, base: '0/2000028', at: '0/2000100' },
    ...{ serverVersion: '13.5', segmentBytes: 1024 * 1024, hasLog: true },
  };
  await using missing = await openRestoredCluster({ ...options, position });
  assert.equal(missing.opened.kind, 'inconclusive');
  assert.match(missing.opened.kind === 'inconclusive' ? missing.opened.reason : '', /postgresql-13/);
});
