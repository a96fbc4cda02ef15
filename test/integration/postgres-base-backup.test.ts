/** Base backups of real servers into a repository and back: files that stock tools accept, and servers that start from them. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { nowMs } from '../../src/platform/clock.ts';
import type { Repository, SavedSnapshot, Snapshot } from '../../src/repository/repository-types.ts';
import type {
  BaseFiles,
  PostgresSourceOptions,
} from '../../src/source/postgres/base-backup/base-settings.ts';
import { createPostgresSource } from '../../src/source/postgres/base-backup/postgres-source.ts';
import {
  encodeBackupManifest,
  parseBackupManifest,
} from '../../src/source/postgres/files/backup-manifest.ts';
import { parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import type { CaptureResult } from '../../src/source/source.ts';
import { type PostgresServer, postgresVersions, startPostgres } from '../support/postgres-server.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { makeVault, restoreTo } from '../support/vault.ts';

function optionsFor(
  server: PostgresServer,
  more: Partial<PostgresSourceOptions> = {},
): PostgresSourceOptions {
  const address = { host: server.host, port: server.port, database: 'postgres', user: server.user };
  return {
    address: { ...address, tls: true, timeoutMs: 10_000 },
    ...{ label: "it's a test", checkpoint: 'fast', countTables: [], queries: {}, nowMs },
    ...{ workFolder: path.join(server.folder, 'work'), ...more },
  };
}

interface Taken {
  readonly saved: SavedSnapshot;
  readonly result: CaptureResult;
}

async function take(vault: Repository, options: PostgresSourceOptions, base?: Snapshot): Promise<Taken> {
  await using capture = await createPostgresSource(options).capture();
  const saved = await vault.write((writer) =>
    writer.saveSnapshot({
      ...{ events: capture.events, time: new Date().toISOString(), paths: ['/postgresql'] },
      ...{ hostname: 'test-host', username: 'tester', uid: 0, gid: 0 },
      ...(base === undefined ? {} : { base }),
    }),
  );
  return { saved, result: await capture.result() };
}

/** The folder that holds `data`, `tablespaces`, `config`. */
async function bringBack(vault: Repository, { saved }: Taken, into: TemporaryFolder): Promise<string> {
  await restoreTo(vault, saved.snapshot, into.path);
  return path.join(into.path, 'postgresql');
}

function baseOf(folder: string): BaseFiles {
  return {
    manifest: fs.readFileSync(path.join(folder, 'data', 'backup_manifest')),
    controlFile: fs.readFileSync(path.join(folder, 'data', 'global', 'pg_control')),
  };
}

/** By Debian's own program, which knows the first version of the manifest. Gives what it complains about. */
async function verifiedBy(server: PostgresServer, data: string): Promise<string> {
  const { systemId: _, ...manifest } = parseBackupManifest(
    fs.readFileSync(path.join(data, 'backup_manifest')),
  );
  const file = path.join(server.folder, 'manifest-of-version-1');
  fs.writeFileSync(file, encodeBackupManifest({ ...manifest, version: 1 }));
  fs.chmodSync(file, 0o644);
  fs.chmodSync(path.join(data, '..', '..'), 0o755);
  fs.chmodSync(path.join(data, '..'), 0o755);
  const { uid, gid } = server.runsAs ?? { uid: 0, gid: 0 };
  if (uid !== 0)
    for (const name of fs.readdirSync(data, { recursive: true }))
      fs.chownSync(path.join(data, String(name)), uid, gid);
  if (uid !== 0) fs.chownSync(data, uid, gid);
  const run = await server.run('pg_verifybackup', '-n', '-m', file, data);
  return run.exitCode === 0 ? '' : run.stderr;
}

const fill = `create table orders as select g as id, repeat(md5(g::text), 8) as note from generate_series(1, 20000) g;
  create table quiet as select g as id from generate_series(1, 1000) g`;

