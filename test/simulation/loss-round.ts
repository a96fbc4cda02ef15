/**
 * One round of losses: rows are committed and the log is shipped by a process of its own; something may go wrong; then
 * server, receiver or both are killed, or the link between them is cut, and the data directory is thrown away. What
 * comes back from the vaults alone is compared with what was acknowledged.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStatus } from '../../src/log-shipping/status-file.ts';
import { type LinkProxy, startLinkProxy } from '../support/link-proxy.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import {
  backUpBase,
  beginServer,
  type Comeback,
  comeBack,
  type LossScene,
  loseServer,
} from './loss-scene.ts';
import { startWriters, type Writers } from './loss-writers.ts';
import type { ShipSettings } from './ship-process.ts';

export const twists = [
  ...['none', 'promotion', 'segments', 'idle', 'two receivers', 'full disk'],
  ...['paused receiver', 'clock jump', 'vault away', 'link cut', 'dead link'],
] as const;
export type Twist = (typeof twists)[number];
const victims = ['server', 'receiver', 'both', 'link'] as const;
type Victim = (typeof victims)[number];

export interface LossOptions {
  readonly isSync: boolean;
  readonly twist: Twist;
  /** How long a twist lasts: milliseconds. */
  readonly twistMs: number;
  /** How much later all may be on a machine that does other things besides: milliseconds. Default 0. */
  readonly slackMs?: number;
}

interface Round extends LossOptions {
  readonly scene: LossScene;
  readonly server: PostgresServer;
  readonly link: LinkProxy;
  readonly settings: ShipSettings;
  readonly copies: number;
  readonly victim: Victim;
  readonly receivers: ChildProcess[];
}

/** Beside the time for which something was wrong. */
const maxLagMs = 2000;
const heartbeatMs = 200;
/** The loss that is told, and the real one. */
const exactMs = 1000;
const waitMsMax = 40_000;

/** What happened, in words. */
export async function lossRound(scene: LossScene, options: LossOptions): Promise<string> {
  const { random } = scene;
  scene.rounds++;
  const server = await beginServer(scene);
  await using link = await startLinkProxy(() => server.port);
  const copies = 1 + random.below(2);
  const round: Round = {
    ...{ ...options, scene, server, link, copies, receivers: [] },
    settings: settingsOf(scene, server, link, options.isSync, copies),
    victim: random.pick(victims),
  };
  try {
    startReceiver(round);
    const shippedMs = await isShipping(round);
    if (scene.points.length === 0 || random.below(4) === 0) await backUpBase(scene, server);
    const writers = startWriters(scene, server);
    const wrongSinceMs = await goWrong(round, writers);
    const lostAtMs = await lose(round);
    writers.rest();
    await writers.ended;
    const told = await judge(round, writers, { lostAtMs, wrongSinceMs });
    const mode = options.isSync ? `sync, ${copies} of 2` : 'async';
    return `${mode}, ${options.twist}, ${round.victim}: shipping in ${shippedMs} ms, ${told}`;
  } finally {
    for (const receiver of round.receivers) await killed(receiver);
    scene.vaults.proxy.follow([]);
  }
}

function settingsOf(
  { folder, vaults, rounds }: LossScene,
  { user }: PostgresServer,
  { port }: LinkProxy,
  isSync: boolean,
  copies: number,
): ShipSettings {
  const own = path.join(folder, `receiver-${rounds}`);
  fs.mkdirSync(own);
  const clockFile = path.join(own, 'clock');
  fs.writeFileSync(clockFile, '0');
  const mode = isSync ? ({ kind: 'sync' } as const) : ({ kind: 'async' } as const);
  return { folder: own, port, user, mode, copies, maxLagMs, heartbeatMs, vaults: vaults.places, clockFile };
}

function startReceiver({ settings, receivers }: Round): void {
  const script = path.join(import.meta.dirname, 'ship-process.ts');
  const log = fs.openSync(path.join(settings.folder, 'log'), 'a');
  receivers.push(
    spawn(process.execPath, [script, JSON.stringify(settings)], { stdio: ['ignore', log, log] }),
  );
  fs.closeSync(log);
}

