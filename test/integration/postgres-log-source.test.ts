/** The log of real servers: byte for byte, over restarts, slow consumers and promotions; who waits, and what is refused. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { monotonicMs, nowMs } from '../../src/platform/clock.ts';
import { sleep } from '../../src/platform/timers.ts';
import type { LogEvent, LogPosition, LogSource } from '../../src/source/log-source.ts';
import { createPostgresLogSource } from '../../src/source/postgres/replication/postgres-log-source.ts';
import { formatLsn, parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import { segmentName, segmentStart } from '../../src/source/postgres/wal/segment-name.ts';
import { type PostgresServer, postgresVersions, startPostgres } from '../support/postgres-server.ts';

const applicationName = 'lifeboat_test';
const slot = 'lifeboat_slot';

function logOf(server: PostgresServer, user = server.user): LogSource {
  return createPostgresLogSource(logOptions(server, user));
}

function logOptions({ host, port }: PostgresServer, user: string) {
  return {
    address: { host, port, database: 'postgres', user, tls: true, timeoutMs: 5000 },
    ...{ slot, applicationName, system: 'shop', nowMs, monotonicMs },
  };
}

/** Bytes of one branch from `start` until at least `end`, which are acknowledged. */
async function read(log: LogSource, start: bigint, end: bigint, branch = '00000001'): Promise<Buffer> {
  await using stream = await log.stream({ branch, at: start });
  const pieces: Uint8Array[] = [];
  let at = start;
  for await (const event of stream.events) {
    if (event.kind === 'branch-end') break;
    if (event.kind === 'bytes') {
      assert.equal(event.start, at);
      pieces.push(event.bytes);
      at += BigInt(event.bytes.length);
      stream.acknowledge(at);
    }
    if (at >= end) break;
  }
  return Buffer.concat(pieces);
}

function onDisk(server: PostgresServer, start: bigint, length: number, timeline = 1): Buffer {
  const segmentBytes = 1024 * 1024;
  const pieces: Buffer[] = [];
  for (
    let at = start;
    at < start + BigInt(length);
    at = segmentStart(at, segmentBytes) + BigInt(segmentBytes)
  ) {
    const file = path.join(server.data, 'pg_wal', segmentName(timeline, at, segmentBytes));
    pieces.push(fs.readFileSync(file).subarray(Number(at - segmentStart(at, segmentBytes))));
  }
  return Buffer.concat(pieces).subarray(0, length);
}

const write =
  'create table if not exists t (a text); insert into t select repeat(md5(g::text), 20) from generate_series(1, 5000) g';

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 500; look += 1) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error('it never came to be');
}

