/** From the log archive of a vault to a recovered copy: the choice from what it tells, the replay of what it gives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pieceBytesMax } from '../../src/log-archive/log-archive.ts';
import { type OpenLog, openLogArchive } from '../../src/log-archive/open-log-archive.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { createSealedObjects } from '../../src/repository/sealed-objects.ts';
import { newMasterKey } from '../../src/seal/key-file.ts';
import { gatherGround } from '../../src/source/postgres/recovery/gather-ground.ts';
import { transactionsNear } from '../../src/source/postgres/recovery/read-transactions.ts';
import { requireRecovery } from '../../src/source/postgres/recovery/resolve-recovery.ts';
import { createMarkReader } from '../../src/source/postgres/wal/log-marks.ts';
import {
  makeScene,
  recoverTo,
  rowsOf,
  type Scene,
  segmentBytes,
  targetOf,
} from '../support/recovery-scene.ts';

const branch = '00000001';
/** Odd, so that pieces end within records. */
const chunkBytes = 123_457;

test('a recovery is chosen from what the archive tells, and replays what it gives', async () => {
  const scene = await makeScene(15);
  await using _server = scene.server;
  const log = await archiveOf(scene);
  const { facts, ground } = scene;
  const cases = [
    [`before-xid:${facts.xid3}`, '1,2'],
    [`time:${facts.time2}`, '1,2'],
    ['name:before the mistake', '1,2'],
    [`lsn:${facts.lsn2}`, '1,2'],
    ['end', '1,2,3,4,5'],
  ] as const;
  for (const [text, rows] of cases) {
    const target = targetOf(text);
    const gathered = await gatherGround(log, { points: ground.points, segmentBytes, target });
    const choice = requireRecovery(gathered.ground, { target, timeline: 'latest' });
    await using place = await recoverTo(scene, target, choice, { log });
    assert.equal(await rowsOf(place.recovered), rows, place.recovered.proof);
  }
  const spans = (await log.coverage()).flatMap((coverage) => coverage.spans);
  const atUs = Date.parse(facts.time2.replace(' ', 'T')) * 1000;
  const near = await transactionsNear(log, spans, { segmentBytes, limit: 1, atUs });
  assert.deepEqual(near.map(({ kind, xid }) => [kind, xid]).at(0), ['commit', facts.xid2]);
  assert.equal(near.length, 2);
});

async function archiveOf({ log }: Scene): Promise<OpenLog> {
  const store = openMemoryStore();
  const seal = createSealedObjects({ store, key: newMasterKey(), version: 2 });
  const archive = openLogArchive({
    ...{ store, seal, system: 'shop', incarnation: log.systemId },
    nowMs: () => 1_700_000_000_000,
  });
  const [written] = log.branches;
  assert.ok(written);
  const marks = createMarkReader({ start: written.start, segmentBytes });
  const writer = await archive.writer(branch, written.start);
  for (let start = written.start; start < written.end; ) {
    const window = BigInt(pieceBytesMax) - (start % BigInt(pieceBytesMax));
    const length = Math.min(chunkBytes, Number(window), Number(written.end - start));
    const at = Number(start - written.first);
    const bytes = written.bytes.subarray(at, at + length);
    await writer.store(writer.prepare(start, bytes, marks.take(bytes)));
    start += BigInt(length);
  }
  return archive;
}
