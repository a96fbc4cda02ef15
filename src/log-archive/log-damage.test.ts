import assert from 'node:assert/strict';
import { test } from 'node:test';
import { append, branch, cutRandomly, nearWindow, openLog, readAll } from '../../test/support/log-scene.ts';
import { type SeededRandom, seededRandom } from '../../test/support/seeded-random.ts';
import { defined } from '../error/assert.ts';
import { hasCode } from '../error/lifeboat-error.ts';
import { type MemoryStore, openMemoryStore } from '../object-store/memory/memory-store.ts';
import type { LogFinding } from './log-access.ts';
import { parseLogKey } from './piece-key.ts';

const length = 5000;
const end = nearWindow + BigInt(length);

/** What happens to an object, given another one of the same log. */
type Damage = (object: Buffer, other: Buffer, random: SeededRandom) => Buffer | undefined;

const damages: Readonly<Record<string, Damage>> = {
  'a flipped bit': (object, _other, random) => {
    const changed = Buffer.from(object);
    const at = random.below(changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  'a cut': (object, _other, random) => object.subarray(0, random.below(object.length)),
  'something behind it': (object) => Buffer.concat([object, Buffer.from('x')]),
  'another piece in its place': (_object, other) => other,
  'its header with the body of another': (object, other) => {
    const header = (from: Buffer): number => 4 + from.readUInt32LE();
    return Buffer.concat([object.subarray(0, header(object)), other.subarray(header(other))]);
  },
  'nothing in it': () => Buffer.alloc(0),
  'a loss': () => undefined,
};

for (const [what, damage] of Object.entries(damages)) {
  for (const isCompacted of [false, true])
    test(`${what} is found, and never read as the log (${isCompacted ? 'segments' : 'chunks'})`, async () => {
      for (let seed = 1; seed <= 12; seed++) await damageAlone(damage, isCompacted, seed);
    });

  test(`${what} is passed over where another piece holds the bytes`, async () => {
    for (let seed = 1; seed <= 12; seed++) await damageBeside(damage, seed);
  });
}

async function damageAlone(damage: Damage, isCompacted: boolean, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const { store, bytes } = await scene(random, isCompacted);
  const key = random.pick([...store.objects.keys()]);
  await damageOne(store, key, damage, random);
  const log = openLog(store);
  const isMissing = !store.objects.has(key);
  if (!isMissing) {
    const { findings } = await log.check({ reads: () => true });
    assert.ok(
      findings.some((finding) => finding.kind === 'damaged' && finding.key === key),
      `seed ${seed}`,
    );
  }
  await assert.rejects(readAll(log, nearWindow, end), (error: Error) => {
    assert.ok(hasCode(error, isMissing ? 'LOG_GAP' : 'OBJECT_DAMAGED'), `seed ${seed}: ${error.message}`);
    return isMissing || error.message.includes(key);
  });
  const place = defined(parseLogKey(key), 'name').start - nearWindow;
  if (place === 0n) return;
  assert.ok((await readAll(log, nearWindow, nearWindow + place)).equals(bytes.subarray(0, Number(place))));
}

async function damageBeside(damage: Damage, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const { store, bytes } = await scene(random, false);
  const keys = [...store.objects.keys()];
  await append(openLog(store), cutRandomly(random, nearWindow, bytes, 1700));
  const key = random.pick(keys);
  await damageOne(store, key, damage, random);
  const isMissing = !store.objects.has(key);
  const log = openLog(store);
  assert.ok((await readAll(log, nearWindow, end)).equals(bytes), `seed ${seed}`);
  const { segments, findings } = await log.compact({ piecesMax: 2 });
  assert.equal(segments, 2);
  const keysFound = findings.map((finding) => finding.key);
  assert.deepEqual(keysFound, isMissing ? [] : [key], `seed ${seed}`);
  assert.deepEqual((await log.check({ reads: () => true })).findings, [], `seed ${seed}`);
  assert.ok((await readAll(log, nearWindow, end)).equals(bytes), `seed ${seed}`);
}

test('a reader tells of the damage that it went around', async () => {
  const store = openMemoryStore();
  const random = seededRandom(3);
  const bytes = random.bytes(100);
  await append(openLog(store), [{ start: 0n, bytes }]);
  const [key = ''] = store.objects.keys();
  await append(openLog(store), [
    { start: 0n, bytes: bytes.subarray(0, 50) },
    { start: 50n, bytes: bytes.subarray(50) },
  ]);
  await store.put(key, Buffer.from('something else'));
  const told: LogFinding[] = [];
  const log = openLog(store, (finding) => told.push(finding));
  assert.ok((await readAll(log, 0n, 100n)).equals(bytes));
  assert.deepEqual(
    told.map((finding) => [finding.kind, finding.key]),
    [['damaged', key]],
  );
});

test('a piece that was damaged when it was to be stored is replaced', async () => {
  const store = openMemoryStore();
  const piece = [{ start: nearWindow, bytes: Buffer.from('some bytes') }];
  await append(openLog(store), piece);
  const [key = ''] = store.objects.keys();
  await store.put(key, Buffer.from('something else'));
  await append(openLog(store), piece);
  assert.equal((await readAll(openLog(store), nearWindow, nearWindow + 10n)).toString(), 'some bytes');
});

test('a history that is damaged is an error, never another history', async () => {
  const store = openMemoryStore();
  const log = openLog(store);
  await log.putHistory(branch, Buffer.from('history'));
  const [key = ''] = store.objects.keys();
  await store.put(key, Buffer.from('something else'));
  await assert.rejects(log.history(branch), { code: 'OBJECT_DAMAGED', message: /history/ });
  assert.deepEqual(
    (await log.check()).findings.map((finding) => finding.key),
    [key],
  );
});

async function scene(
  random: SeededRandom,
  isCompacted: boolean,
): Promise<{ readonly store: MemoryStore; readonly bytes: Buffer }> {
  const store = openMemoryStore();
  const log = openLog(store);
  const bytes = random.bytes(length);
  await append(log, cutRandomly(random, nearWindow, bytes, 700));
  if (isCompacted) await log.compact({ piecesMax: 2 });
  return { store, bytes };
}

async function damageOne(
  store: MemoryStore,
  key: string,
  damage: Damage,
  random: SeededRandom,
): Promise<void> {
  const keys = [...store.objects.keys()];
  const other = random.pick(keys.filter((each) => each !== key));
  const bytes = (of: string): Buffer => store.objects.get(of) ?? Buffer.alloc(0);
  const damaged = damage(bytes(key), bytes(other), random);
  if (damaged === undefined) await store.delete(key);
  else await store.put(key, damaged);
}
