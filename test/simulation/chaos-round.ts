/**
 * One round of chaos: two writers, a pruner and others work on the same vaults at once, as processes of the program,
 * while some are killed or stopped, a disk is full or the network is cut. Then there is peace, and whatever happened,
 * the next backup must need no help.
 */
import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorName } from '../../src/error/lifeboat-error.ts';
import { type CliRun, cli, ended, type JsonLine, startCli } from '../e2e/cli-process.ts';
import type { ProxyFault } from '../support/fault-proxy.ts';
import { type ChaosScene, changeSystems, expectNoLocks, type GoodPoint, systems } from './chaos-scene.ts';

export interface RoundOptions {
  /** How long a process is stopped: milliseconds. */
  readonly stopMs: number;
}

interface Actor {
  readonly words: readonly string[];
  readonly child: ChildProcessWithoutNullStreams;
  readonly run: Promise<CliRun>;
  /** What it was told to give up. */
  readonly forgets?: GoodPoint;
}

const faultKinds = ['kill', 'stop', 'full disk', 'network'] as const;
type FaultKind = (typeof faultKinds)[number];

/** Nobody hangs: milliseconds, beside the time it is stopped. */
const actorMsMax = 10 * 60 * 1000;
/** What a process may end with while things go wrong. Damage is not among it: there is none, whatever happens. */
const endsAllowed = new Set([
  ...['VAULT_LOCKED', 'PLAN_BUSY', 'DISK_FULL', 'STORE_UNAVAILABLE', 'SNAPSHOT_NOT_FOUND'],
  ...['RETENTION_REFUSED', 'COPY_INCOMPLETE', 'DELETION_PAUSED'],
]);

/** What happened, in words. Raises when a process ended as none may, or when peace does not help by itself. */
export async function chaosRound(scene: ChaosScene, options: RoundOptions): Promise<string> {
  changeSystems(scene);
  const plan = drawRound(scene);
  const actors = plan.actors.map((actor) => startActor(scene, actor));
  const disturbing = plan.faults.map((fault) => disturb(scene, fault, actors, options));
  const [runs] = await Promise.all([
    Promise.all(actors.map((actor) => endOf(actor, options))),
    Promise.all(disturbing),
  ]);
  const ends = actors.map((actor, at) => takeIn(scene, actor, runs[at]));
  await makePeace(scene);
  return `${plan.faults.map(({ words }) => words).join(' and ')}; ${ends.join(', ')}`;
}

interface RoundPlan {
  readonly actors: readonly Pick<Actor, 'words' | 'forgets'>[];
  readonly faults: readonly Fault[];
}

interface Fault {
  readonly kind: FaultKind;
  readonly words: string;
  readonly afterMs: number;
  readonly lastsMs: number;
  /** Which of the actors is killed or stopped. */
  readonly victim: number;
  readonly script: readonly ProxyFault[];
}

const cutKinds = ['reset-before', 'reset-after', 'reset-in-request', 'reset-in-answer', 'silence'] as const;

function drawRound(scene: ChaosScene): RoundPlan {
  const { random } = scene;
  const actors: Pick<Actor, 'words' | 'forgets'>[] = systems.map((system) => ({ words: ['backup', system] }));
  actors.push({ words: ['prune', '--grace', random.pick(['0s', '0s', '5s', '1h']), '--wait', '20s'] });
  const point = random.below(2) === 0 ? oldPoint(scene) : undefined;
  if (point)
    actors.push({
      words: ['forget', '--vault', point.vault, '--point', point.snapshotId, '--why', 'chaos', '--yes'],
      forgets: point,
    });
  if (random.below(3) === 0) actors.push({ words: ['copy'] });
  const possible = faultKinds.filter(
    (kind) =>
      (kind !== 'full disk' || scene.disk !== undefined) && (kind !== 'network' || scene.proxy !== undefined),
  );
  const count = 1 + random.below(2);
  const draw = () => drawFault(scene, random.pick(possible), random.below(actors.length));
  return { actors, faults: Array.from({ length: count }, draw) };
}

/** Not the newest ones: those are what the next backups build on, and retention would keep them. */
function oldPoint({ good, random }: ChaosScene): GoodPoint | undefined {
  const old = [...good.values()].slice(0, -8);
  return old.length === 0 ? undefined : random.pick(old);
}

function drawFault({ random, usualMs }: ChaosScene, kind: FaultKind, victim: number): Fault {
  // all begin at once and none has more to do than the half of what took so long
  const afterMs = random.below(Math.ceil(usualMs * 0.6));
  const lastsMs = random.pick([500, 2000, 5000]);
  const cut = random.pick(cutKinds);
  const percent = random.pick([30, 100]);
  const words = kind === 'network' ? `network (${cut} ${percent}%)` : kind;
  const script: ProxyFault[] =
    cut === 'silence' ? [{ kind: cut, ms: lastsMs, percent }] : [{ kind: cut, percent }];
  return { kind, words: `${words} at ${afterMs} ms`, afterMs, lastsMs, victim, script };
}

