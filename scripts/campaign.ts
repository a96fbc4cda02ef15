/**
 * `npm run campaign -- crash | prune | kill | damage | heal | clock`: the long forms of tests, for before a release.
 *
 * crash   a backup cut off after every operation on the store, stock restic looking at each: about 2 minutes
 * prune   mark, sweep and forget cut off after every operation, stock restic looking at each: about 10 minutes
 * kill    a process that backs up is killed at 50 random moments
 * damage  200 single damages to any object of a vault
 * heal    500 single damages to any object of a vault, each found and healed from a second one: about 20 minutes
 * clock   1000 random sets of schedules against a simulated clock, up to 28 years each: about 2 minutes
 *
 * --seed N    the first seed; else one is drawn from the clock. Every seed is printed, so that a failure can be had again.
 * --rounds N  how often to kill or damage, or how many sets of schedules
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { drawScene, tryScene } from '../test/simulation/clock-scene.ts';
import { backUpUntil, examine, examineWithRestic, makeCrashScene } from '../test/simulation/crash-scene.ts';
import { drawDamage, makeDamageScene, tryDamage } from '../test/simulation/damage-scene.ts';
import {
  damageText,
  drawDamage as drawLoss,
  makeHealScene,
  tryHealing,
} from '../test/simulation/heal-scene.ts';
import { killOnce, makeKillScene } from '../test/simulation/kill-scene.ts';
import {
  actUntil,
  examinePruned,
  examineWithRestic as lookWithRestic,
  makePruneScene,
  prepare,
  pruneActs,
} from '../test/simulation/prune-scene.ts';
import { seededRandom } from '../test/support/seeded-random.ts';

interface Campaign {
  readonly folder: string;
  readonly seed: number;
  readonly rounds: number | undefined;
}

const campaigns: Readonly<Record<string, (campaign: Campaign) => Promise<void>>> = {
  crash,
  prune,
  kill,
  damage,
  heal,
  clock,
};

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string' }, rounds: { type: 'string' } },
  });
  const run = campaigns[positionals[0] ?? ''];
  if (!run) {
    console.error(`usage: npm run campaign -- ${Object.keys(campaigns).join(' | ')} [--seed N] [--rounds N]`);
    return 2;
  }
  const seed = values.seed === undefined ? Math.floor(Date.now() / 1000) : Number(values.seed);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'lifeboat-campaign-'));
  try {
    await run({ folder, seed, rounds });
    console.log(`campaign ${positionals[0]} passed (seed ${seed})`);
    return 0;
  } catch (error) {
    console.error(`campaign ${positionals[0]} failed (seed ${seed})`, error);
    return 1;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function crash({ folder, seed }: Campaign): Promise<void> {
  const scene = await makeCrashScene(folder, seed);
  const operationsMax = 10_000;
  for (let operations = 0; operations < operationsMax; operations++) {
    const crashed = await backUpUntil(scene, operations);
    if (!crashed.cut) {
      console.log(`cut after each of ${operations} operations`);
      return;
    }
    console.log(`seed ${seed}, after ${operations} operations`);
    await examineWithRestic(scene, crashed);
    await examine(scene, crashed);
  }
  throw new Error(`the backup did not end within ${operationsMax} operations`);
}

async function prune({ folder, seed }: Campaign): Promise<void> {
  const scene = await makePruneScene(folder, seed);
  const operationsMax = 10_000;
  for (const act of pruneActs) {
    const before = await prepare(scene, act);
    let operations = 0;
    for (; operations < operationsMax; operations++) {
      const cut = await actUntil(scene, before, act, operations);
      if (!cut.cut) break;
      console.log(`seed ${seed}, ${act} after ${operations} operations`);
      await lookWithRestic(scene, cut);
      await examinePruned(scene, cut);
    }
    if (operations === operationsMax)
      throw new Error(`${act} did not end within ${operationsMax} operations`);
  }
}

async function kill({ folder, seed, rounds = 50 }: Campaign): Promise<void> {
  const scene = await makeKillScene(folder, seededRandom(seed));
  for (let round = 1; round <= rounds; round++) {
    const killed = await killOnce(scene);
    console.log(`seed ${seed}, round ${round}: ${killed ? 'killed' : 'was done before'}`);
  }
}

async function damage({ folder, seed, rounds = 200 }: Campaign): Promise<void> {
  const scene = await makeDamageScene(folder, seed);
  for (let each = seed; each < seed + rounds; each++) {
    const drawn = drawDamage(scene, each);
    console.log(`seed ${each}: ${drawn.way} ${drawn.key} at ${drawn.at}`);
    await tryDamage(scene, drawn);
  }
}

async function heal({ folder, seed, rounds = 500 }: Campaign): Promise<void> {
  const resticEvery = 5;
  const scene = await makeHealScene(folder, seed);
  const ended = new Map<string, number>();
  for (let each = seed; each < seed + rounds; each++) {
    const drawn = drawLoss(scene, each);
    const round = await tryHealing(scene, drawn, { withRestic: each % resticEvery === 0 });
    ended.set(round, (ended.get(round) ?? 0) + 1);
    console.log(`seed ${each}: ${damageText(drawn)}: ${round}`);
  }
  console.log([...ended].map(([round, count]) => `${count} ${round}`).join(', '));
}

async function clock({ seed, rounds = 1000 }: Campaign): Promise<void> {
  for (let each = seed; each < seed + rounds; each++) {
    const scene = drawScene(each);
    console.log(`seed ${each}: ${scene.words}`);
    tryScene(scene);
  }
}
