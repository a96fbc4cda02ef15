/** Mark, sweep, both at once, and forget are cut off after every single operation on the store, and nothing is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  actUntil,
  examinePruned,
  examineWithRestic,
  makePruneScene,
  prepare,
  pruneActs,
} from './prune-scene.ts';

const seed = 4711;
const operationsMax = 1000;
/** Our own look takes a second: every seventh cut. Restic looks at few; `npm run campaign -- prune` looks at all. */
const examineEvery = 7;
const resticEvery = 35;

for (const act of pruneActs) {
  test(`wherever ${act} is cut off, nothing is lost and no hand is needed`, async () => {
    using folder = temporaryFolder();
    const scene = await makePruneScene(folder.path, seed);
    const before = await prepare(scene, act);
    let operations = 0;
    for (; operations < operationsMax; operations++) {
      const cut = await actUntil(scene, before, act, operations);
      if (!cut.cut) break;
      const examine = async () => {
        if (operations % examineEvery === 0) await examinePruned(scene, cut);
        if (operations % resticEvery === 0) await examineWithRestic(scene, cut);
      };
      await examine().catch((cause: unknown) => {
        throw new Error(`${act}, after ${operations} operations (seed ${seed})`, { cause });
      });
    }
    assert.ok(operations > 10 && operations < operationsMax, `${operations} operations were tried`);
  });
}
