/** `run-due` as a real process over real vaults: what it owes, and how it ends. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { cliEnds, environmentOf, jsonLines, lastLine, program } from './cli-process.ts';
import { makeScene, rarely, shopDatabase, type UpScene, uploads, withinMs } from './up-scene.ts';

let scene: UpScene;

beforeEach(async () => {
  scene = await makeScene();
});

afterEach(() => scene[Symbol.dispose]());

const ofType = (run: Parameters<typeof jsonLines>[0], type: string) =>
  jsonLines(run).filter((line) => line.type === type);

test('backs up and proves what is owed, and then nothing', async () => {
  scene.writePlan({ systems: { uploads, shop: shopDatabase } });
  const dry = await cliEnds(0, scene.options, 'run-due', '--dry-run', '--json');
  assert.equal(ofType(dry, 'owed').length, 2);
  assert.ok(!fs.existsSync(scene.path('here', 'snapshots')));
  const first = await cliEnds(0, scene.options, 'run-due', '--json');
  assert.deepEqual(
    ofType(first, 'backup').map(({ system, vault, verdict, read_back }) => [
      system,
      vault,
      verdict,
      read_back,
    ]),
    ['uploads', 'shop'].map((system) => [system, 'here', 'pass', 'pass']),
  );
  assert.deepEqual(
    ofType(first, 'copy').map(({ system, from, vault, points, read_back }) => [
      system,
      from,
      vault,
      points,
      read_back,
    ]),
    ['uploads', 'shop'].map((system) => [system, ['here'], 'away', 1, 'pass']),
  );
  assert.deepEqual(
    ofType(first, 'verify').map(({ system, verdict }) => [system, verdict]),
    [
      ['uploads', 'pass'],
      ['shop', 'pass'],
    ],
  );
  const second = await cliEnds(0, scene.options, 'run-due', '--json');
  const { backups, copies, proofs, good } = lastLine(second);
  assert.deepEqual([backups, copies, proofs, good], [0, 0, 0, true]);
  assert.equal(fs.readdirSync(scene.path('here', 'snapshots')).length, 2);
});

test('a vault that cannot be read owes everything until it can', async () => {
  scene.writePlan({ systems: { uploads } });
  fs.renameSync(scene.path('away'), scene.path('gone'));
  for (const backups of [1, 0]) {
    const run = await cliEnds(1, scene.options, 'run-due', '--json');
    assert.equal(lastLine(run)['backups'], backups);
    assert.equal(ofType(run, 'failure')[0]?.['subject'], 'vault away');
  }
  fs.renameSync(scene.path('gone'), scene.path('away'));
  const back = await cliEnds(0, scene.options, 'run-due', '--json');
  assert.deepEqual(
    ofType(back, 'copy').map(({ vault }) => vault),
    ['away'],
  );
  assert.equal(ofType(back, 'backup').length, 0);
});

test('a system that fails keeps no other from its backup, and is not fine while it waits', async () => {
  fs.writeFileSync(scene.path('shop.db'), 'this is no database, whatever its name says');
  scene.writePlan({ systems: { shop: shopDatabase, uploads } });
  const first = await cliEnds(1, scene.options, 'run-due', '--json');
  const verdicts = ofType(first, 'backup').map(({ system, verdict }) => `${system} ${verdict}`);
  assert.deepEqual(verdicts, ['shop fail', 'uploads pass']);
  const second = await cliEnds(1, scene.options, 'run-due', '--json');
  assert.equal(lastLine(second)['backups'], 0);
  const failures = ofType(second, 'failure');
  const waiting = failures.filter(({ subject }) => subject !== 'objective shop');
  assert.deepEqual([failures.length, waiting.length], [2, 1]);
  assert.ok(waiting.every((failure) => typeof failure['retry_at'] === 'string'));
});

test('data that fail their checks end in 4, also in the pass that only waits', async () => {
  const wrong = { kind: 'sql', name: 'orders', query: 'select count(*) from orders', expect: 3 };
  scene.writePlan({ systems: { shop: { ...shopDatabase, checks: [wrong] } } });
  const first = await cliEnds(4, scene.options, 'run-due', '--json');
  assert.equal(ofType(first, 'verify')[0]?.['verdict'], 'fail');
  const second = await cliEnds(4, scene.options, 'run-due', '--json');
  assert.equal(ofType(second, 'verify').length, 0);
  scene.writePlan({ systems: { shop: shopDatabase } });
  const mended = await cliEnds(0, scene.options, 'run-due', '--json');
  assert.equal(ofType(mended, 'owed')[0]?.['reason'], 'changed');
  assert.equal(ofType(mended, 'verify')[0]?.['verdict'], 'pass');
});

test('an event runs the systems that wait for it, and no others', async () => {
  scene.writePlan({ systems: { uploads, shop: { ...shopDatabase, schedule: ['on deploy', rarely] } } });
  const run = await cliEnds(0, scene.options, 'run-due', '--event', 'deploy', '--json');
  assert.ok(ofType(run, 'backup').every(({ system }) => system === 'shop'));
  assert.deepEqual([lastLine(run)['backups'], lastLine(run)['copies']], [1, 1]);
  assert.equal(
    lastLine(await cliEnds(2, scene.options, 'run-due', '--event', 'commit', '--json'))['code'],
    'USAGE',
  );
});

test('it never asks for a password, even on a terminal', async () => {
  scene.writePlan({ systems: { uploads } });
  const line = [process.execPath, program, 'run-due'].map((word) => `'${word}'`).join(' ');
  const env = { ...environmentOf(scene.options), LIFEBOAT_PASSWORD: undefined, TERM: 'dumb' };
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: scene.folder, env });
  let seen = '';
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
  });
  const exit = new Promise<number | null>((done) => child.once('close', done));
  const ended = await withinMs(exit, 20_000);
  child.kill('SIGKILL');
  assert.ok(ended, seen);
  assert.equal(await exit, 1);
  assert.match(seen, /no password is given/);
});
