/** Servers lose everything, and come back from the vaults; the long form is `npm run campaign -- loss`. */
import { test } from 'node:test';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { lossRound, twists } from './loss-round.ts';
import { makeLossScene } from './loss-scene.ts';

const rounds = 4;
const twistMs = 2000;
const slackMs = 2000;

test('what comes back from the vaults alone has every acknowledged row, or lacks no more than was told', async (t) => {
  const seed = process.pid;
  t.diagnostic(`seed ${seed}`);
  using folder = temporaryFolder();
  const random = seededRandom(seed);
  await using scene = await makeLossScene(folder.path, random);
  for (let round = 0; round < rounds; round++) {
    const twist = random.pick(twists);
    const said = await lossRound(scene, { isSync: round % 2 === 0, twist, twistMs, slackMs }).catch(
      (cause: unknown) => {
        throw new Error(`round ${round} of seed ${seed}: ${twist}`, { cause });
      },
    );
    t.diagnostic(said);
  }
});