/** Gives how long it took. */
async function isShipping(round: Round): Promise<number> {
  const { settings, isSync } = round;
  const beganMs = Date.now();
  const isReady = (): boolean => {
    const status = readStatus(settings.folder, 'shop');
    const proven = status?.vaults.filter(({ provenUntilMs = 0 }) => provenUntilMs > beganMs) ?? [];
    return status?.state === 'streaming' && (!isSync || status.isProtected) && proven.length === 2;
  };
  while (!isReady()) {
    assert.ok(Date.now() - beganMs < waitMsMax, `it ships: ${wordsOf(round)}`);
    await sleep(50);
  }
  return Date.now() - beganMs;
}

function wordsOf({ settings }: Round): string {
  const status = fs.readFileSync(path.join(settings.folder, 'log'), 'utf8').split('\n').slice(-12).join('\n');
  return `${JSON.stringify(readStatus(settings.folder, 'shop'), (_, value) => (typeof value === 'bigint' ? String(value) : value))}\n${status}`;
}

/** Gives since when the log may not have arrived; undefined where nothing kept it. */
async function goWrong(round: Round, writers: Writers): Promise<number | undefined> {
  const { scene, server, twist, twistMs, link, settings, receivers } = round;
  const { random, vaults } = scene;
  await sleep(300 + random.below(700));
  const sinceMs = Date.now();
  switch (twist) {
    case 'none':
      return undefined;
    case 'promotion':
      await server.kill();
      fs.writeFileSync(path.join(server.data, 'standby.signal'), '');
      await server.start();
      await server.query('select pg_promote()');
      await sleep(twistMs);
      return sinceMs;
    case 'segments':
      for (let count = 0; count < 4; count++) {
        await server.query('set synchronous_commit = local; select pg_switch_wal()');
        await sleep(random.below(150));
      }
      return undefined;
    case 'idle':
      writers.rest();
      await sleep(twistMs);
      return undefined;
    case 'two receivers':
      startReceiver(round);
      await sleep(random.below(twistMs));
      receivers[0]?.kill('SIGKILL');
      await sleep(random.below(twistMs));
      return sinceMs;
    case 'full disk':
      await withFullDisk(vaults.disk, random.below(3) === 0 ? 100 : twistMs);
      return sinceMs;
    case 'paused receiver':
      receivers[0]?.kill('SIGSTOP');
      await sleep(twistMs);
      if (random.below(2) === 0) return sinceMs;
      receivers[0]?.kill('SIGCONT');
      await sleep(random.below(1000));
      return sinceMs;
    case 'clock jump':
      fs.writeFileSync(settings.clockFile, String(random.pick([-1, 1]) * (1 + random.below(100)) * 60_000));
      await sleep(random.below(twistMs));
      return undefined;
    case 'vault away':
      vaults.proxy.follow([{ kind: random.pick(['reset-before', 'reset-after']), percent: 100 }]);
      await sleep(twistMs);
      if (random.below(2) === 0) vaults.proxy.follow([]);
      await sleep(random.below(500));
      return sinceMs;
    case 'link cut':
    case 'dead link':
      if (twist === 'link cut') link.cut();
      else link.deaden();
      await sleep(twistMs);
      link.mend();
      await sleep(random.below(1000));
      return sinceMs;
    default:
      return twist satisfies never;
  }
}

async function withFullDisk(disk: string | undefined, lastsMs: number): Promise<void> {
  if (disk === undefined) return;
  const ballast = path.join(disk, 'ballast');
  const { bavail, bsize } = fs.statfsSync(disk);
  try {
    // beside the writers, whose times would be late otherwise
    await fs.promises.writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 8192)));
  } catch {
    // others write as well: then it is full to the last byte
  }
  await sleep(lastsMs);
  fs.rmSync(ballast, { force: true });
}

