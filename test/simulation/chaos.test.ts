/** Processes that are killed, stopped, cut off and out of disk, all at once; the long form is `npm run campaign -- chaos`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { beginInPeace, chaosRound } from './chaos-round.ts';
import { type ChaosOptions, expectAllGood, makeChaosScene } from './chaos-scene.ts';

/** The campaign stops processes for a minute. */
const stopMs = 2000;
const rounds = 2;
const mountNeedsRoot = process.getuid?.() === 0 ? false : 'only root may mount';

async function survive(options: Omit<ChaosOptions, 'root' | 'random'>, seed: number): Promise<void> {
  using folder = temporaryFolder();
  await using scene = await makeChaosScene({ ...options, root: folder.path, random: seededRandom(seed) });
  await beginInPeace(scene);
  for (let round = 1; round <= rounds; round++)
    await chaosRound(scene, { stopMs }).catch((cause: unknown) => {
      throw new Error(`round ${round} of seed ${seed}`, { cause });
    });
  assert.ok(scene.good.size >= 4 + rounds * 2, `${scene.good.size} points were reported good`);
  await expectAllGood(scene);
}

test('two folders survive killed and stopped processes', async (t) => {
  t.diagnostic(`seed ${process.pid}`);
  await survive({ place: 'local' }, process.pid);
});

test('a folder on a small disk survives that it is full', { skip: mountNeedsRoot }, async (t) => {
  t.diagnostic(`seed ${process.pid}`);
  await survive({ place: 'local', diskMiB: 64 }, process.pid);
});

test('a folder and a bucket survive that the network is cut', async (t) => {
  t.diagnostic(`seed ${process.pid}`);
  await survive({ place: 's3' }, process.pid);
});
