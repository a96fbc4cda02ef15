/** Single damages drawn from seeds; the long form is `npm run campaign -- damage`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { drawDamage, makeDamageScene, tryDamage } from './damage-scene.ts';

const rounds = 30;

test('every single damage is found and named, and nothing wrong is restored', async (t) => {
  const firstSeed = process.pid * 1000;
  t.diagnostic(`seeds from ${firstSeed}`);
  using folder = temporaryFolder();
  const scene = await makeDamageScene(folder.path, 99);
  const touched = new Set<string>();
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const damage = drawDamage(scene, seed);
    touched.add(damage.way);
    await tryDamage(scene, damage).catch((cause: unknown) => {
      throw new Error(`seed ${seed}: ${damage.way} ${damage.key} at ${damage.at}`, { cause });
    });
  }
  assert.ok(touched.size >= 3, [...touched].join());
});
