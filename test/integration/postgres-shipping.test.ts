/** The log of real servers in vaults: nothing that a commit returned for is lost when server and receiver are killed. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import type { LogSpan } from '../../src/log-archive/log-archive.ts';
import type { OpenLog } from '../../src/log-archive/open-log-archive.ts';
import { higher, lower } from '../../src/log-archive/positions.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { sleep } from '../../src/platform/timers.ts';
import { parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import { segmentName } from '../../src/source/postgres/wal/segment-name.ts';
import { connectPostgres } from '../../src/source/postgres/wire/connection.ts';
import { startLinkProxy } from '../support/link-proxy.ts';
import { openLog } from '../support/log-scene.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { restoreBase, takeBase } from '../support/postgres-vault.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { shipPostgres } from '../support/ship-postgres.ts';
import { until } from '../support/shipping-scene.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeVault } from '../support/vault.ts';

const segmentBytes = 1024 * 1024;
const rounds = 4;

function addressOf({ host, port, user }: Pick<PostgresServer, 'host' | 'port' | 'user'>) {
  return { host, port, user, database: 'postgres', tls: false, timeoutMs: 5000 };
}

/** Short times, so that little is waited for. */
const quick = { reconnectMsMin: 20, reconnectMsMax: 200, healthMs: 100, compactMs: 300, steadyMs: 100 };

/** Commits numbered rows until it fails; the last number whose commit returned. */
async function commitRows(
  server: PostgresServer,
  from: number,
  returned: (row: number) => void,
): Promise<void> {
  try {
    await using connection = await connectPostgres(addressOf(server), { applicationName: 'writer' });
    for (let row = from; ; row++) {
      await connection.query(`insert into rows values (${row}, repeat('x', 300))`);
      returned(row);
    }
  } catch (error) {
    assert.ok(error instanceof Error);
  }
}

/** What the archive holds, as segment files that a restore_command can copy. */
async function exportSegments(log: OpenLog, folder: string): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  for (const { branch, spans } of await log.coverage()) {
    const history = await log.history(branch);
    if (history !== undefined) fs.writeFileSync(path.join(folder, `${branch}.history`), history);
    for (const span of spans) await exportSpan(log, span, folder);
  }
}

async function exportSpan(log: OpenLog, { branch, start, end }: LogSpan, folder: string): Promise<void> {
  const step = BigInt(segmentBytes);
  for (let at = start - (start % step); at < end; at += step) {
    const [from, to] = [higher(at, start), lower(at + step, end)];
    const segment = Buffer.alloc(segmentBytes);
    const bytes = Buffer.concat(await Array.fromAsync(log.read({ branch, start: from, end: to })));
    bytes.copy(segment, Number(from - at));
    fs.writeFileSync(path.join(folder, segmentName(Number.parseInt(branch, 16), at, segmentBytes)), segment);
  }
}

/** The highest row in a server that is made from the base backup and one vault alone. */
async function recoveredRow(base: string, log: OpenLog, folder: string): Promise<number> {
  const segments = path.join(folder, 'segments');
  const data = path.join(folder, 'data');
  await exportSegments(log, segments);
  fs.cpSync(base, data, { recursive: true, preserveTimestamps: true });
  const settings = [
    `restore_command = 'cp ${segments}/%f %p'`,
    "recovery_target_timeline = 'latest'",
    "synchronous_standby_names = ''",
    '',
  ];
  fs.appendFileSync(path.join(data, 'postgresql.auto.conf'), settings.join('\n'));
  fs.writeFileSync(path.join(data, 'recovery.signal'), '');
  fs.chmodSync(folder, 0o755);
  await using server = await startPostgres({ data });
  await until('it is recovered', async () => (await server.value('select pg_is_in_recovery()')) === 'f');
  return Number(await server.value('select coalesce(max(id), 0) from rows'));
}

