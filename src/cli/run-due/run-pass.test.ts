/** Passes over a real vault under a clock that the test sets: what happens on a machine in days and weeks. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type PassScene, passScene } from '../../../test/support/pass-scene.ts';
import { passExitCode } from './finding.ts';
import type { PassResult } from './pass-result.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

let scene: PassScene;

beforeEach(async () => {
  scene = await passScene();
});

afterEach(() => scene[Symbol.dispose]());

/** `end` goes on after the last system, or names more of the plan. */
function writePlan(schedule: string, more = '', end = ''): void {
  scene.writeText(`version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: T, owner: Jane }
vaults: { here: { location: ./here } }
systems:
  db: { source: { kind: files, paths: [./data] }, schedule: ${schedule}, checks: [files]${more} }
${end}`);
}

const pass = () => scene.pass();
const passAndTell = () => scene.passAndTell();

const alarms = () => fs.readFileSync(join(scene.path, 'alarms'), 'utf8').trimEnd().split('\n');

const work = ({ backups, proofs, isGood }: PassResult) => ({ backups, proofs, isGood });

test('after days of downtime one run is made, and a proof is renewed at half its age', async () => {
  writePlan('hourly', ', objectives: { rpo: 2 h, proof_age: 8 days }');
  assert.deepEqual(work(await pass()), { backups: 1, proofs: 1, isGood: true });
  scene.nowMs += 3 * dayMs;
  assert.deepEqual(work(await pass()), { backups: 1, proofs: 0, isGood: true });
  assert.deepEqual(work(await pass()), { backups: 0, proofs: 0, isGood: true });
  scene.nowMs += dayMs + hourMs;
  assert.deepEqual(work(await pass()), { backups: 1, proofs: 1, isGood: true });
});

test('a breached objective fails a pass in which nothing else is wrong, and is told until it is over', async () => {
  const tell = 'on_failure: { command: echo "$LIFEBOAT_EVENT $LIFEBOAT_ERROR_CODE" >> alarms }\n';
  const objectives = ', objectives: { rpo: 2 h }';
  writePlan('monthly on the 1st at 04:00', objectives, tell);
  const first = await passAndTell();
  assert.deepEqual([passExitCode(first.findings), first.isGood], [0, true]);
  scene.nowMs += 3 * hourMs;
  const breached = await passAndTell();
  assert.deepEqual([breached.backups, breached.isGood, passExitCode(breached.findings)], [0, false, 7]);
  assert.equal(breached.nextPassAtMs, scene.nowMs + hourMs);
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
  scene.nowMs += 3 * hourMs;
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
  const startMs = scene.nowMs;
  let backups = 0;
  while (scene.nowMs < startMs + 4 * hourMs) {
    const result = await pass();
    assert.ok(result.isGood);
    backups += result.backups;
    scene.nowMs = result.nextPassAtMs;
  }
  assert.equal(backups, 1 + 4);
});

test('a clock that was wrong once neither stops runs nor repeats them', async () => {
  writePlan('hourly');
  scene.nowMs += 365 * dayMs;
  await pass();
  scene.nowMs -= 365 * dayMs;
  const back = await pass();
  assert.equal(back.backups, 1);
  assert.equal((await pass()).backups, 0);
  scene.nowMs += hourMs;
  assert.equal((await pass()).backups, 1);
});

test('a source that fails is tried again after the back-off, and no pass in between is good', async () => {
  writePlan('daily at 02:00');
  fs.renameSync(join(scene.path, 'data'), join(scene.path, 'moved'));
  const failed = await pass();
  assert.deepEqual([failed.backups, failed.isGood], [1, false]);
  scene.nowMs += 9 * minuteMs;
  fs.renameSync(join(scene.path, 'moved'), join(scene.path, 'data'));
  const waiting = await pass();
  assert.deepEqual([waiting.backups, waiting.isGood], [0, false]);
  assert.equal(waiting.nextPassAtMs, scene.nowMs + minuteMs);
  scene.nowMs = waiting.nextPassAtMs;
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
  scene.nowMs += 10 * minuteMs;
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
  scene.nowMs += 8 * dayMs;
  const result = await pass();
  assert.equal(result.isGood, false);
  const suspicion = ({ findings }: PassResult) =>
    findings.find(({ subject }) => subject === 'suspicion db')?.error?.code;
  assert.equal(suspicion(result), 'SOURCE_CHANGED_SILENTLY');
  const after = await pass();
  assert.deepEqual(work(after), { backups: 0, proofs: 0, isGood: false });
  assert.equal(suspicion(after), 'DELETION_PAUSED');
});
