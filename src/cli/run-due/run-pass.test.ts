/** Passes over a real vault under a clock that the test sets: what happens on a machine in days and weeks. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { testPassword } from '../../../test/support/stock-restic.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { quickKdf } from '../../../test/support/vault.ts';
import { appAdapters } from '../../app.ts';
import { openLocalStore } from '../../object-store/local/local-store.ts';
import { monotonicMs } from '../../platform/clock.ts';
import { createFilesSource } from '../../source/files/files-source.ts';
import { initVault } from '../../vault/open-vault.ts';
import type { AppContext } from '../cli-context.ts';
import { createOutput } from '../output.ts';
import { openPlan } from '../plan/plan-session.ts';
import { createVaultAccess } from '../vault-access.ts';
import { passExitCode } from './finding.ts';
import { passOnce } from './keep-up.ts';
import type { PassResult } from './pass-result.ts';
import { passVoice } from './pass-voice.ts';
import { runPass } from './run-pass.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

let scene: TemporaryFolder;
let nowMs: number;
const variables = ['LIFEBOAT_STATE_DIR', 'XDG_CACHE_HOME', 'LIFEBOAT_PASSWORD'];
const before = new Map(variables.map((name) => [name, process.env[name]]));

beforeEach(async () => {
  scene = temporaryFolder();
  nowMs = Date.parse('2026-11-10T12:30:00Z');
  process.env['LIFEBOAT_STATE_DIR'] = join(scene.path, 'state');
  process.env['XDG_CACHE_HOME'] = join(scene.path, 'cache');
  process.env['LIFEBOAT_PASSWORD'] = testPassword;
  fs.mkdirSync(join(scene.path, 'data'));
  fs.writeFileSync(join(scene.path, 'data', 'a'), 'one');
  await using _vault = await initVault({
    store: openLocalStore(join(scene.path, 'here')),
    password: testPassword,
    kdf: quickKdf,
    role: 'primary',
    stateFolder: join(scene.path, 'state'),
    cacheDirectory: join(scene.path, 'cache'),
    nowMs: () => nowMs,
  });
});

afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  scene[Symbol.dispose]();
});

function context(): AppContext {
  const quiet = {
    isTerminal: false,
    wantsColour: false,
    columns: () => 80,
    closed: new AbortController().signal,
    write: async () => undefined,
  };
  const output = createOutput({ json: false, stdout: quiet, stderr: quiet, monotonicMs });
  const common = {
    adapters: { ...appAdapters, source: async () => dataUnderTestClock() },
    output,
    folder: scene.path,
    programVersion: '0.0.0',
    nowMs: () => nowMs,
    signal: new AbortController().signal,
  };
  return { ...common, ...createVaultAccess(common), describeCommands: async () => [] };
}

/** The root gives sources the real clock. */
function dataUnderTestClock() {
  return createFilesSource({ paths: [join(scene.path, 'data')], nowMs: () => nowMs });
}

/** `end` goes on after the last system, or names more of the plan. */
function writePlan(schedule: string, more = '', end = ''): void {
  const plan = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: T, owner: Jane }
vaults: { here: { location: ./here } }
systems:
  db: { source: { kind: files, paths: [./data] }, schedule: ${schedule}, checks: [files]${more} }