for (const version of postgresVersions) {
  test(`PostgreSQL ${version}: what comes back passes pg_verifybackup, and a server starts from it with every row`, async () => {
    await using server = await startPostgres({ version, walSegmentMb: 1 });
    await server.query(fill);
    const tablespace = path.join(server.folder, 'a tablespace');
    fs.mkdirSync(tablespace);
    if (server.runsAs !== undefined) fs.chownSync(tablespace, server.runsAs.uid, server.runsAs.gid);
    await server.query(`create tablespace elsewhere location '${tablespace}'`);
    await server.query('create table far tablespace elsewhere as select * from orders');
    await using vault = await makeVault(openMemoryStore());
    const before = nowMs();
    const taken = await take(
      vault,
      optionsFor(server, { countTables: ['orders'], queries: { far: 'select count(*) from far' } }),
    );
    const { result } = taken;
    assert.deepEqual(result.problems, []);
    assert.equal(result.values['rows:orders'], 20_000);
    assert.equal(result.values['database'], 'postgres');
    assert.equal(result.values['superuser'], 'postgres');
    assert.equal(result.values['query:far'], '20000');
    assert.ok(result.capturedAtMs >= before && result.capturedAtMs <= nowMs());
    assert.ok(result.end.kind === 'postgres' && result.end.hasLog);
    assert.equal(
      result.end.systemId,
      await server.value('select system_identifier from pg_control_system()'),
    );
    assert.ok((parseLsn(result.end.at) ?? 0n) > (parseLsn(result.end.base) ?? 0n));
    using into = temporaryFolder();
    const folder = await bringBack(vault, taken, into);
    const data = path.join(folder, 'data');
    const oid = await server.value("select oid from pg_tablespace where spcname = 'elsewhere'");
    assert.equal(fs.readFileSync(path.join(data, 'tablespace_map'), 'utf8'), `${oid} ${tablespace}\n`);
    const moved = path.join(folder, 'tablespaces', oid);
    fs.writeFileSync(path.join(data, 'tablespace_map'), `${oid} ${moved}\n`);
    fs.symlinkSync(moved, path.join(data, 'pg_tblspc', oid));
    if (server.runsAs !== undefined) await chownAll(server, into.path);
    const complaints = await verifiedBy(server, data);
    assert.doesNotMatch(
      complaints.replace(/.*"tablespace_map".*\n/, ''),
      /error: (?!backup verification)/,
      complaints,
    );
    await server.stop();
    await using restored = await startPostgres({ version, data });
    assert.equal(await restored.value('select count(*) from orders'), '20000');
    assert.equal(await restored.value('select count(*) from far'), '20000');
  });
}

async function chownAll(server: PostgresServer, folder: string): Promise<void> {
  const { uid = 0, gid = 0 } = server.runsAs ?? {};
  fs.chmodSync(folder, 0o755);
  for (const name of ['', ...fs.readdirSync(folder, { recursive: true })])
    fs.lchownSync(path.join(folder, String(name)), uid, gid);
}

