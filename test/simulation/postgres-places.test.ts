/** Recoveries land exactly where they were asked to, or are refused; the long form is `npm run campaign -- places`. */
import { test } from 'node:test';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makePlacesScene } from './places-scene.ts';
import { drawWish, goTo } from './places-targets.ts';

const targets = 14;

test('a recovery to any kind of place lands exactly there, or is refused', async (t) => {
  const seed = process.pid;
  t.diagnostic(`seed ${seed}`);
  using folder = temporaryFolder();
  const random = seededRandom(seed);
  await using scene = await makePlacesScene({ folder: folder.path, random, compacts: true });
  for (let round = 0; round < targets; round++) {
    const said = await goTo(scene, random, drawWish(scene, random, round)).catch((cause: unknown) => {
      throw new Error(`target ${round} of seed ${seed}`, { cause });
    });
    t.diagnostic(said);
  }
});
