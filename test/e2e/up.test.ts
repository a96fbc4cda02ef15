/** `run-due` and `up` as real processes over real vaults: what they do, how they end, and whom they tell. */
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

describe('run-due', () => {
  test('backs up and proves what is owed, and then nothing', async () => {
    scene.writePlan({ systems: { uploads, shop: shopDatabase } });
    const dry = await cliEnds(0, scene.options, 'run-due', '--dry-run', '--json');
    assert.equal(ofType(dry, 'owed').length, 4);
    assert.ok(!fs.existsSync(scene.path('here', 'snapshots')));
    const first = await cliEnds(0, scene.options, 'run-due', '--json');
    assert.deepEqual(
      ofType(first, 'backup').map(({ system, vault, verdict, read_back }) => [
        system,
        vault,
        verdict,
        read_back,
      ]),
      ['uploads', 'shop'].flatMap((system) =>
        ['here', 'away'].map((vault) => [system, vault, 'pass', 'pass']),
      ),
    );
    assert.deepEqual(
      ofType(first, 'verify').map(({ system, verdict }) => [system, verdict]),
      [
        ['uploads', 'pass'],
        ['shop', 'pass'],
      ],
    );
    const second = await cliEnds(0, scene.options, 'run-due', '--json');
    const { backups, proofs, good } = lastLine(second);
    assert.deepEqual([backups, proofs, good], [0, 0, true]);
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
      ofType(back, 'backup').map(({ vault }) => vault),
      ['away'],
    );
  });

  test('a system that fails keeps no other from its backup, and is not fine while it waits', async () => {
    fs.writeFileSync(scene.path('shop.db'), 'this is no database, whatever its name says');
    scene.writePlan({ systems: { shop: shopDatabase, uploads } });
    const first = await cliEnds(1, scene.options, 'run-due', '--json');
    const verdicts = ofType(first, 'backup').map(({ system, verdict }) => `${system} ${verdict}`);
    assert.deepEqual(verdicts, ['shop fail', 'shop fail', 'uploads pass', 'uploads pass']);
    const second = await cliEnds(1, scene.options, 'run-due', '--json');
    assert.equal(lastLine(second)['backups'], 0);
    assert.ok(ofType(second, 'failure').every((failure) => typeof failure['retry_at'] === 'string'));
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
    assert.equal(lastLine(run)['backups'], 2);
    assert.equal(
      lastLine(await cliEnds(2, scene.options, 'run-due', '--event', 'commit', '--json'))['code'],
      'USAGE',
    );
  });
});

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
    await running.line('backup', { system: 'shop', vault: 'away', verdict: 'pass' });
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
    await again.line('backup', { system: 'blocked', vault: 'away', verdict: 'pass' });
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

  test('an on_failure command that fails is said and ends nothing', async () => {
    scene.writePlan({ systems: { uploads: { ...uploads, source: { kind: 'files', paths: ['./absent'] } } } });
    // the command appends to this file, which a folder in its place forbids; its last word decides how it ends
    fs.mkdirSync(scene.path('alarms.txt'));
    const run = await cliEnds(1, scene.options, 'up', '--once', '--json');
    const told = ofType(run, 'on_failure');
    assert.deepEqual(
      told.map(({ subject, ok }) => [subject, ok]),
      [
        ['backup uploads here', false],
        ['backup uploads away', false],
      ],
    );
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'it never became true');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