/** Gives when the server was gone: nothing was acknowledged later. */
async function lose({ scene, receivers, victim, link }: Round): Promise<number> {
  const { random } = scene;
  if (victim === 'receiver' || victim === 'both') for (const each of receivers) each.kill('SIGKILL');
  if (victim === 'link') link.cut();
  if (victim === 'receiver' || victim === 'link') await sleep(random.below(600));
  await loseServer(scene);
  const lostAtMs = Date.now();
  if (victim === 'server') await sleep(random.below(400));
  for (const each of receivers) await killed(each);
  return lostAtMs;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

interface Disaster {
  readonly lostAtMs: number;
  readonly wrongSinceMs: number | undefined;
}

async function judge(round: Round, { returned, tried }: Writers, disaster: Disaster): Promise<string> {
  const { scene, isSync, copies, server } = round;
  const { random, vaults } = scene;
  const isInBoth = isSync && copies === 2;
  await using back = await comeBack(scene, isInBoth ? [random.pick(vaults.opened)] : vaults.opened, server);
  const invented = [...back.rows].filter((row) => !tried.has(row) && !scene.kept.has(row));
  assert.deepEqual(invented, []);
  const forgotten = [...scene.kept].filter((row) => !back.rows.has(row));
  assert.deepEqual(forgotten, [], 'of earlier rounds');
  const missing = [...returned].filter(([row]) => !back.rows.has(row));
  if (isSync) assert.deepEqual(missing, [], `acknowledged and gone: ${wordsOf(round)}`);
  const there = [...returned].filter(([row]) => back.rows.has(row)).map(([, atMs]) => atMs);
  const newestMs = there.reduce((newest, atMs) => Math.max(newest, atMs), 0);
  const goneMs = missing.map(([, atMs]) => atMs);
  const told = checkLoss(round, back, { goneMs, newestMs }, disaster);
  const words = `${returned.size} acknowledged, ${missing.length} lost${told}, timeline ${back.timeline} in ${back.replayMs} ms`;
  scene.kept = back.rows;
  if (random.below(3) > 0) await back.promote();
  return words;
}

/** When commits returned that are gone, and the newest of those that are there. */
interface Found {
  readonly goneMs: readonly number[];
  readonly newestMs: number;
}

function checkLoss(
  round: Round,
  { knownUntilMs, tail }: Comeback,
  { goneMs, newestMs }: Found,
  { lostAtMs, wrongSinceMs }: Disaster,
): string {
  const { settings, twist, victim, isSync, slackMs = 0 } = round;
  assert.ok(knownUntilMs !== undefined);
  const first = goneMs.toSorted((a, b) => a - b)[0];
  const proven =
    readStatus(settings.folder, 'shop')?.vaults.map(({ provenUntilMs = 0 }) => provenUntilMs) ?? [];
  const clockMs = Number(fs.readFileSync(settings.clockFile, 'utf8'));
  const statusMs = Math.max(...proven) - Math.max(0, clockMs);
  // Both are cut to milliseconds: what returned within the one that was told may have been written behind it.
  assert.ok(first === undefined || first >= knownUntilMs, `lost at ${first}, and ${knownUntilMs} was told`);
  assert.ok(first === undefined || first >= statusMs, `lost at ${first}, and ${statusMs} was in the file`);
  const realMs = first ?? lostAtMs;
  // a server that stood still for a moment says nothing of it, and loses nothing by it
  const isQuiet = first === undefined && wrongSinceMs === undefined && victim === 'server' && !isSync;
  const least = isQuiet ? lostAtMs : newestMs;
  assert.ok(
    least - knownUntilMs <= exactMs + slackMs,
    `told ${least - knownUntilMs} ms less than came back at ${least}: ${tail}`,
  );
  const sinceMs = wrongSinceMs ?? lostAtMs - (victim === 'receiver' || victim === 'link' ? 600 : 0);
  const lossMs = lostAtMs - realMs;
  assert.ok(lossMs <= lostAtMs - sinceMs + maxLagMs + slackMs, `${lossMs} ms were lost, ${twist}`);
  return first === undefined ? '' : ` (${lossMs} ms, told ${lostAtMs - knownUntilMs} ms)`;
}