for (const version of postgresVersions) {
  test(`PostgreSQL ${version}: the stream is the server's own files, from the middle of a segment as well`, async () => {
    await using server = await startPostgres({
      version,
      walSegmentMb: 1,
      settings: { wal_keep_size: '64MB' },
    });
    const log = logOf(server);
    const held = await log.hold();
    assert.equal(held.isNew, true);
    assert.ok(held.heldFrom !== undefined);
    assert.deepEqual(await log.hold(), { ...held, isNew: false });
    await server.query(write);
    const identity = await log.identify();
    assert.equal(
      identity.incarnation,
      await server.value('select system_identifier from pg_control_system()'),
    );
    assert.equal(identity.branch, '00000001');
    assert.equal(identity.segmentBytes, 1024 * 1024);
    assert.match(identity.server, new RegExp(`^PostgreSQL ${version}\\.\\d+$`));
    assert.equal(await log.history('00000001'), undefined);
    const end = identity.flushed;
    assert.ok(end > held.heldFrom + 2n * 1024n * 1024n, 'over several segments');
    for (const start of [held.heldFrom, held.heldFrom + 1_234_567n]) {
      const bytes = await read(log, start, end);
      assert.ok(start + BigInt(bytes.length) >= end);
      assert.ok(bytes.equals(onDisk(server, start, bytes.length)), `from ${formatLsn(start)}`);
    }
    await until(async () => ((await log.health()).heldFrom ?? 0n) >= end);
    const health = await log.health();
    assert.equal(health.hold, 'reserved');
    assert.deepEqual(health.findings, []);
    await assert.rejects(read(log, identity.flushed + 10n ** 9n, end), { code: 'SOURCE_INVALID' });
  });

  test(`PostgreSQL ${version}: only what is acknowledged may be deleted, and a heartbeat ends where it says`, async () => {
    await using server = await startPostgres({ version, walSegmentMb: 1 });
    const log = logOf(server);
    const { heldFrom = 0n } = await log.hold();
    await using stream = await log.stream({ branch: '00000001', at: heldFrom });
    const before = nowMs();
    const beat = await log.beat();
    assert.ok(Math.abs(beat.writtenAtMs - before) < 5000);
    let received = heldFrom;
    const content: Uint8Array[] = [];
    for await (const event of stream.events) {
      if (event.kind !== 'bytes') continue;
      received += BigInt(event.bytes.length);
      content.push(event.bytes);
      if (received >= beat.end) break;
    }
    const text = Buffer.concat(content)
      .subarray(0, Number(beat.end - heldFrom))
      .toString('latin1');
    assert.ok(text.trimEnd().includes(`{"at":${beat.writtenAtMs},"system":"shop"}`));
    assert.ok(text.lastIndexOf('"shop"}') > text.length - 24, 'the record ends with it');
    const positions = `select flush_lsn, write_lsn from pg_stat_replication where application_name = '${applicationName}'`;
    await sleep(300);
    assert.equal((await log.health()).heldFrom, heldFrom);
    assert.deepEqual(await server.query(positions), [['\\N', '\\N']]);
    stream.acknowledge(beat.end);
    await until(async () => (await server.query(positions))[0]?.[0] === formatLsn(beat.end));
    assert.throws(() => stream.acknowledge(received + 1n), RangeError);
  });
}

test('a consumer that pauses for longer than wal_sender_timeout keeps its stream, and so does an idle server', async () => {
  await using server = await startPostgres({ settings: { wal_sender_timeout: '2s' } });
  const log = logOf(server);
  const { heldFrom = 0n } = await log.hold();
  const connections =
    "select count(*), min(pid) from pg_stat_replication where state = 'streaming' or state = 'catchup'";
  await using stream = await log.stream({ branch: '00000001', at: heldFrom });
  const events = stream.events[Symbol.asyncIterator]();
  const take = async (): Promise<LogEvent> => {
    const { value, done } = await events.next();
    assert.ok(done !== true);
    return value;
  };
  await take();
  const before = await server.query(connections);
  await server.query(write.replace('5000', '60000'));
  await sleep(3000);
  const end = (await log.identify()).flushed;
  let at = 0n;
  while (at < end) {
    const event = await take();
    if (event.kind === 'bytes') at = event.start + BigInt(event.bytes.length);
  }
  assert.deepEqual(await server.query(connections), before, 'the same connection');
  const startMs = monotonicMs();
  let signs = 0;
  while (monotonicMs() - startMs < 3000) if ((await take()).kind === 'alive') signs += 1;
  assert.ok(signs >= 2, 'signs of life on an idle server');
  assert.deepEqual(await server.query(connections), before, 'still the same connection');
});

test('a stream ends with an error when the server stops or dies, and goes on where it ended', async () => {
  await using server = await startPostgres({ walSegmentMb: 1, settings: { wal_keep_size: '64MB' } });
  const log = logOf(server);
  const { heldFrom = 0n } = await log.hold();
  let at = heldFrom;
  const pieces: Uint8Array[] = [];
  const drain = async () => {
    await using stream = await log.stream({ branch: '00000001', at });
    for await (const event of stream.events) {
      if (event.kind !== 'bytes') continue;
      pieces.push(event.bytes);
      at += BigInt(event.bytes.length);
      stream.acknowledge(at);
    }
  };
  for (const end of ['stop', 'kill'] as const) {
    const drained = assert.rejects(drain(), { code: 'SOURCE_UNREACHABLE', retryable: true });
    await server.query(write);
    await sleep(100);
    await server[end]();
    await drained;
    await server.start();
  }
  const { flushed } = await log.identify();
  pieces.push(await read(log, at, flushed));
  const all = Buffer.concat(pieces);
  assert.ok(all.equals(onDisk(server, heldFrom, all.length)));
});

