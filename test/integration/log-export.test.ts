/** The way without us: files exported from a log archive, which a stock server replays with `restore_command = cp`. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { hasCode } from '../../src/error/lifeboat-error.ts';
import type { OpenLog } from '../../src/log-archive/open-log-archive.ts';
import { openLogArchive } from '../../src/log-archive/open-log-archive.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { createSealedObjects } from '../../src/repository/sealed-objects.ts';
import { newMasterKey } from '../../src/seal/key-file.ts';
import { exportSegments } from '../../src/source/postgres/wal/export-segments.ts';
import { findWalFile } from '../../src/source/postgres/wal/find-wal-file.ts';
import { segmentName } from '../../src/source/postgres/wal/segment-name.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { until } from '../support/shipping-scene.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { fillFromFiles, fillFromServer, systemIdOf } from '../support/wal-archive.ts';

const segmentBytes = 1024 * 1024;

function openLog(incarnation: string, store: ObjectStore = openMemoryStore()): OpenLog {
  const seal = createSealedObjects({ store, key: newMasterKey(), version: 2 });
  return openLogArchive({ store, seal, system: 'shop', incarnation, nowMs: () => 1_700_000_000_000 });
}

for (const version of [15, 17] as const) {
  test(`a stock server ${version} replays exported files to the last commit, over a promotion`, async () => {
    using folder = temporaryFolder();
    await using server = await startPostgres({
      ...{ version, walSegmentMb: 1 },
      settings: { wal_keep_size: '64MB', full_page_writes: 'on' },
    });
    await server.query('create table rows (id int primary key, filler text)');
    await server.stop();
    const base = path.join(server.folder, 'base');
    fs.cpSync(server.data, base, { recursive: true, preserveTimestamps: true });
    await server.start();
    await server.query("insert into rows select g, repeat('x', 400) from generate_series(1, 5000) g");
    await using standby = await startPostgres({ version, standbyOf: server, walSegmentMb: 1 });
    await server.query('insert into rows values (5001, null)');
    await until(
      'the standby has it',
      async () => (await standby.value('select count(*) from rows')) === '5001',
    );
    const log = openLog(await systemIdOf(server), openLocalStore(path.join(folder.path, 'vault')));
    await server.stop();
    await server.start();
    await fillFromServer(server, { timeline: 1, log, segmentBytes });
    await server.stop();
    await standby.query('select pg_promote()');
    await until('it is promoted', async () => (await standby.value('select pg_is_in_recovery()')) === 'f');
    await standby.query('insert into rows values (5002, null)');
    await fillFromServer(standby, { timeline: 2, log, segmentBytes });

    const segments = path.join(server.folder, 'segments');
    const report = await exportSegments({ log, folder: segments });
    assert.deepEqual([report.damage, report.lacks, report.kept], [[], [], []]);
    assert.equal(report.segmentBytes, segmentBytes);
    assert.deepEqual(report.histories, ['00000002.history']);
    assert.ok(report.written.length > 3);
    for (const name of report.written.filter((each) => each.startsWith('00000001') && !each.includes('.')))
      assert.ok(
        fs
          .readFileSync(path.join(segments, name))
          .equals(fs.readFileSync(path.join(server.data, 'pg_wal', name))),
        name,
      );
    await standby.stop();
    fs.chmodSync(segments, 0o755);
    for (const name of fs.readdirSync(segments)) fs.chmodSync(path.join(segments, name), 0o644);
    fs.appendFileSync(
      path.join(base, 'postgresql.auto.conf'),
      `restore_command = 'cp ${segments}/%f %p || cp ${segments}/%f.partial %p'\nrecovery_target_timeline = 'latest'\n`,
    );
    fs.writeFileSync(path.join(base, 'recovery.signal'), '');
    await using restored = await startPostgres({ version, data: base });
    await until(
      'it is open',
      async () => (await restored.value('select pg_is_in_recovery()')) === 'f',
      60_000,
    );
    assert.equal(await restored.value('select max(id) from rows'), '5002');
    assert.equal(await restored.value('select count(*) from rows'), '5002');
  });
}

test('an export goes on where it ended, keeps what is there, and replaces nothing that is other', async () => {
  using folder = temporaryFolder();
  await using server = await startPostgres({ walSegmentMb: 1, settings: { wal_keep_size: '64MB' } });
  await server.query('create table rows (id int, filler text)');
  await server.query("insert into rows select g, repeat('x', 400) from generate_series(1, 4000) g");
  const log = openLog(await systemIdOf(server));
  const end = await fillFromServer(server, { timeline: 1, log, segmentBytes });
  const out = path.join(folder.path, 'out');
  const first = await exportSegments({ log, folder: out });
  const [partial] = first.partial;
  assert.ok(partial);
  assert.ok(fs.existsSync(path.join(out, `${partial}.partial`)));
  assert.equal(fs.statSync(path.join(out, `${partial}.partial`)).size, segmentBytes);

  const again = await exportSegments({ log, folder: out });
  assert.deepEqual([again.written, again.kept], [[], first.written]);

  // what a kill left, and a file that is lost
  const [some] = first.written;
  assert.ok(some);
  fs.rmSync(path.join(out, some));
  fs.writeFileSync(path.join(out, `${some}.work`), 'half');
  assert.deepEqual((await exportSegments({ log, folder: out })).written, [some]);
  assert.deepEqual(
    fs.readdirSync(out).filter((name) => name.endsWith('.work')),
    [],
  );

  // the log grew: the partial file becomes a whole one
  await server.query("insert into rows select g, repeat('y', 400) from generate_series(1, 4000) g");
  const grown = openLog(await systemIdOf(server));
  assert.ok((await fillFromServer(server, { timeline: 1, log: grown, segmentBytes })) > end);
  await exportSegments({ log: grown, folder: out });
  assert.ok(fs.existsSync(path.join(out, partial)));
  assert.ok(!fs.existsSync(path.join(out, `${partial}.partial`)));

  const flipped = fs.readFileSync(path.join(out, some));
  flipped[70_000] = (flipped[70_000] ?? 0) ^ 1;
  fs.writeFileSync(path.join(out, some), flipped);
  fs.rmSync(path.join(out, partial));
  await assert.rejects(exportSegments({ log: grown, folder: out }), (error) =>
    hasCode(error, 'RESTORE_REFUSED'),
  );
  assert.ok(!fs.existsSync(path.join(out, partial)), 'nothing was written');
});

test('an export of a part of the log, of damaged log, and of none', async () => {
  using folder = temporaryFolder();
  await using server = await startPostgres({ walSegmentMb: 1, settings: { wal_keep_size: '64MB' } });
  await server.query('create table rows (id int, filler text)');
  await server.query("insert into rows select g, repeat('x', 400) from generate_series(1, 6000) g");
  const systemId = await systemIdOf(server);
  const log = openLog(systemId);
  const end = await fillFromServer(server, { timeline: 1, log, segmentBytes });
  const start = end - (end % BigInt(segmentBytes)) - BigInt(segmentBytes);
  const part = await exportSegments({ log, folder: path.join(folder.path, 'a'), from: start });
  assert.equal(part.written.length, 2);
  const until = await exportSegments({
    log,
    folder: path.join(folder.path, 'b'),
    from: start,
    until: start + 1n,
  });
  assert.equal(until.written.length, 1);
  assert.deepEqual(until.partial, []);

  await assert.rejects(exportSegments({ log, folder: path.join(folder.path, 'c'), timeline: 7 }), (error) =>
    hasCode(error, 'LOG_GAP'),
  );
  await assert.rejects(
    exportSegments({ log: openLog(systemId), folder: path.join(folder.path, 'd') }),
    (error) => hasCode(error, 'LOG_GAP'),
  );

  const damaged = openLog(systemId);
  const copy = path.join(folder.path, 'pg_wal');
  fs.cpSync(path.join(server.data, 'pg_wal'), copy, { recursive: true });
  const [name] = part.written;
  assert.ok(name);
  const bytes = fs.readFileSync(path.join(copy, name));
  bytes[500_000] = (bytes[500_000] ?? 0) ^ 1;
  fs.writeFileSync(path.join(copy, name), bytes);
  await fillFromFiles(copy, { timeline: 1, end, log: damaged, segmentBytes });
  const report = await exportSegments({ log: damaged, folder: path.join(folder.path, 'e') });
  assert.equal(report.damage.length, 1);
  assert.match(report.damage[0] ?? '', new RegExp(name));
});

test('a file that is asked for: whole, the last one, one behind the end, and one in a hole', async () => {
  using folder = temporaryFolder();
  await using server = await startPostgres({ walSegmentMb: 1, settings: { wal_keep_size: '64MB' } });
  await server.query('create table rows (id int, filler text)');
  await server.query("insert into rows select g, repeat('x', 400) from generate_series(1, 8000) g");
  const systemId = await systemIdOf(server);
  const log = openLog(systemId);
  const end = await fillFromServer(server, { timeline: 1, log, segmentBytes });
  const last = segmentName(1, end, segmentBytes);
  const [first = '', second = ''] = fs
    .readdirSync(path.join(server.data, 'pg_wal'))
    .filter((name) => /^[0-9A-F]{24}$/.test(name))
    .sort();
  const contentOf = async (name: string): Promise<Buffer | undefined> => {
    const found = await findWalFile(log, name);
    if (found.kind === 'absent') return undefined;
    const bytes = Buffer.concat(await Array.fromAsync(found.bytes));
    return Buffer.concat([bytes, Buffer.alloc(found.size - bytes.length)]);
  };
  const fileOf = (name: string): Buffer => fs.readFileSync(path.join(server.data, 'pg_wal', name));
  assert.ok((await contentOf(second))?.equals(fileOf(second)));
  const tail = await contentOf(last);
  const written = Number(end % BigInt(segmentBytes));
  assert.equal(tail?.length, segmentBytes);
  assert.ok(tail?.subarray(0, written).equals(fileOf(last).subarray(0, written)));
  assert.ok(tail?.subarray(written).every((byte) => byte === 0));
  assert.equal(await contentOf(segmentName(1, end + BigInt(segmentBytes), segmentBytes)), undefined);
  assert.equal(await contentOf('00000002.history'), undefined);
  assert.equal(await contentOf('00000002' + last.slice(8)), undefined);

  const holed = openLog(systemId);
  const copy = path.join(folder.path, 'pg_wal');
  fs.cpSync(path.join(server.data, 'pg_wal'), copy, { recursive: true });
  for (const name of fs.readdirSync(copy))
    if (name > second) fs.rmSync(path.join(copy, name), { recursive: true });
  fs.rmSync(path.join(copy, second));
  await fillFromFiles(copy, { timeline: 1, end, log: holed, segmentBytes });
  assert.equal((await findWalFile(holed, second)).kind, 'absent', 'the log ends before it');
  fs.cpSync(path.join(server.data, 'pg_wal'), copy, { recursive: true });
  for (const name of [first, second]) fs.rmSync(path.join(copy, name));
  await fillFromFiles(copy, { timeline: 1, end, log: holed, segmentBytes });
  await assert.rejects(findWalFile(holed, second), (error) => hasCode(error, 'LOG_GAP'));
  assert.equal((await findWalFile(holed, first)).kind, 'file');
});