test('server and receiver are killed again and again: no commit that returned is missing in any vault', async () => {
  const random = seededRandom(51);
  using folder = temporaryFolder();
  await using server = await startPostgres({ walSegmentMb: 1, settings: { max_wal_senders: 5 } });
  await server.query('create table rows (id int primary key, filler text)');
  const logs = ['one', 'two'].map((name) => openLog(openLocalStore(path.join(folder.path, name))));
  let base = '';
  let last = 0;
  for (let round = 0; round < rounds; round++) {
    await using shipping = shipPostgres(server, logs, { mode: { kind: 'sync' }, timing: quick });
    const isProtected = () =>
      shipping.status()?.isProtected === true && shipping.status()?.state === 'streaming';
    await until('commits wait', isProtected);
    if (base === '') {
      await using vault = await makeVault(openMemoryStore());
      base = await restoreBase(vault, (await takeBase(vault, server)).id, path.join(server.folder, 'base'));
    }
    const writing = commitRows(server, last + 1, (row) => {
      last = row;
    });
    await sleep(200 + random.below(400));
    if (round % 2 === 0) await server.kill();
    else await shipping[Symbol.asyncDispose]();
    if (round % 2 === 1) await server.kill();
    await writing;
    assert.ok(
      !shipping.events.some(({ kind }) => kind === 'gap' || kind === 'conflict' || kind === 'diverged'),
    );
    if (round < rounds - 1) await server.start();
    // a row whose commit did not return may be there all the same
    if (round < rounds - 1)
      last = Math.max(last, Number(await server.value('select coalesce(max(id), 0) from rows')));
  }
  assert.ok(last > 50, `${last} rows`);
  for (const [i, log] of logs.entries()) {
    assert.deepEqual((await log.check({ reads: () => true })).findings, []);
    const found = await recoveredRow(base, log, path.join(server.folder, `restored-${i}`));
    assert.ok(found >= last, `vault ${i}: row ${found} of ${last}`);
  }
});

test('what the vault holds is what the server wrote, with its marks, over a promotion', async () => {
  using folder = temporaryFolder();
  await using primary = await startPostgres({ walSegmentMb: 1, settings: { wal_keep_size: '64MB' } });
  await primary.query('create table rows (id int primary key, filler text)');
  const log = openLog(openLocalStore(path.join(folder.path, 'vault')));
  {
    await using shipping = shipPostgres(primary, [log], { timing: quick });
    await primary.query("insert into rows select g, repeat('x', 500) from generate_series(1, 6000) g");
    await primary.query("select pg_create_restore_point('before it all')");
    const end = parseLsn(await primary.value('select pg_current_wal_flush_lsn()')) ?? 0n;
    await until('it has all', () => (shipping.status()?.acknowledged ?? 0n) >= end);
    const lane = shipping.status()?.vaults[0];
    assert.ok(lane?.provenUntilMs !== undefined && Date.now() - lane.provenUntilMs < 5000);
    await compareWithFiles(log, primary, '00000001', end);
    const pieces = await Array.fromAsync(log.pieces({ branch: '00000001', start: 0n, end }));
    assert.ok(pieces.some(({ marks }) => marks.names.some(({ name }) => name === 'before it all')));
    assert.ok(pieces.some(({ marks }) => marks.heartbeat !== undefined));
    assert.ok(pieces.reduce((sum, { marks }) => sum + marks.commits, 0) > 3);
  }
  await using standby = await startPostgres({ standbyOf: primary, walSegmentMb: 1 });
  await primary.query('insert into rows values (100000, null)');
  await until(
    'it has it',
    async () => (await standby.value('select count(*) from rows where id = 100000')) === '1',
  );
  await primary.stop();
  await standby.query('select pg_promote()');
  await standby.query('insert into rows values (100001, null)');
  await using shipping = shipPostgres(standby, [log], { timing: quick });
  const end = parseLsn(await standby.value('select pg_current_wal_flush_lsn()')) ?? 0n;
  await until('it is on the new branch', () => shipping.status()?.branch === '00000002');
  await until('it has all', () => (shipping.status()?.acknowledged ?? 0n) >= end);
  assert.match(String(await log.history('00000002')), /^1\t/);
  await compareWithFiles(log, standby, '00000002', end);
  assert.ok(!shipping.events.some(({ kind }) => kind === 'diverged' || kind === 'conflict'));
});