function startActor({ cli: options }: ChaosScene, actor: Pick<Actor, 'words' | 'forgets'>): Actor {
  const child = startCli(options, ...actor.words, '--json');
  return { ...actor, child, run: ended(child) };
}

async function disturb(
  scene: ChaosScene,
  fault: Fault,
  actors: readonly Actor[],
  { stopMs }: RoundOptions,
): Promise<void> {
  const victim = actors[fault.victim]?.child;
  await sleep(fault.afterMs);
  switch (fault.kind) {
    case 'kill':
      victim?.kill('SIGKILL');
      return;
    case 'stop':
      victim?.kill('SIGSTOP');
      await sleep(stopMs);
      victim?.kill('SIGCONT');
      return;
    case 'full disk':
      return await fillDisk(scene.disk ?? '', fault.lastsMs);
    case 'network':
      scene.proxy?.follow(fault.script);
      await sleep(fault.lastsMs);
      scene.proxy?.follow([]);
      return;
    default:
      fault.kind satisfies never;
  }
}

/** All that is free but a little that may hold half of what is put next. */
async function fillDisk(disk: string, lastsMs: number): Promise<void> {
  const ballast = join(disk, `ballast-${randomUUID()}`);
  const sparedBytes = 8 * 1024;
  const { bavail, bsize } = statfsSync(disk);
  try {
    try {
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - sparedBytes)));
    } catch (error) {
      // others write as well: then it is full to the last byte
      assert.equal(systemErrorName(error), 'ENOSPC');
    }
    await sleep(lastsMs);
  } finally {
    rmSync(ballast, { force: true });
  }
}

async function endOf({ run, child, words }: Actor, { stopMs }: RoundOptions): Promise<CliRun> {
  const over = new AbortController();
  const late = sleep(actorMsMax + stopMs, undefined, { signal: over.signal }).then(
    () => {
      child.kill('SIGKILL');
      throw new Error(`${words.join(' ')} did not end`);
    },
    () => run,
  );
  try {
    return await Promise.race([run, late]);
  } finally {
    over.abort();
  }
}

/** Remembers what a process reported, also before it was killed, and gives its end in words. */
function takeIn(scene: ChaosScene, actor: Actor, run: CliRun | undefined): string {
  assert.ok(run);
  const lines = run.stdout
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line): JsonLine => JSON.parse(line));
  for (const line of lines) noteGood(scene, line);
  const end = lines.at(-1);
  const code = end?.type === 'error' ? String(end['code']) : undefined;
  const isKilled = actor.child.signalCode === 'SIGKILL';
  const said = `${actor.words.join(' ')} ended with ${run.exitCode}: ${run.stderr}${JSON.stringify(end)}`;
  assert.ok(isKilled || (run.exitCode === 0 && end?.type === 'summary') || endsAllowed.has(code ?? ''), said);
  if (actor.forgets) noteForgotten(scene, actor.forgets, run.exitCode === 0, isKilled);
  return `${actor.words[0]} ${isKilled ? 'killed' : (code ?? run.exitCode)}`;
}

function noteGood({ good }: ChaosScene, line: JsonLine): void {
  if ((line.type !== 'backup' && line.type !== 'copy') || line['read_back'] !== 'pass') return;
  const vault = String(line['vault']);
  const ids = line.type === 'backup' ? [line['snapshot_id']] : line['snapshot_ids'];
  assert.ok(Array.isArray(ids));
  for (const snapshotId of ids.map(String))
    good.set(`${vault}/${snapshotId}`, { vault, snapshotId, mayBeGone: false });
}

/** One that was refused may still be there, one that was killed may not. */
function noteForgotten({ good }: ChaosScene, point: GoodPoint, isDone: boolean, isKilled: boolean): void {
  if (isDone) good.delete(`${point.vault}/${point.snapshotId}`);
  else if (isKilled) point.mayBeGone = true;
}

/** Nothing goes wrong any more: one backup of everything needs no help, and leaves no lock of anybody. */
async function makePeace(scene: ChaosScene): Promise<void> {
  const startMs = performance.now();
  const run = await cli(scene.cli, 'backup', '--json');
  assert.equal(run.exitCode, 0, `in peace: ${run.stderr}${run.stdout}`);
  scene.usualMs = performance.now() - startMs;
  for (const line of run.stdout.trimEnd().split('\n')) noteGood(scene, JSON.parse(line));
  for (const vault of scene.vaults) await expectNoLocks(vault);
}

/** Before the first round: one backup that nothing disturbs. */
export async function beginInPeace(scene: ChaosScene): Promise<void> {
  changeSystems(scene);
  await makePeace(scene);
}