for (const version of [17, 18] as const) {
  test(`PostgreSQL ${version}: an increment is a whole in the repository, and costs what changed`, async () => {
    await using server = await startPostgres({
      version,
      walSegmentMb: 1,
      settings: { summarize_wal: true, autovacuum: false },
    });
    await server.query(`${fill}; create table dropped as select * from quiet; vacuum`);
    await using vault = await makeVault(openMemoryStore());
    const full = await take(vault, optionsFor(server));
    using first = temporaryFolder();
    const base = baseOf(await bringBack(vault, full, first));
    await server.query(
      "update orders set note = 'changed' where id = 7; drop table dropped; create table added as select 1 as a",
    );
    await server.query('delete from orders where id > 15000; vacuum orders');
    const notes: string[] = [];
    const options = optionsFor(server, { base, onNote: (note) => notes.push(note), countTables: ['orders'] });
    const part = await take(vault, options, full.saved.snapshot);
    assert.deepEqual(notes, []);
    assert.equal(part.result.values['read'], 'what changed');
    using second = temporaryFolder();
    const folder = await bringBack(vault, part, second);
    const data = path.join(folder, 'data');
    const names = fs.readdirSync(data, { recursive: true }).map(String);
    assert.deepEqual(
      names.filter((name) => name.includes('INCREMENTAL')),
      [],
    );
    assert.doesNotMatch(fs.readFileSync(path.join(data, 'backup_label'), 'utf8'), /INCREMENTAL/);
    if (server.runsAs !== undefined) await chownAll(server, second.path);
    assert.equal(await verifiedBy(server, data), '');
    // the next increment stands on this one
    await server.query('update quiet set id = 8 where id = 7');
    const again = await take(vault, { ...options, base: baseOf(folder) }, part.saved.snapshot);
    assert.equal(again.result.values['read'], 'what changed', notes.join());
    using third = temporaryFolder();
    const last = path.join(await bringBack(vault, again, third), 'data');
    if (server.runsAs !== undefined) await chownAll(server, third.path);
    assert.equal(await verifiedBy(server, last), '');
    await server.stop();
    await using restored = await startPostgres({ version, data: last });
    assert.equal(
      await restored.value("select count(*) || ' ' || count(*) filter (where note = 'changed') from orders"),
      '15000 1',
    );
    assert.equal(await restored.value('select count(*) from quiet where id = 8'), '2');
    assert.equal(await restored.value("select count(*) from pg_class where relname = 'dropped'"), '0');
    // PostgreSQL's own look at whether a map says more than is true, and at every index and table
    await restored.query('create extension pg_visibility; create extension amcheck');
    const tables = "from pg_class where relkind in ('r', 'm', 't')";
    assert.equal(
      await restored.value(`select count(*) ${tables.replace('where', ', pg_check_visible(oid) where')}`),
      '0',
    );
    assert.equal(
      await restored.value(`select count(*) ${tables.replace('where', ', verify_heapam(oid) where')}`),
      '0',
    );
    await restored.query(
      "select bt_index_check(c.oid, true) from pg_class c join pg_am a on a.oid = relam where amname = 'btree' and relkind = 'i'",
    );
  });
}

test('what makes an increment impossible is said, and everything is read', async () => {
  await using server = await startPostgres({ version: 17, settings: { summarize_wal: true } });
  await using other = await startPostgres({ version: 17 });
  await using vault = await makeVault(openMemoryStore());
  const full = await take(vault, optionsFor(server));
  using into = temporaryFolder();
  const base = baseOf(await bringBack(vault, full, into));
  const noteOf = async (options: PostgresSourceOptions) => {
    const notes: string[] = [];
    const taken = await take(vault, { ...options, onNote: (note) => notes.push(note) }, full.saved.snapshot);
    assert.equal(taken.result.values['read'], 'everything');
    return notes.join();
  };
  assert.match(await noteOf(optionsFor(other, { base })), /another cluster/);
  const cut = { ...base, manifest: base.manifest.subarray(0, 1000) };
  assert.match(await noteOf(optionsFor(server, { base: cut })), /manifest cannot be used/);
  server.configure({ summarize_wal: 'off' });
  await server.reload();
  assert.match(await noteOf(optionsFor(server, { base })), /summarize_wal = on/);
});

test('from a standby, with a rate limit, and with the wrong cluster refused', async () => {
  await using primary = await startPostgres({ walSegmentMb: 1 });
  await primary.query(fill);
  await using standby = await startPostgres({ standbyOf: primary });
  await using vault = await makeVault(openMemoryStore());
  const options = optionsFor(standby, { isStandby: true, countTables: ['orders'], maxRate: 20e6 });
  assert.deepEqual(
    (await createPostgresSource(options).preflight()).filter(({ severity }) => severity === 'error'),
    [],
  );
  const startMs = nowMs();
  const taken = await take(vault, options);
  assert.ok(nowMs() - startMs > 800, 'at 20 MB a second it takes longer than that');
  const { capturedAtMs } = taken.result;
  assert.ok(capturedAtMs > startMs - 60_000 && capturedAtMs < startMs, 'as old as what was replayed last');
  assert.equal(taken.result.values['rows:orders'], 20_000);
  using into = temporaryFolder();
  const data = path.join(await bringBack(vault, taken, into), 'data');
  assert.match(fs.readFileSync(path.join(data, 'backup_label'), 'utf8'), /BACKUP FROM: standby/);
  const wrong = { ...options, expectedSystemId: '1234' };
  await assert.rejects(take(vault, wrong), { code: 'SOURCE_INVALID' });
  const findings = await createPostgresSource(wrong).preflight();
  assert.match(findings.find(({ severity }) => severity === 'error')?.message ?? '', /not 1234/);
});

