/** Faults of which nothing is said must show all the same; all of them with `npm run campaign -- silent`. */
import { test } from 'node:test';
import { seededRandom } from '../support/seeded-random.ts';
import { silentFaults, tryFault } from './silent-faults.ts';
import { makeSilentScene } from './silent-scene.ts';

test('a fault of which nothing is said turns the assessment within the RPO, and is over when it is mended', async (t) => {
  const seed = process.pid;
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  for (const kind of ['async', 'sync'] as const) {
    await using scene = await makeSilentScene(kind);
    const quick = silentFaults.filter((fault) => fault.kind === kind && fault.isSlow !== true);
    const fault = random.pick(quick);
    t.diagnostic(await tryFault(scene, fault));
  }
});