test('a signal ends a stream, and a second receiver is told that the slot is taken', async () => {
  await using server = await startPostgres();
  const log = logOf(server);
  const { heldFrom = 0n } = await log.hold();
  const stopping = new AbortController();
  await using stream = await log.stream({ branch: '00000001', at: heldFrom }, stopping.signal);
  const second = log.stream({ branch: '00000001', at: heldFrom });
  await assert.rejects(second, { code: 'SOURCE_LOCKED', retryable: true });
  const ended = assert.rejects(async () => {
    for await (const event of stream.events) if (event.kind === 'branch-end') break;
  }, /enough/);
  await sleep(100);
  stopping.abort(new Error('enough'));
  await ended;
});

test('where nobody waits, small pieces come together, and all of them come', async () => {
  await using server = await startPostgres({ walSegmentMb: 1, settings: { wal_sender_timeout: '1s' } });
  const log = logOf(server);
  const { heldFrom = 0n } = await log.hold();
  await server.query('create table small (a int)');
  await using stream = await log.stream({ branch: '00000001', at: heldFrom }, undefined, 100);
  const writer = (async () => {
    for (let row = 0; row < 150; row += 1) await server.query(`insert into small values (${row})`);
    return parseLsn(await server.value('select pg_current_wal_flush_lsn()')) ?? 0n;
  })();
  let last: bigint | undefined;
  void writer.then((end) => {
    last = end;
  });
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const breaks: number[] = [];
  let beforeMs = monotonicMs();
  for await (const event of stream.events) {
    breaks.push(monotonicMs() - beforeMs);
    beforeMs = monotonicMs();
    if (event.kind !== 'bytes') continue;
    pieces.push(event.bytes);
    bytes += event.bytes.length;
    if (last !== undefined && heldFrom + BigInt(bytes) >= last) break;
  }
  await writer;
  assert.ok(Buffer.concat(pieces).equals(onDisk(server, heldFrom, bytes)));
  assert.ok(
    breaks.some((ms) => ms >= 80),
    `breaks of at most ${Math.max(...breaks)} ms`,
  );
});

type BranchEnd = Extract<LogEvent, { kind: 'branch-end' }>;

/** To the end of the branch, or to `last` in the one of that name. */
async function readBranch(log: LogSource, start: LogPosition, lastBranch: string, last: bigint) {
  await using stream = await log.stream(start);
  const pieces: Uint8Array[] = [];
  let at = start.at;
  let end: BranchEnd | undefined;
  for await (const event of stream.events) {
    if (event.kind === 'bytes') {
      pieces.push(event.bytes);
      at += BigInt(event.bytes.length);
    }
    if (event.kind === 'branch-end') {
      assert.equal(event.at, at);
      end = event;
    }
    if (start.branch === lastBranch && at >= last) break;
  }
  return { bytes: Buffer.concat(pieces), end };
}

