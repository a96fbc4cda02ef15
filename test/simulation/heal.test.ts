/** Single damages drawn from seeds, each found and healed; the long form is `npm run campaign -- heal`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spareKey } from '../../src/repository/spare-key.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { damageText, drawDamage, makeHealScene, tryHealing } from './heal-scene.ts';

const rounds = 40;
/** Stock restic looks at every so many. */
const resticEvery = 8;

test('every single damage to any object is found, and healed from a second vault', async (t) => {
  const firstSeed = process.pid * 1000;
  t.diagnostic(`seeds from ${firstSeed}`);
  using folder = temporaryFolder();
  const scene = await makeHealScene(folder.path, 99);
  let healed = 0;
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const damage = drawDamage(scene, seed);
    const round = await tryHealing(scene, damage, { withRestic: seed % resticEvery === 0 }).catch(
      (cause: unknown) => {
        throw new Error(`seed ${seed}: ${damageText(damage)}`, { cause });
      },
    );
    if (round === 'found and healed') healed++;
  }
  assert.ok(healed > rounds / 2);
});

test('an object that changed places with its second copy is as good as before', async () => {
  using folder = temporaryFolder();
  const scene = await makeHealScene(folder.path, 99);
  const key = [...scene.objects.keys()].find((each) => each.startsWith('lifeboat/plan/')) ?? '';
  const damage = { key, way: 'swap', at: 0, with: spareKey(key) } as const;
  assert.equal(await tryHealing(scene, damage, { withRestic: true }), 'harmless');
});
