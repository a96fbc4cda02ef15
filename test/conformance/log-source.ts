/**
 * What `source/log-source.ts` promises, whatever the engine: run by every log source, the one in memory included, so
 * that what is tested against that one is true of the others.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { defined } from '../../src/error/assert.ts';
import type { LogEvent, LogPosition, LogSource } from '../../src/source/log-source.ts';

export interface LogServer extends AsyncDisposable {
  readonly source: LogSource;
  /** Writes some thousand bytes; they are durable on the server when it resolves. */
  write(): Promise<void>;
  /** Ends the connections of whoever streams. */
  cut(): Promise<void>;
  /** Begins a new branch. */
  promote(): Promise<void>;
}

/** One server for all of them, in this order. */
export function testLogSource(name: string, start: () => Promise<LogServer>): void {
  describe(name, () => {
    let started: LogServer | undefined;
    before(async () => {
      started = await start();
    });
    after(() => started?.[Symbol.asyncDispose]());
    testStreams(() => defined(started, 'a server'));
    testServer(() => defined(started, 'a server'));
  });
}

function testStreams(serverNow: () => LogServer): void {
  test('bytes come from exactly where they were asked for, without holes, and the same every time', async () => {
    const server = serverNow();
    const { source } = server;
    const { heldFrom } = await source.hold();
    assert.ok(heldFrom !== undefined);
    assert.equal((await source.hold()).isNew, false);
    await server.write();
    const { branch, flushed, segmentBytes } = await source.identify();
    assert.ok(flushed > heldFrom && segmentBytes >= 1024 * 1024);
    const first = await read(source, { branch, at: heldFrom }, flushed);
    const middle = heldFrom + BigInt(Math.floor(first.length / 3));
    const again = await read(source, { branch, at: middle }, flushed);
    assert.ok(again.equals(first.subarray(Number(middle - heldFrom))));
  });

  test('only what has come can be acknowledged, and it moves what is held', async () => {
    const server = serverNow();
    const { source } = server;
    const { heldFrom = 0n } = await source.hold();
    await server.write();
    const { branch, flushed } = await source.identify();
    {
      await using stream = await source.stream({ branch, at: heldFrom });
      assert.throws(() => stream.acknowledge(heldFrom + 1n), RangeError);
      for await (const event of stream.events) {
        if (event.kind !== 'bytes') continue;
        const end = endOf(event);
        stream.acknowledge(end);
        stream.acknowledge(end);
        if (end >= flushed) break;
      }
    }
    const isMoved = async () => ((await source.health()).heldFrom ?? 0n) >= flushed;
    await until(isMoved);
    assert.equal((await source.health()).hold, 'reserved');
  });

  test('a heartbeat ends where it says, and is in the log', async () => {
    const server = serverNow();
    const { source } = server;
    const { heldFrom = 0n } = await source.hold();
    const beat = await source.beat();
    const { branch, flushed } = await source.identify();
    assert.ok(beat.end > heldFrom && beat.end <= flushed && Math.abs(Date.now() - beat.writtenAtMs) < 60_000);
    assert.ok((await read(source, { branch, at: heldFrom }, beat.end)).length >= Number(beat.end - heldFrom));
  });

  test('a stream that is cut raises what may pass, and can be opened again', async () => {
    const server = serverNow();
    const { source } = server;
    const { heldFrom = 0n } = await source.hold();
    await server.write();
    const { branch, flushed } = await source.identify();
    await using stream = await source.stream({ branch, at: heldFrom });
    await assert.rejects(
      async () => {
        for await (const event of stream.events) {
          if (event.kind === 'branch-end') return;
          if (event.kind === 'bytes' && endOf(event) >= flushed) await server.cut();
        }
      },
      { retryable: true },
    );
    await until(async () => (await source.identify().catch(() => undefined)) !== undefined);
    assert.ok((await read(source, { branch, at: heldFrom }, flushed)).length > 0);
  });
}

function testServer(serverNow: () => LogServer): void {
  test('an aborted signal ends a stream that waits', async () => {
    const server = serverNow();
    const { source } = server;
    await source.hold();
    const { branch, flushed } = await source.identify();
    const stop = new AbortController();
    await using stream = await source.stream({ branch, at: flushed }, stop.signal);
    const reading = (async () => {
      for await (const event of stream.events) assert.notEqual(event.kind, 'branch-end');
    })();
    stop.abort(new Error('enough'));
    await assert.rejects(reading);
  });

  test('whether commits wait is as it was asked for', async () => {
    const server = serverNow();
    const { source } = server;
    await source.hold();
    for (const waits of [true, true, false, false]) {
      await source.setWaiting(waits);
      await until(async () => (await source.health()).isWaiting === waits);
    }
  });

  test('a branch ends where the next one begins, and the next one tells of it', async () => {
    const server = serverNow();
    const { source } = server;
    const { heldFrom = 0n } = await source.hold();
    await server.write();
    const before = await source.identify();
    assert.equal(await source.history(before.branch), undefined);
    await server.promote();
    const after = await source.identify();
    assert.equal(after.incarnation, before.incarnation);
    assert.notEqual(after.branch, before.branch);
    assert.ok((await source.history(after.branch))?.length);
    await source.hold();
    const end = await endOfBranch(source, { branch: before.branch, at: before.flushed });
    assert.ok(end?.kind === 'branch-end' && end.next === after.branch && end.at >= before.flushed);
    assert.ok(heldFrom <= end.at);
  });
}

function endOf({ start, bytes }: Extract<LogEvent, { kind: 'bytes' }>): bigint {
  return start + BigInt(bytes.length);
}

/** Bytes from `start` up to `end`. */
async function read(source: LogSource, start: LogPosition, end: bigint): Promise<Buffer> {
  await using stream = await source.stream(start);
  const parts: Uint8Array[] = [];
  let at = start.at;
  for await (const event of stream.events) {
    if (event.kind === 'branch-end') break;
    if (event.kind !== 'bytes') continue;
    assert.equal(event.start, at);
    assert.ok(event.serverEnd >= endOf(event));
    parts.push(Buffer.from(event.bytes));
    at = endOf(event);
    if (at >= end) break;
  }
  return Buffer.concat(parts).subarray(0, Number(end - start.at));
}

async function endOfBranch(source: LogSource, start: LogPosition): Promise<LogEvent | undefined> {
  await using stream = await source.stream(start);
  let last: LogEvent | undefined;
  for await (const event of stream.events) last = event;
  return last;
}

const looksMax = 500;
const lookMs = 20;

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < looksMax; look++) {
    if (await isTrue()) return;
    await new Promise((done) => setTimeout(done, lookMs));
  }
  assert.fail('it never came to be');
}