test('two promotions: each branch ends where the next begins, and its history says so', async () => {
  await using first = await startPostgres({ walSegmentMb: 1 });
  await first.query(write);
  await using server = await startPostgres({ standbyOf: first, settings: { wal_keep_size: '64MB' } });
  const log = logOf(server);
  const { heldFrom = 0n } = await log.hold();
  const promote = async () => {
    await server.query('select pg_promote()');
    await until(async () => (await server.value('select pg_is_in_recovery()')) === 'f');
    await server.query(write);
  };
  await promote();
  await first.stop();
  // A second life of the same files: stopped, made a standby of nobody, promoted again.
  await server.stop();
  fs.writeFileSync(path.join(server.data, 'standby.signal'), '');
  await server.start();
  await promote();
  const ends: BranchEnd[] = [];
  let position = { branch: '00000001', at: heldFrom };
  const pieces: Uint8Array[] = [];
  const { flushed, branch } = await log.identify();
  assert.equal(branch, '00000003');
  while (position.branch !== branch || position.at < flushed) {
    const read = await readBranch(log, position, branch, flushed);
    pieces.push(read.bytes);
    if (read.end === undefined) break;
    ends.push(read.end);
    position = { branch: read.end.next, at: read.end.at };
  }
  assert.deepEqual(
    ends.map(({ next }) => next),
    ['00000002', '00000003'],
  );
  const all = Buffer.concat(pieces);
  const tail = 100_000;
  assert.ok(onDisk(server, heldFrom + BigInt(all.length - tail), tail, 3).equals(all.subarray(-tail)));
  const history = Buffer.from((await log.history('00000003')) ?? '').toString();
  const [one, two] = ends.map(({ at }) => formatLsn(at));
  assert.match(history, new RegExp(`^1\\t${one}\\t.*\\n+2\\t${two}\\t`));
  assert.equal(history, fs.readFileSync(path.join(server.data, 'pg_wal', '00000003.history'), 'utf8'));
  await assert.rejects(log.history('00000009'), { code: 'LOG_GONE' });
  // Asked for the very end, there is no stream but the answer.
  await using stream = await log.stream({ branch: '00000001', at: parseLsn(one ?? '') ?? 0n });
  for await (const event of stream.events) assert.deepEqual(event, ends[0]);
});

test('log that the server deleted is said to be gone, and a lost slot is made anew', async () => {
  const settings = { max_slot_wal_keep_size: '2MB', min_wal_size: '2MB', max_wal_size: '4MB' };
  await using server = await startPostgres({ walSegmentMb: 1, settings });
  const log = logOf(server);
  const { heldFrom = 0n } = await log.hold();
  for (let round = 0; round < 3; round += 1)
    await server.query(`${write}; select pg_switch_wal(); checkpoint`);
  const health = await log.health();
  assert.equal(health.hold, 'lost');
  assert.match(health.findings[0]?.hint ?? '', /pg_drop_replication_slot\('lifeboat_slot'\)/);
  const anew = await log.hold();
  assert.equal(anew.isNew, true);
  assert.ok((anew.heldFrom ?? 0n) > heldFrom);
  await assert.rejects(read(log, heldFrom, heldFrom + 1n), { code: 'LOG_GONE' });
});

test('commits wait for us when asked to, and no longer when not', async () => {
  await using server = await startPostgres();
  const log = logOf(server);
  const { heldFrom = 0n } = await log.hold();
  await log.setWaiting(true);
  assert.equal(await server.value('show synchronous_standby_names'), 'ANY 1 ("lifeboat_test")');
  const waiting = server.query('create table w (a int)');
  await until(async () => (await log.health()).waitingSessions === 1);
  assert.equal((await log.health()).isWaiting, true);
  // A heartbeat waits for nobody.
  const beat = await log.beat();
  await using stream = await log.stream({ branch: '00000001', at: heldFrom });
  for await (const event of stream.events) {
    const end = event.kind === 'bytes' ? event.start + BigInt(event.bytes.length) : 0n;
    if (end === 0n) continue;
    stream.acknowledge(end);
    if (end >= beat.end) break;
  }
  await waiting;
  const again = server.query('create table x (a int)');
  await until(async () => (await log.health()).waitingSessions === 1);
  await log.setWaiting(false);
  await again;
  assert.equal((await log.health()).isWaiting, false);
  assert.equal(await server.value('show synchronous_standby_names'), '');
});

test('another cluster than the one that is expected is refused, and the hint names it', async () => {
  await using server = await startPostgres();
  const source = (expectedSystemId: string) =>
    createPostgresLogSource({ ...logOptions(server, server.user), expectedSystemId });
  const { incarnation } = await logOf(server).identify();
  assert.equal((await source(incarnation).identify()).incarnation, incarnation);
  await assert.rejects(source('7310987654321098765').identify(), {
    code: 'SOURCE_INVALID',
    hint: new RegExp(`cluster: "${incarnation}"`),
  });
});

