/** `up` as a real process over real vaults: what it does, how it ends, and whom it tells. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { processIsAlive } from '../../src/platform/host.ts';
import { cliEnds, jsonLines, lastLine, password } from './cli-process.ts';
import {
  makeScene,
  rarely,
  shopDatabase,
  startDeadManServer,
  startUp,
  type UpScene,
  uploads,
  withinMs,
} from './up-scene.ts';

let scene: UpScene;

beforeEach(async () => {
  scene = await makeScene();
});

afterEach(() => scene[Symbol.dispose]());

const ofType = (run: Parameters<typeof jsonLines>[0], type: string) =>
  jsonLines(run).filter((line) => line.type === type);

describe('up', () => {
  test('keeps a plan: one process, one pass at once, changes of the plan, a stop that is no failure', async () => {
    await using deadMan = await startDeadManServer();
    const environment = { PING: deadMan.url };
    const options = { ...scene.options, environment };
    const parts = { systems: { uploads }, deadManUrl: '${env:PING}' };
    scene.writePlan(parts);
    await using running = startUp(options);
    assert.equal((await running.line('next'))['system'], 'uploads');
    assert.equal((await running.line('pass'))['good'], true);
    await running.line('dead_man', { ok: true });
    assert.equal(deadMan.hits(), 1);

    const busy = await cliEnds(11, scene.options, 'up', '--json');
    assert.match(String(lastLine(busy)['message']), new RegExp(`process ${running.pid} `));
    await cliEnds(11, scene.options, 'run-due');

    scene.writePlan({ ...parts, systems: { uploads, shop: shopDatabase } });
    await running.line('plan');
    await running.line('copy', { system: 'shop', vault: 'away', verdict: 'pass' });
    await running.line('dead_man', { ok: true });
    assert.equal(deadMan.hits(), 2);

    fs.writeFileSync(scene.path('lifeboat.yaml'), '{ "version": 1, ');
    await running.line('on_failure', { subject: 'plan', ok: true });
    assert.deepEqual(scene.alarms(), ['failure|uploads,shop||PLAN_INVALID']);
    assert.equal(deadMan.hits(), 2);

    scene.writePlan(parts);
    await running.line('on_failure', { event: 'recovered' });
    assert.equal(scene.alarms()[1], 'recovered|uploads,shop||RECOVERED');
    await running.line('dead_man', { ok: true });
    assert.equal(deadMan.hits(), 3);

    running.signal('SIGTERM');
    assert.ok(await withinMs(running.exit, 5000), 'ends within seconds');
    assert.equal(await running.exit, 0);
    for (const secret of [deadMan.secret, password]) assert.ok(!running.printed().includes(secret));
  });

  test('goes on after kill -9, and SIGTERM in the middle of work leaves nothing running', async () => {
    const blocked = {
      source: {
        kind: 'command',
        run: 'echo $$ > shell.pid; while test -e block; do sleep 0.1; done; echo data',
        file: 'data.txt',
      },
      schedule: rarely,
      checks: ['files'],
    };
    scene.writePlan({ systems: { uploads, blocked } });
    fs.writeFileSync(scene.path('block'), '');
    const shell = () => Number(fs.readFileSync(scene.path('shell.pid'), 'utf8'));
    {
      await using killed = startUp(scene.options);
      await killed.line('owed', { system: 'blocked' });
      await until(() => fs.existsSync(scene.path('shell.pid')) && shell() > 0);
      killed.signal('SIGKILL');
      await killed.exit;
      // kill -9 leaves what nobody could end
      process.kill(-shell(), 'SIGKILL');
      fs.rmSync(scene.path('shell.pid'));
    }
    {
      await using stopped = startUp(scene.options);
      await stopped.line('owed', { system: 'blocked' });
      await until(() => fs.existsSync(scene.path('shell.pid')) && shell() > 0);
      stopped.signal('SIGTERM');
      assert.ok(await withinMs(stopped.exit, 8000), 'ends within seconds');
      assert.equal(await stopped.exit, 0);
      assert.ok(!processIsAlive(shell()));
      assert.deepEqual(fs.readdirSync(scene.path('here', 'locks')), []);
    }
    fs.rmSync(scene.path('block'));
    await using again = startUp(scene.options);
    await again.line('copy', { system: 'blocked', vault: 'away', verdict: 'pass' });
    assert.equal((await again.line('pass'))['good'], true);
    again.signal('SIGINT');
    assert.equal(await again.exit, 130);
  });

  test('tells a failure once and its end once, and never says all is well in between', async () => {
    await using deadMan = await startDeadManServer();
    const environment = { PING: deadMan.url };
    const options = { ...scene.options, environment, secrets: [deadMan.secret] };
    scene.writePlan({ systems: { uploads }, deadManUrl: '${env:PING}' });
    fs.renameSync(scene.path('away'), scene.path('gone'));
    await cliEnds(1, options, 'up', '--once');
    await cliEnds(1, options, 'up', '--once');
    assert.deepEqual(scene.alarms(), ['failure|uploads|away|VAULT_NOT_FOUND']);
    assert.equal(deadMan.hits(), 0);
    fs.renameSync(scene.path('gone'), scene.path('away'));
    deadMan.answer(503);
    const deaf = await cliEnds(0, options, 'up', '--once');
    assert.match(deaf.stdout, /FAILED +dead_man_url: .*it answered 503/);
    assert.equal(deadMan.hits(), 3);
    assert.equal(scene.alarms()[1], 'recovered|uploads|away|RECOVERED');
  });

  test('commands of the plan inherit no password, and what they say is kept without it', async () => {
    fs.writeFileSync(scene.path('known.txt'), password);
    const says = (run: string) => ({ source: { kind: 'command', run, file: 'data.txt' }, schedule: rarely });
    const isClean = { kind: 'command', name: 'clean', run: '! env | grep -q ^LIFEBOAT_PASSWORD' };
    scene.writePlan({
      systems: {
        dump: { ...says('env | tee dumped.txt'), checks: [isClean] },
        leak: { ...says('env >&2; echo "it said $(cat known.txt)" >&2; exit 1'), checks: ['files'] },
      },
      onFailure: 'env >> told.txt',
    });
    const run = await cliEnds(1, scene.options, 'up', '--once', '--json');
    assert.equal(ofType(run, 'verify')[0]?.['verdict'], 'pass');
    const states = fs.globSync('**/run.json', { cwd: scene.folder });
    assert.equal(states.length, 1);
    for (const name of ['told.txt', ...states]) {
      assert.match(fs.readFileSync(scene.path(name), 'utf8'), /it said \[secret\]/);
    }
    for (const name of ['dumped.txt', 'told.txt', ...states]) {
      const text = fs.readFileSync(scene.path(name), 'utf8');
      assert.ok(!text.includes(password) && !text.includes('LIFEBOAT_PASSWORD'), name);
    }
    assert.match(fs.readFileSync(scene.path('dumped.txt'), 'utf8'), /^PATH=/m);
  });

  test('an on_failure command that fails is said, ends nothing, and is run again', async () => {
    scene.writePlan({ systems: { uploads: { ...uploads, source: { kind: 'files', paths: ['./absent'] } } } });
    // the command appends to this file, which a folder in its place forbids; its last word decides how it ends
    fs.mkdirSync(scene.path('alarms.txt'));
    const run = await cliEnds(1, scene.options, 'up', '--once', '--json');
    const told = ofType(run, 'on_failure');
    assert.deepEqual(
      told.map(({ subject, ok }) => [subject, ok]),
      [
        ['backup uploads', false],
        ['objective uploads', false],
      ],
    );
    fs.rmdirSync(scene.path('alarms.txt'));
    await cliEnds(1, scene.options, 'up', '--once');
    assert.deepEqual(scene.alarms(), [
      'failure|uploads||SOURCE_INVALID',
      'failure|uploads||OBJECTIVE_NOT_MET',
    ]);
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'it never became true');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
