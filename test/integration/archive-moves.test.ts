/** Points move into an archive when they are old enough: the passes of some weeks, on a clock that the test moves. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { recoveryPointsFromRecords } from '../../src/recovery-point/points-from-records.ts';
import { type PassScene, passScene } from '../support/pass-scene.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
let scene: PassScene;
beforeEach(async () => {
  scene = await passScene();
  await scene.makeVault('cold');
  scene.writeText(`version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: T, owner: Jane }
vaults: { here: { location: ./here }, cold: { location: ./cold, role: archive, copy_within: 1 h } }
systems:
  db:
    source: { kind: files, paths: [./data] }
    schedule: daily at 02:00
    checks: [files]
    retention: { within: 3 days, archive: { after: 3 days, keep_for: 4 days } }
`);
});
afterEach(() => scene[Symbol.dispose]());

/** A pass each day at the same hour. */
async function days(count: number): Promise<void> {
  for (let day = 0; day < count; day += 1) {
    scene.nowMs += dayMs;
    fs.writeFileSync(join(scene.path, 'data', 'a'), `day ${scene.nowMs}`);
    await scene.pass();
  }
  // spans count back from the newest point that is not of this very moment
  scene.nowMs += hourMs;
  await scene.pass();
}

/** In whole days, youngest first. The newest proven one stays whatever the rules say: such a point that is older is left out. */
async function ages(vault: string): Promise<readonly number[]> {
  await using opened = await scene.open(vault);
  const { records } = await opened.records();
  const there = new Set(await opened.repository.snapshotIds());
  return recoveryPointsFromRecords(records)
    .filter(({ snapshotId }) => there.has(snapshotId))
    .map(({ capturedAtMs, proof }) => ({
      age: Math.floor((scene.nowMs - capturedAtMs) / dayMs),
      isProven: proof.restored !== undefined,
    }))
    .filter(({ age, isProven }) => !isProven || vault !== 'here' || age < 3)
    .map(({ age }) => age)
    .sort((a, b) => a - b);
}

test('points are here for their days and then there for theirs', async () => {
  await days(8);
  assert.deepEqual(await ages('here'), [0, 1, 2]);
  assert.deepEqual(await ages('cold'), [3, 4, 5, 6]);
});

test('while the archive is away nothing that has to move is given up, and then it moves', async () => {
  await days(4);
  const [place, away] = [join(scene.path, 'cold'), join(scene.path, 'away')];
  fs.renameSync(place, away);
  await days(2);
  const waiting = (await ages('here')).filter((age) => age > 2);
  assert.ok(waiting.length > 0, 'no longer kept by the rules, and not yet in the archive');
  fs.renameSync(away, place);
  await days(2);
  assert.deepEqual(await ages('here'), [0, 1, 2]);
  assert.deepEqual(await ages('cold'), [3, 4, 5, 6]);
});
