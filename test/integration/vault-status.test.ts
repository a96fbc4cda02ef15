/** How status shows each vault, and how it ends because of one. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { CommandEnd } from '../../src/cli/command.ts';
import { check } from '../../src/cli/commands/check.ts';
import { status } from '../../src/cli/commands/status.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { recordKey } from '../../src/cli/record-vault-event.ts';
import { type PassScene, passScene } from '../support/pass-scene.ts';
import { verifyRecord } from '../support/record-samples.ts';

const dayMs = 86_400_000;

let scene: PassScene;

beforeEach(async () => {
  scene = await passScene();
});

afterEach(() => scene[Symbol.dispose]());

function writePlan(vault: string, more = ''): void {
  scene.writeText(`version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: T, owner: Jane }
vaults: { here: { location: ./here${vault} } }
${more}
systems:
  db: { source: { kind: files, paths: [./data] }, schedule: weekly on sunday at 02:00, checks: [files] }
`);
}

interface Shown {
  readonly end: CommandEnd;
  /** The lines of vaults, by what they are about. */
  facet(name: string): string;
}

async function show(words = ['--refresh']): Promise<Shown> {
  const before = scene.said.length;
  const parsed = parseInput('status', status, words);
  assert.ok(parsed.kind === 'run');
  const end = await status.run(scene.context(), parsed.input);
  const lines = scene.said.slice(before);
  return { end, facet: (name) => lines.find((line) => line.slice(11).startsWith(name))?.trim() ?? 'no line' };
}

test('what was done is shown with its time, and what nobody did is unknown', async () => {
  writePlan('');
  await scene.pass();
  const { end, facet } = await show();
  assert.equal(end.error, undefined);
  assert.match(facet('store'), /^ok +store +proved 0 ms ago$/);
  assert.match(facet('re-read'), /^– +re-read +the first share is due \d{4}-\d\d-\d\d$/);
  assert.match(facet('deletion'), /^– +deletion +the plan gives nothing up$/);
  assert.match(facet('immutable'), /^no line$/);
  assert.match(facet('key'), /recovery key/);
});

test('what is owed every day is late after two days, however good it was before', async () => {
  writePlan(', retention: { last: 1 }');
  await scene.pass();
  scene.nowMs += dayMs;
  await scene.pass();
  const fresh = await show();
  assert.match(fresh.facet('re-read'), /^ok +re-read +[\d.]+% read back within 30 d, last 0 ms ago$/);
  assert.match(fresh.facet('deletion'), /^ok +deletion +nothing is pending$/);
  scene.nowMs += 4 * dayMs;
  const old = await show();
  assert.match(old.facet('store'), /^LATE +store/);
  assert.match(old.facet('re-read'), /^LATE +re-read/);
});

test('a recovery key that is gone is told before any check, and so is its removal by another machine', async () => {
  writePlan('');
  await using vault = await scene.open('here');
  const { id } = await vault.repository.addKey('a second way in');
  await recordKey(scene.context(), vault, { action: 'add', keyId: id, purpose: 'recovery' });
  await scene.pass();
  assert.match((await show([])).facet('key'), /^UNKNOWN +key/);
  fs.rmSync(join(scene.path, 'here', 'keys', id));
  for (const words of [[], ['--refresh']]) {
    const { end, facet } = await show(words);
    assert.equal(end.error?.code, 'VAULT_DAMAGED');
    assert.match(
      facet('key'),
      new RegExp(`^FAILED +key +keys/${id.slice(0, 10)} is gone; it is a recovery key$`),
    );
  }
  await recordKey(scene.context(), vault, { action: 'remove', keyId: id });
  const { end, facet } = await show([]);
  assert.equal(end.error, undefined);
  assert.doesNotMatch(facet('key'), /gone/);
});

test('a check says of a damaged key that healing puts it back, and has nobody remove it', async () => {
  writePlan('');
  const keys = join(scene.path, 'here', 'keys');
  const [only = ''] = fs.readdirSync(keys);
  await scene.pass();
  const file = join(keys, only);
  const bytes = fs.readFileSync(file);
  fs.rmSync(file);
  fs.writeFileSync(file, bytes.subarray(1));
  const before = scene.said.length;
  const parsed = parseInput('check', check, []);
  assert.ok(parsed.kind === 'run');
  await check.run(scene.context(), parsed.input);
  const said = scene.said.slice(before).join('\n');
  assert.match(said, new RegExp(`keys/${only}.*\n.*repair heal.*puts it back`));
  assert.doesNotMatch(said, /Remove this key/);
});

