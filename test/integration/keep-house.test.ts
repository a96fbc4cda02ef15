/** What passes do for vaults by themselves: retention, prune, the daily share, and what keeps them from it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pin } from '../../src/cli/commands/pin.ts';
import { prune } from '../../src/cli/commands/prune.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { recordCheck } from '../../src/cli/record-check.ts';
import { passExitCode } from '../../src/cli/run-due/finding.ts';
import type { PassResult } from '../../src/cli/run-due/pass-result.ts';
import { rememberAttempts } from '../../src/cli/run-due/remember-attempts.ts';
import { planStateFolder } from '../../src/cli/run-due/run-memory.ts';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import { recordTimes } from '../../src/evidence/record-common.ts';
import { type PassScene, passScene } from '../support/pass-scene.ts';
import { seededRandom } from '../support/seeded-random.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let scene: PassScene;

beforeEach(async () => {
  scene = await passScene();
});

afterEach(() => scene[Symbol.dispose]());

function writePlan(vault: string, end = ''): void {
  scene.writeText(`version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: T, owner: Jane }
vaults: { here: { location: ./here${vault} } }
systems:
  db: { source: { kind: files, paths: [./data] }, schedule: daily at 02:00, checks: [files] }
${end}`);
}

function change(seed: number, bytes = 100_000): void {
  fs.writeFileSync(join(scene.path, 'data', 'a'), seededRandom(seed).bytes(bytes));
}

async function days(count: number): Promise<readonly PassResult[]> {
  const results: PassResult[] = [];
  for (let day = 0; day < count; day += 1) {
    change(day + Math.round(scene.nowMs / dayMs));
    results.push(await scene.pass());
    scene.nowMs += dayMs;
  }
  return results;
}

const types = async (type: string) => (await scene.records('here')).filter((record) => record.type === type);

async function snapshotCount(): Promise<number> {
  await using vault = await scene.open('here');
  return (await vault.repository.snapshotIds()).length;
}

test('a prune that failed is told no more once a person has made it, whether or not there was anything to remove', async () => {
  writePlan(', retention: { last: 100 }');
  await scene.pass();
  scene.nowMs += 8 * dayMs;
  const error = new LifeboatError('STORE_UNAVAILABLE', 'the disk was full');
  const about = { planId: '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77', systemHash: '' };
  await rememberAttempts(scene.context(), about, [{ subject: 'prune here', systems: ['db'], error }]);
  const told = ({ findings }: PassResult) => findings.filter(({ subject }) => subject === 'prune here');
  const [before] = told(await scene.pass());
  assert.equal(before?.error?.message, 'the disk was full');
  const parsed = parseInput('prune', prune, []);
  assert.ok(parsed.kind === 'run');
  assert.equal((await prune.run(scene.context(), parsed.input)).error, undefined);
  const memory = join(planStateFolder(about.planId), 'run.json');
  const kept = fs.readFileSync(memory);
  fs.rmSync(memory);
  fs.mkdirSync(memory);
  // what cannot be kept on this machine does not undo the prune
  assert.equal((await prune.run(scene.context(), parsed.input)).error, undefined);
  fs.rmdirSync(memory);
  fs.writeFileSync(memory, kept);
  for (let pass = 0; pass < 2; pass += 1) {
    const [after] = told(await scene.pass());
    assert.ok(after !== undefined && after.error === undefined);
  }
});

test('retention is carried out, bytes go after the grace, and a share is read back each day', async () => {
  writePlan(', retention: { last: 2 }');
  const results = await days(5);
  assert.ok(results.every(({ isGood }) => isGood));
  assert.equal(await snapshotCount(), 2);
  const prunes = await types('prune');
  assert.ok(prunes.length >= 2 && prunes.length <= 4, `${prunes.length} prunes in five days`);
  const pending = prunes.reduce(
    (sum, record) => sum + (record.type === 'prune' ? record.bytesReclaimed : 0),
    0,
  );
  assert.ok(pending >= 100_000, `${pending} bytes were removed`);
  const coverages = (await types('check')).filter((record) => record.type === 'check' && record.coverage);
  assert.equal(coverages.length, 4);
  const idle = await scene.pass();
  const again = await scene.pass();
  assert.deepEqual([again.backups, again.chores, again.isGood], [0, 0, true]);
  assert.ok(idle.isGood);
});

test('where the plan keeps everything, nothing is removed until a person has given points up', async () => {
  writePlan('');
  await days(9);
  assert.equal(await snapshotCount(), 9);
  assert.deepEqual(await types('prune'), []);
});

test('where this machine only adds, it gives nothing up and says who is to do it', async () => {
  writePlan(', retention: { last: 1 }, append_only: true');
  const results = await days(3);
  assert.ok(results.every(({ isGood }) => isGood));
  assert.equal(await snapshotCount(), 3);
  assert.deepEqual([await types('prune'), await types('forget')], [[], []]);
  const left = scene.said.filter((line) => line.includes('only adds to it'));
  // on the second day the older point is the only proven one, and would stay anywhere
  assert.equal(left.length, 1);
});

test('a suspicion stops all deletion, is told once, and no pass is good until a person has looked', async () => {
  const tell = 'on_failure: { command: echo "$LIFEBOAT_EVENT $LIFEBOAT_ERROR_CODE" >> alarms }\n';
  writePlan(', retention: { last: 1 }', tell);
  const folder = join(scene.path, 'data');
  for (let at = 0; at < 30; at += 1) fs.writeFileSync(join(folder, `file-${at}`), `file ${at}`);
  await days(4);
  const before = await snapshotCount();
  for (let at = 0; at < 30; at += 1) fs.rmSync(join(folder, `file-${at}`));
  for (const _day of [1, 2]) {
    const result = await scene.passAndTell();
    assert.equal(result.isGood, false);
    assert.equal(passExitCode(result.findings), 1);
    scene.nowMs += dayMs;
  }
  assert.equal(await snapshotCount(), before + 2);
  const alarms = fs.readFileSync(join(scene.path, 'alarms'), 'utf8').trimEnd().split('\n');
  assert.deepEqual(alarms, ['failure DELETION_PAUSED']);
  assert.equal((await types('pause')).length, 1);
});

function dataPacks(): readonly string[] {
  const data = join(scene.path, 'here', 'data');
  return fs
    .readdirSync(data, { recursive: true, encoding: 'utf8' })
    .map((name) => join(data, name))
    .filter((path) => fs.statSync(path).isFile() && fs.statSync(path).size > 50_000);
}

function flipBit(pack: string): void {
  const bytes = fs.readFileSync(pack);
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  fs.chmodSync(pack, 0o600);
  fs.writeFileSync(pack, bytes);
}

test('damage that the daily share found is told in every pass until it is mended', async () => {
  writePlan('');
  await days(1);
  flipBit(dataPacks()[0] ?? '');
  const damage = (result: PassResult) =>
    result.findings.find(({ subject }) => subject === 'check here')?.error?.code;
  assert.equal(damage(await scene.pass()), 'VAULT_DAMAGED');
  scene.nowMs += hourMs;
  const later = await scene.pass();
  assert.equal(damage(later), 'VAULT_DAMAGED');
  assert.equal(later.isGood, false);
});

test('damage that somebody found is told on days with a share that is sound, whichever points it names', async () => {
  writePlan('');
  await days(3);
  const damage = ({ findings, isGood }: PassResult) => [
    isGood,
    findings.find(({ subject }) => subject === 'check here')?.error?.code,
  ];
  change(scene.nowMs);
  assert.deepEqual(damage(await scene.pass()), [true, undefined]);
  const [first] = await types('backup');
  assert.ok(first?.type === 'backup' && first.snapshotId !== undefined);
  const { id: _id, previous: _previous, type: _type, ...shared } = { previous: '', ...first };
  const restored = { destination: 'folder', restoreMs: 1, files: 0, bytes: 0, foundDamage: true } as const;
  {
    await using vault = await scene.open('here');
    await vault.append({
      ...{ ...shared, ...restored, type: 'restore', id: 'a-restore', verdict: 'incomplete' },
      ...{ snapshotId: first.snapshotId, ...recordTimes(scene.nowMs, scene.nowMs) },
    });
  }
  scene.nowMs += hourMs;
  assert.deepEqual(damage(await scene.pass()), [false, 'VAULT_DAMAGED'], 'no share is due');
  scene.nowMs += dayMs;
  assert.deepEqual(damage(await scene.pass()), [false, 'VAULT_DAMAGED']);
  const last = (await types('check')).findLast((check) => check.type === 'check' && check.coverage);
  assert.deepEqual([last?.verdict, last?.endMs], ['pass', scene.nowMs]);
});

test('a held point that is lost is told by each daily share until it is back', async () => {
  writePlan('');
  await days(2);
  const [first] = await types('backup');
  assert.ok(first?.type === 'backup' && first.snapshotId !== undefined);
  const { snapshotId } = first;
  const input = parseInput('pin', pin, [snapshotId, '--vault', 'here', '--why', 'audit']);
  assert.ok(input.kind === 'run', JSON.stringify(input));
  await pin.run(scene.context(), input.input);
  const place = join(scene.path, 'here', 'snapshots', snapshotId);
  fs.renameSync(place, join(scene.path, 'aside'));
  const told = (result: PassResult) =>
    result.findings.find(({ subject }) => subject === 'check here')?.error?.code;
  for (const result of await days(2)) assert.equal(told(result), 'VAULT_DAMAGED');
  fs.renameSync(join(scene.path, 'aside'), place);
  const [back] = await days(1);
  assert.equal(back && told(back), undefined);
});

/** By somebody who looks at every byte. */
async function checkAll(): Promise<number> {
  await using vault = await scene.open('here');
  const snapshotIds = await vault.repository.snapshotIds();
  const report = await vault.repository.check({ readData: 'all' });
  const done = { report, data: report, startMs: scene.nowMs, readData: 'all', snapshotIds } as const;
  await recordCheck(scene.context(), vault, done);
  return report.errors.length;
}