test('configuration outside of the data directory comes along where it may be read', async () => {
  await using server = await startPostgres();
  const outside = path.join(server.folder, 'etc');
  fs.mkdirSync(path.join(outside, 'conf.d'), { recursive: true });
  fs.writeFileSync(path.join(outside, 'conf.d', 'memory.conf'), "work_mem = '5MB'\n");
  fs.writeFileSync(path.join(outside, 'hba.conf'), fs.readFileSync(path.join(server.data, 'pg_hba.conf')));
  if (server.runsAs !== undefined) await chownAll(server, outside);
  fs.appendFileSync(
    path.join(server.data, 'postgresql.conf'),
    `include_dir '${outside}/conf.d'\nhba_file = '${outside}/hba.conf'\n`,
  );
  await server.restart();
  await server.query('create role modest replication login');
  await using vault = await makeVault(openMemoryStore());
  using into = temporaryFolder();
  const folder = await bringBack(vault, await take(vault, optionsFor(server)), into);
  const found = fs.readdirSync(path.join(folder, 'config')).map(String);
  assert.deepEqual(found.sort(), ['hba.conf', 'memory.conf']);
  const notes: string[] = [];
  const options = optionsFor(server, { onNote: (note) => notes.push(note) });
  await take(vault, { ...options, address: { ...options.address, user: 'modest' } });
  assert.match(notes.join(), /configuration outside of the data directory cannot be read/);
});

test('damaged pages are problems of the backup, and the rest of it is there', async () => {
  await using server = await startPostgres();
  await server.query(`${fill}; checkpoint`);
  const file = path.join(server.data, await server.value("select pg_relation_filepath('quiet')"));
  await server.stop();
  const handle = fs.openSync(file, 'r+');
  fs.writeSync(handle, Buffer.from('damage'), 0, 6, 8192 + 4000);
  fs.closeSync(handle);
  await server.start();
  await using vault = await makeVault(openMemoryStore());
  const { result, saved } = await take(vault, optionsFor(server));
  assert.ok(
    result.problems.some(({ reason }) => /checksum verification failed.*block 1/.test(reason)),
    JSON.stringify(result.problems),
  );
  assert.ok(saved.seen.files > 900);
});

test('a server that dies, and bytes that change on the way, leave no point', async () => {
  await using server = await startPostgres();
  await server.query(fill);
  await using vault = await makeVault(openMemoryStore());
  const slow = take(vault, optionsFor(server, { maxRate: 3e6 }));
  const failed = assert.rejects(slow, { code: 'SOURCE_UNREACHABLE', retryable: true });
  while (
    (await server.value(
      'select count(*) from pg_stat_progress_basebackup where backup_streamed > 3000000',
    )) === '0'
  );
  await server.kill();
  await failed;
  await server.start();
  const [from, to] = ['# PostgreSQL configuration file', '# PostgreSQL configuratiom file'].map((text) =>
    Buffer.from(text),
  );
  assert.ok(from !== undefined && to !== undefined);
  await using changed = await changing(server.port, from, to);
  const options = optionsFor(server);
  const address = { ...options.address, port: changed.port };
  await assert.rejects(take(vault, { ...options, address }), (error: unknown) => {
    assert.ok(error instanceof LifeboatError);
    assert.match(error.message, /has other content/);
    return error.code === 'SOURCE_DAMAGED';
  });
  assert.deepEqual(await vault.snapshots(), []);
});

/** Stands between and replaces bytes, of the same length, on their way from the server. */
async function changing(
  port: number,
  from: Buffer,
  to: Buffer,
): Promise<AsyncDisposable & { readonly port: number }> {
  const relay = net.createServer((socket) => {
    const onward = net.connect(port, '127.0.0.1').on('error', () => undefined);
    socket.on('error', () => undefined).pipe(onward);
    onward.on('data', (bytes: Buffer) => {
      const at = bytes.indexOf(from);
      if (at !== -1) to.copy(bytes, at);
      socket.write(bytes);
    });
    onward.on('close', () => socket.destroy());
  });
  await new Promise<void>((done) => relay.listen(0, '127.0.0.1', done));
  const address = relay.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { port: address.port, [Symbol.asyncDispose]: async () => void relay.close() };
}
