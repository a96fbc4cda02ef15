import assert from 'node:assert/strict';
import { test } from 'node:test';
import { append, branch, cutRandomly, logName, nearWindow, openLog } from '../../test/support/log-scene.ts';
import { seededRandom } from '../../test/support/seeded-random.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import { joinLogs, type NamedLog } from './join-logs.ts';
import type { LogReader } from './log-archive.ts';

const seeds = Array.from({ length: 8 }, (_, i) => 4000 + i);
const length = 6000;

async function bytesOf(log: LogReader, from: number, to: number): Promise<Buffer> {
  const span = { branch, start: nearWindow + BigInt(from), end: nearWindow + BigInt(to) };
  const parts: Buffer[] = [];
  for await (const part of log.read(span)) parts.push(part);
  return Buffer.concat(parts);
}

/** Archives that each hold some pieces of the same bytes. */
async function parted(seed: number): Promise<{ bytes: Buffer; logs: NamedLog[]; has: boolean[] }> {
  const random = seededRandom(seed);
  const bytes = random.bytes(length);
  const pieces = cutRandomly(random, nearWindow, bytes, 500);
  const has = Array.from({ length }, () => false);
  const logs: NamedLog[] = [];
  for (const name of ['one', 'two', 'three']) {
    const log = openLog(openMemoryStore());
    for (const piece of pieces.filter(() => random.below(3) > 0)) {
      await append(log, [piece]);
      has.fill(true, Number(piece.start - nearWindow), Number(piece.start - nearWindow) + piece.bytes.length);
    }
    logs.push({ name, log });
  }
  return { bytes, logs, has };
}

test('whatever any archive holds is read, and what none holds is a gap', async () => {
  for (const seed of seeds) {
    const { bytes, logs, has } = await parted(seed);
    const log = await joinLogs(logName, logs, () => assert.fail('nothing is wrong with them'));
    const random = seededRandom(seed + 1);
    for (let i = 0; i < 20; i++) {
      const from = random.below(length - 1);
      const to = from + 1 + random.below(length - from - 1);
      if (has.slice(from, to).every(Boolean))
        assert.ok((await bytesOf(log, from, to)).equals(bytes.subarray(from, to)), `seed ${seed}`);
      else await assert.rejects(bytesOf(log, from, to), { code: 'LOG_GAP' }, `seed ${seed}, ${from}-${to}`);
    }
    const covered = Array.from({ length }, () => false);
    for (const { start, end } of (await log.coverage()).flatMap(({ spans }) => spans))
      covered.fill(true, Number(start - nearWindow), Number(end - nearWindow));
    assert.deepEqual(covered, has, `seed ${seed}`);
    const told = Array.from({ length }, () => false);
    for await (const { start, end } of log.pieces({ branch, start: 0n, end: nearWindow * 2n }))
      told.fill(true, Number(start - nearWindow), Number(end - nearWindow));
    assert.deepEqual(told, has, `seed ${seed}`);
  }
});

test('an archive that fails in the middle, or cannot be listed, is told of, and the next one goes on', async () => {
  const bytes = seededRandom(1).bytes(length);
  const pieces = cutRandomly(seededRandom(2), nearWindow, bytes, 500);
  const [good, half] = [openLog(openMemoryStore()), openLog(openMemoryStore())];
  await append(good, pieces);
  await append(half, pieces);
  const broken = new LifeboatError('STORE_UNAVAILABLE', 'the store is gone');
  const failing: LogReader = {
    ...half,
    async *read(span, signal) {
      let sent = 0;
      for await (const part of half.read(span, signal)) {
        yield part;
        sent += part.length;
        if (sent > 2000) throw broken;
      }
    },
  };
  const unlisted: LogReader = { ...half, coverage: () => Promise.reject(broken) };
  const told: string[] = [];
  const tell = (name: string, { code }: LifeboatError) => told.push(`${name} ${code}`);
  const logs = [
    { name: 'unlisted', log: unlisted },
    { name: 'failing', log: failing },
    { name: 'good', log: good },
  ];
  const log = await joinLogs(logName, logs, tell);
  assert.deepEqual(log.names, ['failing', 'good']);
  assert.ok((await bytesOf(log, 0, length)).equals(bytes));
  assert.deepEqual([...new Set(told)], ['unlisted STORE_UNAVAILABLE', 'failing STORE_UNAVAILABLE']);
  const alone = await joinLogs(logName, [{ name: 'failing', log: failing }], tell);
  await assert.rejects(bytesOf(alone, 0, length), { code: 'STORE_UNAVAILABLE' });
  await assert.rejects(joinLogs(logName, [{ name: 'unlisted', log: unlisted }], tell), {
    code: 'STORE_UNAVAILABLE',
  });
});
