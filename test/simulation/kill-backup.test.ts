/** kill -9 at random moments; the long form is `npm run campaign -- kill`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { killOnce, makeKillScene } from './kill-scene.ts';

const rounds = 6;

test('a backup that is killed at any moment harms nothing and leaves no lock that has to be removed', async (t) => {
  const seed = process.pid;
  t.diagnostic(`seed ${seed}`);
  using folder = temporaryFolder();
  const scene = await makeKillScene(folder.path, seededRandom(seed));
  let killed = 0;
  for (let round = 1; round <= rounds; round++) if (await killOnce(scene)) killed++;
  assert.ok(killed > 0, `killed ${killed} of ${rounds} times (seed ${seed})`);
});