test('while damage is known nothing is removed, which is told once and ends when all was read and found right', async () => {
  const tell = 'on_failure: { command: echo "$LIFEBOAT_EVENT $LIFEBOAT_ERROR_CODE" >> alarms }\n';
  writePlan(', retention: { last: 1 }', tell);
  await days(3);
  const [pack = ''] = dataPacks();
  flipBit(pack);
  assert.notEqual(await checkAll(), 0);
  const before = (await types('prune')).length;
  assert.ok(before > 0);
  for (const _day of [1, 2]) {
    change(scene.nowMs);
    assert.equal((await scene.passAndTell()).isGood, false);
    scene.nowMs += dayMs;
  }
  assert.equal((await types('prune')).length, before);
  const alarms = fs.readFileSync(join(scene.path, 'alarms'), 'utf8');
  assert.equal(alarms.match(/failure DELETION_PAUSED/g)?.length, 1);
  flipBit(pack);
  assert.equal(await checkAll(), 0);
  scene.nowMs += hourMs;
  const mended = await scene.passAndTell();
  assert.equal((await types('prune')).length, before + 1);
  const deletion = mended.findings.find(({ subject }) => subject === 'deletion here');
  assert.deepEqual([deletion?.error, deletion?.systems], [undefined, ['db']]);
});

test('a pass with nothing to do asks a store for a dozen things, and writes nothing', async () => {
  writePlan(', retention: { last: 2 }');
  await days(3);
  await scene.pass();
  const before = scene.asked.length;
  const idle = await scene.pass();
  const asked = scene.asked.slice(before);
  assert.deepEqual([idle.backups, idle.chores], [0, 0]);
  assert.ok(asked.length <= 12, asked.join('\n'));
  assert.deepEqual(
    asked.filter((each) => /^(put|delete) /.test(each)),
    [],
  );
});
