/** A system in good health, looked at every ten minutes: nothing may be raised, and it is met each time. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeSilentScene, statusOf, untilMet } from './silent-scene.ts';

const lookMs = 600_000;
const healthyMs = 1_800_000;

/** By the clock of this process, which may run faster than others. */
export async function quietHours(looks: number, say: (words: string) => void): Promise<void> {
  await using scene = await makeSilentScene('quiet');
  await untilMet(scene, healthyMs);
  for (let look = 1; look <= looks; look++) {
    await sleep(lookMs);
    // some hours are busy, in others nothing happens at all
    if (look % 12 < 6) await scene.server.query(`insert into orders values (${100_000 + look})`);
    const now = await statusOf(scene);
    assert.ok('status' in now && now.status === 'met', `look ${look}: ${JSON.stringify(now)}`);
    say(`look ${look} of ${looks}: ${now.status}`);
  }
  assert.deepEqual(scene.files.alarms(), []);
  const raised = scene.up
    .printed()
    .split('\n')
    .filter((line) => /"type":"failure"|"severity":"(alarm|warning)"/.test(line));
  assert.deepEqual(raised, []);
}