test('a suspicion ends status in an error, though every objective is met', async () => {
  writePlan('');
  const file = join(scene.path, 'data', 'a');
  fs.utimesSync(file, 1, 1);
  await scene.pass();
  fs.writeFileSync(file, 'two');
  fs.utimesSync(file, 1, 1);
  scene.nowMs += 8 * dayMs;
  await scene.pass();
  const { end, facet } = await show();
  assert.equal(end.error?.code, 'DELETION_PAUSED');
  assert.match(facet('deletion'), /^FAILED +deletion +paused: db is suspicious$/);
});

test('a copy that failed ends status in an error, though every objective is met', async () => {
  await scene.makeVault('away');
  scene.writeText(`version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: T, owner: Jane }
vaults: { here: { location: ./here }, away: { location: ./away, role: secondary } }
objectives: { rpo: 30 days, proof_age: 30 days, rto: 8 h }
systems:
  db: { source: { kind: files, paths: [./data] }, schedule: weekly on sunday at 02:00, checks: [files] }
`);
  await scene.pass();
  assert.equal((await show()).end.error, undefined);
  const data = join(scene.path, 'away', 'data');
  fs.renameSync(data, `${data}-aside`);
  fs.writeFileSync(data, '');
  fs.writeFileSync(join(scene.path, 'data', 'b'), 'more');
  scene.nowMs += 8 * dayMs;
  await scene.pass();
  // the daily check has found the vault in that state as well: what it says is taken back
  fs.rmSync(data);
  fs.renameSync(`${data}-aside`, data);
  scene.nowMs += 60_000;
  const parsed = parseInput('check', check, ['--vault', 'away', '--read-data']);
  assert.ok(parsed.kind === 'run');
  assert.equal((await check.run(scene.context(), parsed.input)).error, undefined);
  const { error, summary } = (await show()).end;
  assert.equal(summary['status'], 'met', String(summary['sentence']));
  assert.equal(error?.code, 'COPY_INCOMPLETE');
  assert.match(error?.message ?? '', /^vault away: db: .*the last copy failed/);
  assert.match(error?.hint ?? '', /lifeboat copy --to away/);
});

test('a failed proof ends status as such, and in no error once a newer point is proven', async () => {
  writePlan('', 'objectives: { rpo: 30 days, proof_age: 30 days, rto: 8 h }');
  await scene.pass();
  const prove = async (verdict: 'pass' | 'fail', place = -1) => {
    scene.nowMs += 60_000;
    await using vault = await scene.open('here');
    const { records } = await vault.records();
    const point = records.filter((record) => record.type === 'backup').at(place);
    assert.ok(point?.snapshotId !== undefined && point.systemHash !== undefined);
    const { systemHash } = point;
    const given = { vault: vault.id, verdict, restored: true, systemHash } as const;
    await vault.append(verifyRecord(point.snapshotId, scene.nowMs, given));
  };
  await prove('pass');
  const backUp = async (content: string) => {
    fs.writeFileSync(join(scene.path, 'data', 'a'), content);
    scene.nowMs += 8 * dayMs;
    await scene.pass();
  };
  await backUp('broken');
  await prove('fail');
  assert.equal(
    (await show()).end.error?.code,
    'OBJECTIVE_NOT_MET',
    'the newest point is the one that counts',
  );
  await prove('pass', 0);
  const failed = await show();
  assert.match(failed.facet('points'), /^FAILED +points +1 of 2 points failed a proof/);
  const { error } = failed.end;
  assert.deepEqual([error?.code, error?.exitCode], ['VERIFICATION_FAILED', 4], error?.message);
  assert.match(error?.hint ?? '', /lifeboat verify --vault here/);
  await backUp('mended');
  await prove('pass');
  const later = await show();
  assert.match(later.facet('points'), /^UNKNOWN +points +1 of 3 points failed a proof/);
  assert.equal(later.end.error, undefined);
});
