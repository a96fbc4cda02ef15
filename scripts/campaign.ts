/**
 * `npm run campaign -- crash | crash-vaults | prune | kill | chaos | damage | heal | clock | places | loss | silent | quiet |
 * faithful`: the long forms of tests, for before a release.
 *
 * crash   a backup cut off after every operation on the store, stock restic looking at each: about 2 minutes
 * crash-vaults  all that is done to two vaults at once cut off after every operation on either, restic looking: about an hour
 * prune   mark, sweep and forget cut off after every operation, stock restic looking at each: about 10 minutes
 * kill    a process that backs up is killed at 50 random moments
 * chaos   200 rounds of killed and stopped processes, full disks and cut networks, several of the program's processes at
 *         work at once, on folders and on S3: about 3 hours, for the stops are of a minute; root, to mount a small disk
 * damage  200 single damages to any object of a vault
 * heal    500 single damages to any object of a vault, each found and healed from a second one: about 20 minutes
 * places  60 recoveries of PostgreSQL to places of all kinds, of a cluster with three timelines: about 2 minutes
 * loss    100 rounds in which a PostgreSQL server loses everything at a random moment, while its log is shipped into two
 *         vaults and something is wrong with one of them: about 30 minutes, for most stops are of a minute; root, to mount a small disk
 * faithful  an hour of pgbench, its log compared with that of pg_receivewal, and dumps before and after restores
 * silent  some 40 faults of which nothing is said, each hidden in a system that `lifeboat up` keeps: about 25 minutes
 * quiet   a PostgreSQL system in good health for 24 hours, in which nothing may be raised; Debian's faketime makes them
 *         shorter: `faketime -f '+0 x60' npm run campaign -- quiet` takes 25 minutes
 * clock   1000 random sets of schedules against a simulated clock, up to 28 years each: about 2 minutes
 *
 * --seed N    the first seed; else one is drawn from the clock. Every seed is printed, so that a failure can be had again.
 * --rounds N  how often to kill or damage, how many sets of schedules, or minutes of pgbench, or looks every ten minutes
 * --from ACT  of crash-vaults: the act to begin with, to go on where a run was ended
 * --stop N    of chaos and loss: how many seconds a process is stopped or a vault away, instead of 60
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { beginInPeace, chaosRound } from '../test/simulation/chaos-round.ts';
import { expectAllGood, makeChaosScene } from '../test/simulation/chaos-scene.ts';
import { drawScene, tryScene } from '../test/simulation/clock-scene.ts';
import { backUpUntil, examine, examineWithRestic, makeCrashScene } from '../test/simulation/crash-scene.ts';
import { drawDamage, makeDamageScene, tryDamage } from '../test/simulation/damage-scene.ts';
import { compareAll } from '../test/simulation/faithful-scene.ts';
import {
  damageText,
  drawDamage as drawLoss,
  makeHealScene,
  tryHealing,
} from '../test/simulation/heal-scene.ts';
import { killOnce, makeKillScene } from '../test/simulation/kill-scene.ts';
import { lossRound, twists } from '../test/simulation/loss-round.ts';
import { makeLossScene } from '../test/simulation/loss-scene.ts';
import { makePlacesScene } from '../test/simulation/places-scene.ts';
import { drawWish, goTo } from '../test/simulation/places-targets.ts';
import {
  actUntil,
  examinePruned,
  examineWithRestic as lookWithRestic,
  makePruneScene,
  prepare,
  pruneActs,
} from '../test/simulation/prune-scene.ts';
import { quietHours } from '../test/simulation/quiet-hours.ts';
import { silentFaults, tryFault } from '../test/simulation/silent-faults.ts';
import { makeSilentScene } from '../test/simulation/silent-scene.ts';
import {
  actUntil as actOnBothUntil,
  acts,
  examineCut,
  makeTwoVaults,
  prepareAct,
  examineWithRestic as showBothToRestic,
} from '../test/simulation/two-vaults-scene.ts';
import { seededRandom } from '../test/support/seeded-random.ts';

interface Campaign {
  readonly folder: string;
  readonly seed: number;
  readonly rounds: number | undefined;
  readonly stopMs: number;
  readonly from: string | undefined;
}

const campaigns: Readonly<Record<string, (campaign: Campaign) => Promise<void>>> = {
  crash,
  'crash-vaults': crashVaults,
  prune,
  kill,
  chaos,
  damage,
  heal,
  clock,
  places,
  silent,
  quiet,
  loss,
  faithful,
};

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      rounds: { type: 'string' },
      stop: { type: 'string' },
      from: { type: 'string' },
    },
  });
  const run = campaigns[positionals[0] ?? ''];
  if (!run) {
    console.error(`usage: npm run campaign -- ${Object.keys(campaigns).join(' | ')} [--seed N] [--rounds N]`);
    return 2;
  }
  const seed = values.seed === undefined ? Math.floor(Date.now() / 1000) : Number(values.seed);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const stopMs = Number(values.stop ?? 60) * 1000;
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'lifeboat-campaign-'));
  try {
    await run({ folder, seed, rounds, stopMs, from: values.from });
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

async function crashVaults({ folder, seed, from }: Campaign): Promise<void> {
  const operationsMax = 10_000;
  const begin = from === undefined ? 0 : acts.findIndex(({ name }) => name === from);
  if (begin < 0) throw new Error(`--from takes one of: ${acts.map(({ name }) => name).join(', ')}`);
  for (const act of acts.slice(begin)) {
    const root = path.join(folder, act.name.replaceAll(' ', '-'));
    fs.mkdirSync(root);
    const scene = await makeTwoVaults(root, seed);
    const prepared = await prepareAct(scene, act);
    let operations = 0;
    for (; operations < operationsMax; operations++) {
      const cut = await actOnBothUntil(scene, prepared, operations);
      if (!cut.isCut) break;
      console.log(`seed ${seed}, ${act.name} after ${operations} operations`);
      await showBothToRestic(scene, prepared, cut);
      await examineCut(scene, prepared, cut);
    }
    if (operations === operationsMax)
      throw new Error(`${act.name} did not end within ${operationsMax} operations`);
    fs.rmSync(root, { recursive: true });
  }
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

/** In scenes of a few rounds: with an even seed on folders, one of them on a small disk, with an odd one on S3. */
async function chaos({ folder, seed, rounds = 200, stopMs }: Campaign): Promise<void> {
  const roundsPerScene = 10;
  for (let done = 0, each = seed; done < rounds; done += roundsPerScene, each++) {
    const root = path.join(folder, String(each));
    fs.mkdirSync(root);
    const random = seededRandom(each);
    await using scene = await makeChaosScene(
      each % 2 === 0 ? { root, random, place: 'local', diskMiB: 128 } : { root, random, place: 's3' },
    );
    await beginInPeace(scene);
    for (let round = 1; round <= Math.min(roundsPerScene, rounds - done); round++) {
      console.log(`seed ${each}, round ${round}: ${await chaosRound(scene, { stopMs })}`);
    }
    await expectAllGood(scene);
    console.log(`seed ${each}: ${scene.good.size} points that were reported good are there`);
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

async function places({ folder, seed, rounds = 60 }: Campaign): Promise<void> {
  const random = seededRandom(seed);
  await using scene = await makePlacesScene({ folder, random, compacts: seed % 2 === 0 });
  for (let round = 0; round < rounds; round++) {
    const words = `seed ${seed}, place ${round}`;
    console.log(`${words}: ${await goTo(scene, random, drawWish(scene, random, round))}`);
  }
}

async function loss({ folder, seed, rounds = 100, stopMs }: Campaign): Promise<void> {
  const random = seededRandom(seed);
  await using scene = await makeLossScene(folder, random);
  for (let round = 0; round < rounds; round++) {
    const twist = twists[round % twists.length] ?? 'none';
    const isSync = random.below(2) === 0;
    console.log(
      `seed ${seed}, round ${round}: ${await lossRound(scene, { isSync, twist, twistMs: stopMs })}`,
    );
  }
}

/** Goes on with a system made anew where a fault was not found; `--rounds` tries the first so many. */
async function silent({ rounds = silentFaults.length }: Campaign): Promise<void> {
  const missed: string[] = [];
  for (const kind of ['async', 'sync'] as const) {
    let scene = await makeSilentScene(kind);
    for (const fault of silentFaults.slice(0, rounds).filter((each) => each.kind === kind)) {
      try {
        console.log(await tryFault(scene, fault));
      } catch (error) {
        missed.push(fault.name);
        console.log(`MISSED ${fault.name}: ${error instanceof Error ? error.message : String(error)}`);
        await scene[Symbol.asyncDispose]();
        scene = await makeSilentScene(kind);
      }
    }
    await scene[Symbol.asyncDispose]();
  }
  if (missed.length > 0) throw new Error(`missed: ${missed.join(', ')}`);
}

async function quiet({ rounds = 144 }: Campaign): Promise<void> {
  await quietHours(rounds, console.log);
}

async function faithful({ folder, rounds = 60 }: Campaign): Promise<void> {
  console.log(await compareAll({ folder, workMs: rounds * 60_000 }));
}