test('where synchronous_commit lets commits go, nobody waits, whatever the names say', async () => {
  await using server = await startPostgres();
  const log = logOf(server);
  await log.hold();
  await server.query('create role hasty login');
  await server.query('alter role hasty set synchronous_commit = off');
  await log.setWaiting(true);
  const named = await log.health();
  assert.equal(named.isWaiting, true);
  assert.match(named.findings[0]?.message ?? '', /^commits of role hasty do not wait/);
  // without a wait of its own: nobody receives the log here
  const hasty = (words: string) => server.query(`set synchronous_commit = local; alter role hasty ${words}`);
  for (const value of ['OFF', 'Local', 'false', 'no', '0']) {
    await hasty(`set synchronous_commit = '${value}'`);
    assert.equal((await log.health()).findings.length, 1, value);
  }
  for (const value of ['remote_write', 'TRUE', '1']) {
    await hasty(`set synchronous_commit = '${value}'`);
    assert.deepEqual((await log.health()).findings, [], value);
  }
  await hasty('reset synchronous_commit');
  await server.query("alter system set synchronous_commit = 'local'");
  await server.reload();
  await until(async () => !(await log.health()).isWaiting);
  await assert.rejects(log.setWaiting(true), {
    code: 'SOURCE_INVALID',
    message: /synchronous_commit is local/,
  });
  await server.query('alter system reset synchronous_commit');
  await server.reload();
  await until(async () => (await log.health()).isWaiting);
  assert.deepEqual((await log.health()).findings, []);
});

test('what is missing is a finding with the statement that mends it, and the statement does', async () => {
  const hba = ['host all plain 127.0.0.1/32 trust', 'host all,replication postgres 127.0.0.1/32 trust'];
  const settings = { wal_level: 'minimal', max_wal_senders: 0, max_replication_slots: 1 };
  await using server = await startPostgres({ checksums: false, settings, hba });
  await server.query('create role plain login');
  const hintsOf = async (log: LogSource) =>
    (await log.preflight()).map(({ severity, hint }) => `${severity}: ${hint}`);
  const minimal = await hintsOf(logOf(server));
  assert.match(
    minimal[0] ?? '',
    /^error: .*ALTER SYSTEM SET wal_level = 'replica'; ALTER SYSTEM SET max_wal_senders = 10; and restart/,
  );
  assert.match(minimal[1] ?? '', /^warning: .*pg_checksums --enable/);
  server.configure({ wal_level: 'replica', max_wal_senders: 1 });
  await server.restart();
  assert.equal((await hintsOf(logOf(server))).length, 1, 'only the checksums');
  const plain = await hintsOf(logOf(server, 'plain'));
  assert.match(plain[0] ?? '', /^error: .*ALTER ROLE "plain" REPLICATION;/);
  await server.query('alter role plain replication');
  const notAdmitted = await hintsOf(logOf(server, 'plain'));
  const line = notAdmitted.at(-1)?.split('"').at(-2) ?? '';
  assert.equal(line, 'host replication plain 127.0.0.1/32 scram-sha-256');
  await server.admit([...hba, line.replace('scram-sha-256', 'trust')]);
  assert.equal((await hintsOf(logOf(server, 'plain'))).length, 1);
  await server.query("select pg_create_physical_replication_slot('another')");
  const noSlot = await hintsOf(logOf(server));
  assert.match(noSlot.at(-1) ?? '', /max_replication_slots = 6; .* \(idle: another\)/);
  await assert.rejects(logOf(server).hold(), { code: 'SOURCE_DENIED' });
  await server.query("select pg_drop_replication_slot('another')");
  const log = logOf(server);
  const { heldFrom = 0n } = await log.hold();
  await using stream = await log.stream({ branch: '00000001', at: heldFrom });
  const full = await hintsOf(log);
  assert.match(full[0] ?? '', /ALTER SYSTEM SET max_wal_senders = 6;/);
  stream.acknowledge(heldFrom);
});
