import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type PostgresServer,
  postgresVersions,
  startPostgres,
} from '../../../../test/support/postgres-server.ts';
import { seededRandom } from '../../../../test/support/seeded-random.ts';
import { createMarkReader, encodeHeartbeat, marksOf } from './log-marks.ts';
import { formatLsn, parseLsn } from './lsn.ts';
import { parseSegmentName } from './segment-name.ts';
import { createWalReader, type WalReaderOptions } from './wal-reader.ts';
import type { WalBody, WalRecord } from './wal-record.ts';

const segmentBytes = 1024 * 1024;
const seed = 20_261_122;
const settings = {
  wal_level: 'replica',
  max_prepared_transactions: 4,
  autovacuum: 'off',
  wal_keep_size: '256MB',
};

for (const version of postgresVersions) {
  describe(`the log of PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    let wal: Wal;
    before(async () => {
      server = await startPostgres({ version, walSegmentMb: 1, settings });
      wal = await writeHistory(server);
    });
    after(async () => await server[Symbol.asyncDispose]());
    const scene = (): Scene => ({ server, wal });
    testRecords(scene);
    testPieces(scene);
    testBlindStart(scene);
    testMarks(scene);
    if (version === 15) testAgainstWaldump(scene);
  });
}

interface Scene {
  readonly server: PostgresServer;
  readonly wal: Wal;
}

function testRecords(scene: () => Scene): void {
  test('is read to where the server stands, every checksum right', async () => {
    const { server, wal } = scene();
    const { records, reader } = readAll(wal, [wal.bytes]);
    assert.equal(formatLsn(reader.end), await server.value('select pg_current_wal_insert_lsn()'));
    assert.equal(reader.ending?.kind, 'empty');
    assert.equal(reader.page?.version, server.version);
    assert.equal(
      reader.page?.systemId,
      await server.value('select system_identifier from pg_control_system()'),
    );
    assert.ok(records.length > 2000, `${records.length} records`);
  });

  test('tells of transactions, messages and named points', async () => {
    const { wal } = scene();
    const bodies = readAll(wal, [wal.bytes]).records.map((record) => record.body);
    const commits = bodies.flatMap((body) => (body.kind === 'commit' ? [body] : []));
    const nested = commits.find((body) => body.xid === wal.facts.nestedXid);
    assert.equal(nested?.subtransactions.length, 3);
    assert.ok(Math.abs((nested?.atUs ?? 0) / 1000 - wal.facts.nestedAtMs) < 1000);
    assert.ok(
      commits.some((body) => body.xid === wal.facts.preparedXid),
      'the prepared one is there by its own xid',
    );
    assert.ok(bodies.some((body) => body.kind === 'prepare' && body.xid === wal.facts.preparedXid));
    assert.ok(bodies.some((body) => body.kind === 'abort' && body.xid === wal.facts.abortedXid));
    assert.deepEqual(
      bodies.flatMap((body) => (body.kind === 'restore-point' ? [body.name] : [])),
      ['before the release'],
    );
    assert.deepEqual(messages(bodies), [
      ['lifeboat', encodeHeartbeat({ at: 1_790_000_000_000, system: 'orders' }), false],
      ['other', 'x'.repeat(65_536 - 5 - 24 - 6), true],
    ]);
    assert.ok(bodies.some((body) => body.kind === 'checkpoint' && !body.isShutdown && body.timeline === 1));
    assert.ok(
      bodies.some((body) => body.kind === 'parameters' && body.settings.max_prepared_transactions === 4),
    );
  });
}

function testPieces(scene: () => Scene): void {
  test('is the same in pieces of any size, and from any page on', () => {
    const { wal } = scene();
    const random = seededRandom(seed);
    const whole = readAll(wal, [wal.bytes]).records;
    for (const most of [7, 100, 8192, 200_000]) {
      const pieces = cut(
        wal.bytes.subarray(0, most < 100 ? segmentBytes : wal.bytes.length),
        () => 1 + random.below(most),
      );
      const read = readAll(wal, pieces).records;
      assert.deepEqual(read, whole.slice(0, read.length), `seed ${seed}, pieces up to ${most}`);
      assert.ok(most < 100 || read.length === whole.length);
    }
    for (let round = 0; round < 40; round++) {
      const from = random.below(Math.floor(wal.bytes.length / 8192)) * 8192;
      const read = readAll(wal, [wal.bytes.subarray(from)], from).records;
      assert.deepEqual(
        read.at(0) ?? whole.at(-1),
        whole.find(({ start }) => start === read[0]?.start) ?? whole.at(-1),
      );
      assert.deepEqual(read, whole.slice(whole.length - read.length), `seed ${seed}, from ${from}`);
    }
  });

  test('ends at the first record with a changed byte, and never tells of it', () => {
    const { wal } = scene();
    const random = seededRandom(seed + 1);
    const whole = readAll(wal, [wal.bytes]).records;
    for (let round = 0; round < 60; round++) {
      const victim = random.pick(whole.slice(0, -1));
      const damaged = Buffer.from(wal.bytes);
      const at = Number(victim.start - wal.start) + random.below(Math.min(victim.bytes, 24 + 40));
      damaged[at] = (damaged[at] ?? 0) ^ (1 << random.below(8));
      const { records, reader } = readAll(wal, [damaged]);
      // The two bytes of padding in a record's header are in its checksum, too.
      assert.ok(
        reader.ending !== undefined && reader.ending.at <= victim.end,
        `seed ${seed + 1}, byte ${at}`,
      );
      assert.deepEqual(records, whole.slice(0, records.length));
      assert.ok(records.every((record) => record.end <= victim.start));
    }
  });
}

function testBlindStart(scene: () => Scene): void {
  test('begun anywhere, it finds its way, also where a segment was left early', () => {
    const { wal } = scene();
    const whole = readAll(wal, [wal.bytes]).records;
    const switches = whole.filter(({ body }) => body.kind === 'switch');
    assert.ok(switches.length > 0);
    const last = whole.at(-1);
    for (const from of [8, 5000, ...switches.map(({ start }) => Number(start - wal.start))]) {
      const read = readAll(wal, [wal.bytes.subarray(from)], from).records;
      assert.deepEqual(read.at(-1), last, `from ${from}`);
      assert.deepEqual(read, whole.slice(whole.length - read.length));
    }
  });
}

function testMarks(scene: () => Scene): void {
  test('marks say when, piece by piece or at once', () => {
    const { wal } = scene();
    const options = { start: wal.start, segmentBytes };
    const all = marksOf(wal.bytes, options);
    assert.equal(all.heartbeat?.writtenAtMs, 1_790_000_000_000);
    assert.deepEqual(
      all.names.map(({ name }) => name),
      ['before the release'],
    );
    assert.ok(Math.abs((all.lastCommitAtMs ?? 0) - wal.facts.lastAtMs) < 1000);
    const reader = createMarkReader(options);
    const parts = cut(wal.bytes, () => 12_345).map((piece) => reader.take(piece));
    assert.equal(
      parts.reduce((sum, { commits }) => sum + commits, 0),
      all.commits,
    );
    assert.equal(parts.filter(({ heartbeat }) => heartbeat !== undefined).length, 1);
  });
}

function testAgainstWaldump(scene: () => Scene): void {
  test('has the records that pg_waldump lists', async () => {
    const { server, wal } = scene();
    const listed = await waldump(server, wal);
    const read = readAll(wal, [wal.bytes]).records;
    assert.deepEqual(
      read.map(
        ({ start, previous, bytes, xid }) => `${formatLsn(start)} ${formatLsn(previous)} ${bytes} ${xid}`,
      ),
      listed.map(({ lsn, prev, bytes, xid }) => `${lsn} ${prev} ${bytes} ${xid}`),
    );
    const times = read.flatMap(({ body }) =>
      body.kind === 'commit' || body.kind === 'abort' ? [body.atUs] : [],
    );
    assert.deepEqual(
      times,
      listed.flatMap(({ atUs }) => (atUs === undefined ? [] : [atUs])),
    );
  });
}

interface Wal {
  readonly start: bigint;
  readonly bytes: Buffer;
  readonly facts: Readonly<
    Record<'nestedXid' | 'nestedAtMs' | 'preparedXid' | 'abortedXid' | 'lastAtMs', number>
  >;
}

async function writeHistory(server: PostgresServer): Promise<Wal> {
  const number = async (sql: string): Promise<number> => Number(await server.value(sql));
  await server.query('create table t (id int primary key, body text); create table gone (id int)');
  const nestedXid = await number(`begin;
    insert into t values (1, 'a'); savepoint a; insert into t values (2, 'b'); savepoint b;
    insert into t values (3, 'c'); savepoint c; insert into t values (4, 'd');
    create temp table x as select txid_current() as id; commit; select id from x`);
  const nestedAtMs = Date.now();
  await server.query('insert into t select n, repeat(md5(n::text), 40) from generate_series(10, 4000) n');
  const preparedXid = await number(`begin; drop table gone; insert into t values (5, 'e');
    select txid_current(); prepare transaction 'two'`);
  await server.query("insert into t values (6, 'f'); commit prepared 'two'");
  const abortedXid = await number("begin; insert into t values (7, 'g'); select txid_current(); rollback");
  const beat = encodeHeartbeat({ at: 1_790_000_000_000, system: 'orders' });
  await server.query(`select pg_logical_emit_message(false, 'lifeboat', '${beat}')`);
  await server.query(
    "select pg_create_restore_point('before the release'); checkpoint; select pg_switch_wal()",
  );
  await server.query("select pg_logical_emit_message(true, 'other', repeat('x', 100000))");
  await server.query(
    "update t set body = 'z' where id % 7 = 0; select pg_switch_wal(); insert into t values (8, 'h')",
  );
  const lastAtMs = Date.now();
  await server.query('checkpoint');
  return {
    ...(await readSegments(server)),
    facts: { nestedXid, nestedAtMs, preparedXid, abortedXid, lastAtMs },
  };
}

/** All segments that the server wrote, up to and with the one that it writes now. */
async function readSegments(server: PostgresServer): Promise<{ start: bigint; bytes: Buffer }> {
  const folder = path.join(server.data, 'pg_wal');
  const now = parseLsn(await server.value('select pg_current_wal_insert_lsn()')) ?? 0n;
  const segments = fs
    .readdirSync(folder)
    .flatMap((name) => {
      const segment = parseSegmentName(name, segmentBytes);
      return segment === undefined || segment.start > now ? [] : [{ name, start: segment.start }];
    })
    .sort((a, b) => Number(a.start - b.start));
  const bytes = Buffer.concat(segments.map(({ name }) => fs.readFileSync(path.join(folder, name))));
  return { start: segments[0]?.start ?? 0n, bytes };
}

function readAll(wal: Wal, pieces: readonly Uint8Array[], from = 0) {
  const records: WalRecord[] = [];
  const options: WalReaderOptions = {
    start: wal.start + BigInt(from),
    segmentBytes,
    tellsAll: true,
    onRecord: (record) => records.push(record),
  };
  const reader = createWalReader(options);
  for (const piece of pieces) reader.feed(piece);
  return { records, reader };
}

function cut(bytes: Buffer, size: () => number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + size();
    // A copy, so that pieces lie at all alignments of memory.
    pieces.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return pieces;
}

function messages(bodies: readonly WalBody[]): readonly (readonly [string, string, boolean])[] {
  return bodies.flatMap((body) =>
    body.kind === 'message'
      ? [[body.prefix, Buffer.from(body.content).toString(), body.isTransactional] as const]
      : [],
  );
}

async function waldump(server: PostgresServer, wal: Wal) {
  const run = await server.run(
    'pg_waldump',
    ...['-p', path.join(server.data, 'pg_wal'), '-s', formatLsn(wal.start)],
    ...['-e', await server.value('select pg_current_wal_insert_lsn()')],
  );
  return run.stdout
    .split('\n')
    .filter((line) => line.startsWith('rmgr:'))
    .map((line) => {
      const match = /\/ *(\d+), tx: +(\d+), lsn: ([0-9A-F/]+), prev ([0-9A-F/]+), desc: (.*)/.exec(line);
      const [, bytes = '', xid = '', lsn = '', prev = '', what = ''] = match ?? [];
      const time = /^(?:COMMIT|ABORT)(?:_PREPARED)? .*?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{6}) UTC/.exec(
        what,
      );
      const atUs = time === null ? undefined : Date.parse(`${time[1]}T${time[2]}Z`) * 1000 + Number(time[3]);
      return { bytes, xid, lsn: shortLsn(lsn), prev: shortLsn(prev), atUs };
    });
}

/** pg_waldump pads the lower half with zeros. */
function shortLsn(text: string): string {
  return formatLsn(parseLsn(text) ?? -1n);
}
