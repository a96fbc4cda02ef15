/** Whatever is done to two vaults is cut off after any single operation on either of them, and nothing is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  acts,
  actUntil,
  examineCut,
  examineWithRestic,
  makeTwoVaults,
  prepareAct,
} from './two-vaults-scene.ts';

const seed = 1912;
const operationsMax = 1000;
/**
 * A look takes seconds: after so many of the operations of each act, in equal steps from one that is drawn. Restic looks
 * at the first. `npm run campaign -- crash-vaults` looks after every operation.
 */
const looks = 2;

for (const act of acts) {
  test(`wherever ${act.name} is cut off, two vaults lose nothing and need no hand`, async (t) => {
    using folder = temporaryFolder();
    const scene = await makeTwoVaults(folder.path, seed);
    const prepared = await prepareAct(scene, act);
    const whole = await actUntil(scene, prepared, operationsMax);
    assert.ok(!whole.isCut && whole.operations > 20, `${whole.operations} operations`);
    for (let look = 0; look < looks; look++) {
      const step = Math.floor((look * whole.operations) / looks);
      const operations = (process.pid + step) % whole.operations;
      t.diagnostic(`cut after ${operations} of ${whole.operations} operations`);
      const cut = await actUntil(scene, prepared, operations);
      if (look === 0) await examineWithRestic(scene, prepared, cut);
      await examineCut(scene, prepared, cut).catch((cause: unknown) => {
        throw new Error(`${act.name}, after ${operations} operations (seed ${seed})`, { cause });
      });
    }
  });
}
