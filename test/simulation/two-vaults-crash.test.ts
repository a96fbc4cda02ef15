/** Whatever is done to two vaults is cut off after every single operation on either of them, and nothing is lost. */
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
/** A look takes seconds: at so many cuts of each act. Where it begins is drawn, so that in time all are looked at. */
const examineEvery = 17;
/** Of those that are looked at, restic looks at every so many; `npm run campaign -- crash-vaults` at all. */
const resticEvery = 4;

for (const act of acts) {
  test(`wherever ${act.name} is cut off, two vaults lose nothing and need no hand`, async (t) => {
    using folder = temporaryFolder();
    const firstLook = process.pid % examineEvery;
    t.diagnostic(`looks from operation ${firstLook} on`);
    const scene = await makeTwoVaults(folder.path, seed);
    const prepared = await prepareAct(scene, act);
    let looks = 0;
    let operations = firstLook;
    for (; operations < operationsMax; operations += examineEvery) {
      const cut = await actUntil(scene, prepared, operations);
      await examineCut(scene, prepared, cut).catch((cause: unknown) => {
        throw new Error(`${act.name}, after ${operations} operations (seed ${seed})`, { cause });
      });
      if (looks++ % resticEvery === 0) await examineWithRestic(scene, prepared, cut);
      if (!cut.isCut) break;
    }
    assert.ok(looks > 1 && operations < operationsMax, `${operations} operations were tried`);
  });
}
