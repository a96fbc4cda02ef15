/** `lifeboat plan simulate` as people and programs see it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { simulatedShop } from '../support/simulated-shop.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, type CliRun, cli, jsonLines } from './cli-process.ts';
import { assertGolden } from './golden-file.ts';

let scene: TemporaryFolder;
let options: CliOptions;

before(() => {
  scene = temporaryFolder();
  options = { folder: scene.path };
  fs.writeFileSync(join(scene.path, 'lifeboat.yaml'), simulatedShop);
});

after(() => scene[Symbol.dispose]());

async function simulates(...words: readonly string[]): Promise<CliRun> {
  return await cli(options, 'plan', 'simulate', ...words);
}

test('the help of plan simulate', async () => {
  const { stdout, exitCode } = await simulates('--help');
  assert.equal(exitCode, 0);
  assertGolden('cli/plan-simulate-help.txt', stdout);
});

test('a scenario for people: what is lost, what blocks, the critical path, people and services', async () => {
  const { stdout, stderr, exitCode } = await simulates('--scenario', 'region-loss');
  assert.equal(exitCode, 7, stderr);
  assert.match(stderr, /breached or unknown: 3 forecasts/);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
  assertGolden('cli/plan-simulate.txt', stdout);
});

test('one line for each scenario, worst first', async () => {
  const { stdout, exitCode } = await simulates();
  assert.equal(exitCode, 7);
  const states = stdout
    .split('\n')
    .flatMap((line) => /^(BREACHED|UNKNOWN|AT RISK|ok) +(\S+)/.exec(line)?.slice(1, 3).join(' ') ?? []);
  assert.deepEqual(states, [
    'BREACHED region-loss',
    'BREACHED corruption',
    'UNKNOWN nothing-known',
    'ok restart',
  ]);
});

test('objectives that are met end with 0', async () => {
  const { exitCode, stdout } = await simulates('--scenario', 'restart');
  assert.equal(exitCode, 0);
  assert.match(stdout, /^ok +api +nothing of 2 h +45 min of 2 h 30 min +assumed +restart$/m);
});

test('for programs: an object for each thing, with the origin of each figure', async () => {
  const run = await simulates('--scenario', 'corruption', '--at', '2026-11-21T12:20:00Z', '--json');
  assert.equal(run.exitCode, 7);
  const lines = jsonLines(run);
  const [head] = lines;
  assert.deepEqual(
    [head?.['type'], head?.['at'], head?.['status']],
    ['simulation', '2026-11-21T12:20:00.000Z', 'breached'],
  );
  const orders = lines.find((line) => line['system'] === 'orders-db');
  assert.deepEqual(orders?.['loss'], {
    kind: 'bounded',
    why: '3 h unnoticed (declared: unnoticed_for); the newest complete point is of 2026-11-21 09:00:00 UTC',
    value_ms: 12_000_000,
    origin: 'declared',
  });
  const types = new Set(lines.map((line) => line['type']));
  for (const type of ['shared_task', 'system', 'critical_path', 'person', 'service', 'summary', 'error'])
    assert.ok(types.has(type), type);
});

test('no column is cut, and the moment is told in one zone', async () => {
  const vault = 'a-vault-of-the-second-provider-in-another-region-far-away';
  const wide = simulatedShop
    .replaceAll(/\baway\b/g, vault)
    .replace('time_zone: UTC', 'time_zone: Europe/Berlin');
  fs.writeFileSync(join(scene.path, 'wide.yaml'), wide);
  const line = ['--plan', 'wide.yaml', '--scenario', 'region-loss', '--at', '2026-11-21 01:59'];
  const { stdout, stderr } = await simulates(...line, '--svg', 'zone.svg');
  assert.match(stdout, new RegExp(`^ok +orders-db .*from ${vault} at west$`, 'm'));
  const moment = '2026-11-21 01:59:00 +01:00 (Europe/Berlin)';
  assert.ok(stderr.includes(moment), stderr);
  assert.ok(stdout.replaceAll(/\s+/g, ' ').includes(`at ${moment}`), stdout);
  assert.ok(fs.readFileSync(join(scene.path, 'zone.svg'), 'utf8').includes(moment));
});

test('--svg writes a picture beside the words', async () => {
  const { exitCode, stdout } = await simulates('--scenario', 'region-loss', '--svg', 'recovery.svg');
  assert.equal(exitCode, 7);
  assert.match(stdout, /recovery\.svg: written\./);
  assert.match(fs.readFileSync(join(scene.path, 'recovery.svg'), 'utf8'), /^<svg .*<\/svg>\n$/s);
});

test('--svg into a folder that is not there says so, and that is no fault of Lifeboat', async () => {
  const missing = await simulates('--scenario', 'restart', '--svg', 'nodir/x.svg', '--json');
  assert.equal(missing.exitCode, 2, missing.stderr);
  const error = jsonLines(missing).find(({ type }) => type === 'error');
  assert.equal(error?.['code'], 'USAGE');
  assert.match(String(error?.['message']), /the folder .*nodir does not exist/);
  fs.mkdirSync(join(scene.path, 'is-folder'));
  const folder = await simulates('--scenario', 'restart', '--svg', 'is-folder');
  assert.deepEqual([folder.exitCode, /is a folder/.test(folder.stderr)], [2, true], folder.stderr);
});

test('a plan with placeholders is simulated, and what they touch is unknown', async () => {
  const gap = simulatedShop.replace('estimates: { start: 10 min }', 'estimates: { start: "[Specify time]" }');
  assert.notEqual(gap, simulatedShop);
  fs.writeFileSync(join(scene.path, 'gap.yaml'), gap);
  const run = await simulates('--scenario', 'restart', '--plan', 'gap.yaml');
  assert.equal(run.exitCode, 7, run.stderr);
  assert.match(run.stderr, /gap\.yaml has 1 error or placeholder/);
  assert.match(run.stdout, /^UNKNOWN +api /m);
  assert.match(
    run.stdout,
    /✗ what is forecast rests on placeholders: systems\.api\.estimates\.start\. Owed by Jane Doe/,
  );
  const scenario = simulatedShop.replace('kind: service-failure', 'kind: "[Define kind]"');
  assert.notEqual(scenario, simulatedShop);
  fs.writeFileSync(join(scene.path, 'gap.yaml'), scenario);
  const listed = await simulates('--plan', 'gap.yaml');
  assert.match(listed.stdout, /^UNKNOWN +restart +\? +has placeholders/m);
  const left = await simulates('--scenario', 'restart', '--plan', 'gap.yaml');
  assert.deepEqual([left.exitCode, /the scenario restart .* has placeholders/.test(left.stderr)], [6, true]);
});

test('what cannot be simulated says why', async () => {
  const unknown = await simulates('--scenario', 'regionloss');
  assert.equal(unknown.exitCode, 2);
  assert.match(unknown.stderr, /has no scenario regionloss[\s\S]*Did you mean region-loss\?/);
  const many = await simulates('--svg', 'all.svg');
  assert.equal(many.exitCode, 2);
  fs.writeFileSync(join(scene.path, 'broken.yaml'), simulatedShop.replace('kind: site-loss', 'kind: flood'));
  assert.equal((await simulates('--plan', 'broken.yaml')).exitCode, 6);
  fs.writeFileSync(
    join(scene.path, 'empty.yaml'),
    simulatedShop.slice(0, simulatedShop.indexOf('scenarios:')),
  );
  const empty = await simulates('--plan', 'empty.yaml');
  assert.equal(empty.exitCode, 5);
  assert.match(empty.stdout, /has no scenarios/);
});

test('a plan that promises half is not green, and says what is missing', async () => {
  const half = simulatedShop
    .replace('objectives: { rpo: 2 h, rto: 3 h }', 'objectives: { rpo: 2 h }')
    .replace('    objectives: { rto: 150 min }\n', '')
    .replace('    detection: { within: 5 min }\n', '');
  fs.writeFileSync(join(scene.path, 'half.yaml'), half);
  const full = await simulates('--plan', 'half.yaml', '--scenario', 'restart');
  assert.equal(full.exitCode, 7, full.stdout);
  assert.match(full.stdout, /^UNKNOWN +api +nothing of 2 h +≥ \d+ min of –/m);
  assert.match(full.stdout, /^ {4}no RTO is set: nobody knows how soon it is noticed$/m);
  const listed = await simulates('--plan', 'half.yaml');
  assert.match(
    listed.stdout,
    /^UNKNOWN +restart .*1 affected: 1 unknown, no RTO; .*in the way: nobody knows how soon it is noticed$/m,
  );
  fs.writeFileSync(join(scene.path, 'half.yaml'), half.replace('objectives: { rpo: 2 h }\n', ''));
  const none = await simulates('--plan', 'half.yaml');
  assert.match(none.stdout, /^UNKNOWN +restart .*1 affected: nothing to judge: no RPO, no RTO; /m);
});