${end}`;
  fs.writeFileSync(join(scene.path, 'lifeboat.yaml'), plan);
}

async function pass(): Promise<PassResult> {
  const running = context();
  const session = await openPlan(undefined, scene.path);
  return await runPass(running, { session, voice: passVoice(running, 'UTC') });
}

async function passAndTell(): Promise<PassResult> {
  return await passOnce(context(), await openPlan(undefined, scene.path));
}

const alarms = () => fs.readFileSync(join(scene.path, 'alarms'), 'utf8').trimEnd().split('\n');

const work = ({ backups, proofs, isGood }: PassResult) => ({ backups, proofs, isGood });

test('after days of downtime one run is made, and a proof is renewed at half its age', async () => {
  writePlan('hourly', ', objectives: { rpo: 2 h, proof_age: 8 days }');
  assert.deepEqual(work(await pass()), { backups: 1, proofs: 1, isGood: true });
  nowMs += 3 * dayMs;
  assert.deepEqual(work(await pass()), { backups: 1, proofs: 0, isGood: true });
  assert.deepEqual(work(await pass()), { backups: 0, proofs: 0, isGood: true });
  nowMs += dayMs + hourMs;
  assert.deepEqual(work(await pass()), { backups: 1, proofs: 1, isGood: true });
});

test('a breached objective fails a pass in which nothing else is wrong, and is told until it is over', async () => {
  const tell = 'on_failure: { command: echo "$LIFEBOAT_EVENT $LIFEBOAT_ERROR_CODE" >> alarms }\n';
  const objectives = ', objectives: { rpo: 2 h }';
  writePlan('monthly on the 1st at 04:00', objectives, tell);
  const first = await passAndTell();
  assert.deepEqual([passExitCode(first.findings), first.isGood], [0, true]);
  nowMs += 3 * hourMs;
  const breached = await passAndTell();
  assert.deepEqual([breached.backups, breached.isGood, passExitCode(breached.findings)], [0, false, 7]);
  assert.equal(breached.nextPassAtMs, nowMs + hourMs);
  await passAndTell();
  assert.deepEqual(alarms(), ['failure OBJECTIVE_NOT_MET']);
  writePlan('hourly', objectives, tell);
  assert.equal(passExitCode((await passAndTell()).findings), 0);
  assert.deepEqual(alarms(), ['failure OBJECTIVE_NOT_MET', 'recovered RECOVERED']);
});

test('an end that could not be told is told by the next pass, once', async () => {
  const tell = 'on_failure: { command: test ! -e deaf && echo $LIFEBOAT_EVENT >> alarms }\n';
  writePlan('monthly on the 1st at 04:00', ', objectives: { rpo: 2 h }', tell);
  await passAndTell();
  nowMs += 3 * hourMs;
  await passAndTell();
  writePlan('hourly', ', objectives: { rpo: 2 h }', tell);
  fs.writeFileSync(join(scene.path, 'deaf'), '');
  await passAndTell();
  assert.deepEqual(alarms(), ['failure']);
  fs.rmSync(join(scene.path, 'deaf'));
  for (const _pass of ['told', 'told before']) {
    await passAndTell();
    assert.deepEqual(alarms(), ['failure', 'recovered']);
  }
});

test('a system that was never proven, and cannot be, is unknown and never a success', async () => {
  writePlan('daily at 02:00', '', '  idle: { source: { kind: files, paths: [./data] }, checks: [files] }\n');
  const first = await pass();
  const unmet = first.findings.flatMap(({ subject, error }) => (error === undefined ? [] : [subject]));
  assert.deepEqual([first.proofs, unmet, passExitCode(first.findings)], [1, ['objective idle'], 7]);
});

test('a loop that sleeps until it is told misses no due time', async () => {
  writePlan('hourly');
  const startMs = nowMs;
  let backups = 0;
  while (nowMs < startMs + 4 * hourMs) {
    const result = await pass();
    assert.ok(result.isGood);
    backups += result.backups;
    nowMs = result.nextPassAtMs;
  }
  assert.equal(backups, 1 + 4);
});

test('a clock that was wrong once neither stops runs nor repeats them', async () => {
  writePlan('hourly');
  nowMs += 365 * dayMs;
  await pass();
  nowMs -= 365 * dayMs;
  const back = await pass();
  assert.equal(back.backups, 1);
  assert.equal((await pass()).backups, 0);
  nowMs += hourMs;
  assert.equal((await pass()).backups, 1);
});

test('a source that fails is tried again after the back-off, and no pass in between is good', async () => {
  writePlan('daily at 02:00');
  fs.renameSync(join(scene.path, 'data'), join(scene.path, 'moved'));
  const failed = await pass();
  assert.deepEqual([failed.backups, failed.isGood], [1, false]);
  nowMs += 9 * minuteMs;
  fs.renameSync(join(scene.path, 'moved'), join(scene.path, 'data'));
  const waiting = await pass();
  assert.deepEqual([waiting.backups, waiting.isGood], [0, false]);
  assert.equal(waiting.nextPassAtMs, nowMs + minuteMs);
  nowMs = waiting.nextPassAtMs;
  assert.deepEqual(work(await pass()), { backups: 1, proofs: 1, isGood: true });
});

test('a point that somebody took out of the vault is owed again', async () => {
  writePlan('daily at 02:00');
  await pass();
  const snapshots = join(scene.path, 'here', 'snapshots');
  for (const name of fs.readdirSync(snapshots, { recursive: true, encoding: 'utf8' })) {
    const path = join(snapshots, name);
    if (fs.statSync(path).isFile()) fs.rmSync(path, { force: true });
  }
  const missing = await pass();
  assert.deepEqual([missing.backups, missing.isGood], [0, false]);
  nowMs += 10 * minuteMs;
  assert.deepEqual(work(await pass()), { backups: 1, proofs: 1, isGood: true });
});

test('records that were taken away are no reason to believe that nothing is owed', async () => {
  writePlan('daily at 02:00');
  await pass();
  fs.rmSync(join(scene.path, 'here', 'lifeboat', 'evidence'), { recursive: true });
  const result = await pass();
  assert.equal(result.isGood, false);
  assert.ok(result.findings.some(({ subject, error }) => subject === 'vault here' && error !== undefined));
});

test('files that change behind their size and time are told by the weekly full read', async () => {
  writePlan('daily at 02:00');
  const file = join(scene.path, 'data', 'a');
  fs.utimesSync(file, 1, 1);
  assert.equal((await pass()).isGood, true);
  fs.writeFileSync(file, 'two');
  fs.utimesSync(file, 1, 1);
  nowMs += 8 * dayMs;
  const result = await pass();
  assert.equal(result.isGood, false);
  const told = result.findings.find(({ subject }) => subject === 'silent db');
  assert.equal(told?.error?.code, 'SOURCE_CHANGED_SILENTLY');
  assert.deepEqual(work(await pass()), { backups: 0, proofs: 0, isGood: true });
});