async function compareWithFiles(
  log: OpenLog,
  server: PostgresServer,
  branch: string,
  end: bigint,
): Promise<void> {
  const spans = (await log.coverage()).find((coverage) => coverage.branch === branch)?.spans ?? [];
  assert.equal(spans.length, 1, 'without a gap');
  let at = spans[0]?.start ?? 0n;
  assert.equal(at % BigInt(segmentBytes), 0n, 'from the beginning of a segment');
  for await (const bytes of log.read({ branch, start: at, end }))
    for (let offset = 0; offset < bytes.length; ) {
      const inSegment = Number(at % BigInt(segmentBytes));
      const length = Math.min(bytes.length - offset, segmentBytes - inSegment);
      const name = segmentName(Number.parseInt(branch, 16), at, segmentBytes);
      const file = fs.readFileSync(path.join(server.data, 'pg_wal', name));
      assert.ok(
        bytes.subarray(offset, offset + length).equals(file.subarray(inSegment, inSegment + length)),
        name,
      );
      offset += length;
      at += BigInt(length);
    }
}

test('a slot that somebody dropped is made again, and the log goes on without a gap', async () => {
  await using server = await startPostgres({ settings: { wal_keep_size: '64MB' } });
  const log = openLog(openMemoryStore());
  await using shipping = shipPostgres(server, [log], { timing: quick });
  await until('it streams', () => shipping.events.some(({ kind }) => kind === 'streaming'));
  await server.query(`do $$ begin
    for i in 1..500 loop
      begin
        perform pg_drop_replication_slot('lifeboat_slot');
        return;
      exception when others then
        perform pg_terminate_backend(active_pid) from pg_replication_slots where active;
        perform pg_sleep(0.01);
      end;
    end loop;
  end $$`);
  await server.query('create table after (a int)');
  const end = parseLsn(await server.value('select pg_current_wal_flush_lsn()')) ?? 0n;
  await until('all of it is there', async () => ((await log.coverage())[0]?.spans.at(-1)?.end ?? 0n) >= end);
  assert.deepEqual((await log.coverage())[0]?.gaps, []);
});

test('a name that leads to another cluster gives us nothing of it, and does nothing to it', async () => {
  await using ours = await startPostgres();
  await using other = await startPostgres();
  // far ahead of ours: what it has at our place would pass for what comes next
  await other.query('create table filler as select generate_series(1, 50000) as a');
  let target = ours;
  await using link = await startLinkProxy(() => target.port);
  const { host, user } = ours;
  const cluster = await ours.value('select system_identifier from pg_control_system()');
  const log = openLog(openMemoryStore());
  await using shipping = shipPostgres({ host, user, port: link.port }, [log], {
    timing: quick,
    expectedSystemId: cluster,
  });
  await until('it streams', () => shipping.status()?.vaults[0]?.provenUntilMs !== undefined);
  target = other;
  link.cut();
  link.mend();
  await until('it is refused', () => shipping.status()?.state === 'broken');
  assert.match(shipping.status()?.problem?.message ?? '', /another cluster/);
  const before = shipping.status()?.vaults[0]?.provenUntilMs;
  const end = parseLsn(await ours.value('select pg_current_wal_flush_lsn()')) ?? 0n;
  await sleep(500);
  assert.equal(shipping.status()?.vaults[0]?.provenUntilMs, before, 'no heartbeat of another cluster counts');
  assert.ok(((await log.coverage())[0]?.spans.at(-1)?.end ?? 0n) <= end);
  assert.equal(await other.value('select count(*) from pg_replication_slots'), '0');
  target = ours;
  await until('it goes on', () => (shipping.status()?.vaults[0]?.provenUntilMs ?? 0) > (before ?? 0));
});
