/** A backup is cut off after every single operation on the store, and nothing that was safe before is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUpUntil, examine, examineWithRestic, makeCrashScene } from './crash-scene.ts';

const seed = 4711;
const operationsMax = 1000;
/** Restic looks at every so many; `npm run campaign -- crash` lets it look at all. */
const resticEvery = 8;

test('wherever a backup is cut off, the vault stays whole and the next backup needs no help', async () => {
  using folder = temporaryFolder();
  const scene = await makeCrashScene(folder.path, seed);
  let operations = 0;
  for (; operations < operationsMax; operations++) {
    const crashed = await backUpUntil(scene, operations);
    if (!crashed.cut) break;
    await examine(scene, crashed).catch((cause: unknown) => {
      throw new Error(`after ${operations} operations (seed ${seed})`, { cause });
    });
    if (operations % resticEvery === 0) await examineWithRestic(scene, crashed);
  }
  assert.ok(operations > 20 && operations < operationsMax, `${operations} operations were tried`);
});
