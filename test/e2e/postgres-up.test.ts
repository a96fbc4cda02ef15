/** A plan with a PostgreSQL server, kept by the real program: base backup, log, alarms, and what `status` says of it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { cli, jsonLines } from './cli-process.ts';
import { makeScene, rarely, startUp, type UpScene } from './up-scene.ts';

let server: PostgresServer;
let scene: UpScene;

before(async () => {
  server = await startPostgres({ settings: { max_wal_size: '256MB' } });
  scene = await makeScene();
  // the server that proves a copy runs as another user when this is root
  fs.chmodSync(scene.folder, 0o711);
});
after(async () => {
  scene[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const query = 'select count(*) from orders';

function planOf(logs: object, rpo = '30 s'): Parameters<UpScene['writePlan']>[0] {
  const { host, port, user } = server;
  return {
    systems: {
      'orders-db': {
        source: { kind: 'postgres', connection: { host, port, user, database: 'postgres', tls: false } },
        schedule: rarely,
        objectives: { rpo, rto: '1 h' },
        logs: { max_lag: '10 s', heartbeat: '1 s', ...logs },
        checks: [{ kind: 'sql', name: 'orders', query, expect: 'source' }],
      },
    },
  };
}

async function statusOf(): Promise<Record<string, unknown>> {
  const lines = jsonLines(await cli(scene.options, 'status', '--json'));
  const system = lines.find(({ type }) => type === 'system');
  assert.ok(system !== undefined);
  return system;
}

async function untilStatus(
  what: string,
  isTrue: (system: Record<string, unknown>) => boolean,
): Promise<void> {
  for (let tries = 0; tries < 40; tries++) if (isTrue(await statusOf())) return;
  assert.fail(`${what}: ${JSON.stringify(await statusOf())}`);
}

interface Objective {
  readonly kind: string;
  readonly status: string;
  readonly reason: string;
  readonly measured_ms?: number;
}

function rpoOf(system: Record<string, unknown>): Objective {
  const { objectives } = system;
  assert.ok(Array.isArray(objectives));
  const found: Objective | undefined = objectives.find(({ kind }: Objective) => kind === 'rpo');
  assert.ok(found !== undefined);
  return found;
}

test('the RPO is held by the log while up runs, breached without it, and a server that is away is told', async () => {
  await server.query('create table orders(id int primary key)');
  await server.query('insert into orders select generate_series(1, 1000)');
  scene.writePlan(planOf({}));
  {
    await using up = startUp(scene.options);
    await up.line('log', { event: 'streaming' });
    const backup = await up.line('backup', { system: 'orders-db', vault: 'here' });
    assert.equal(backup['verdict'], 'pass', up.printed());
    const proof = await up.line('verify', { system: 'orders-db' });
    assert.equal(proof['verdict'], 'pass', up.printed());
    await up.line('pass');
    await untilStatus('the log holds the RPO', (system) => rpoOf(system).status === 'met');
    const rpo = rpoOf(await statusOf());
    assert.match(rpo.reason, /^its log in (here|away) is .* behind$/);
    assert.deepEqual(scene.alarms(), []);

    await server.stop('immediate');
    await untilStatus('the server is away', (system) => rpoOf(system).status !== 'met');
    const told = () =>
      scene.alarms().some((line) => line.startsWith('failure|orders-db||SOURCE_UNREACHABLE'));
    for (let tries = 0; tries < 300 && !told(); tries++) await new Promise((done) => setTimeout(done, 100));
    assert.ok(told(), scene.alarms().join('\n'));
    await server.start();
    await up.line('recovered', { subject: 'log orders-db' });
    await untilStatus('it is met again', (system) => rpoOf(system).status === 'met');
    up.signal('SIGTERM');
    assert.equal(await up.exit, 0, up.printed());
  }
  const system = await statusOf();
  assert.match(String(system['concern']), /^the receiver of its log was stopped$/);
  assert.notEqual(system['status'], 'met');
});

test('with commits that wait, an RPO of zero is met only while they do', async () => {
  scene.writePlan(
    planOf({ acknowledged: 'before-commit', when_unreachable: { degrade_after: '5 s' } }, '0 s'),
  );
  await using up = startUp(scene.options);
  await up.line('log', { event: 'protected' });
  await untilStatus('an RPO of zero is met', (system) => rpoOf(system).status === 'met');
  assert.match(rpoOf(await statusOf()).reason, /^each commit waits/);
  fs.renameSync(scene.path('away'), scene.path('gone'));
  fs.writeFileSync(scene.path('away'), 'no folder');
  await server.query('insert into orders values (2000)');
  await up.line('log', { event: 'degraded' });
  await untilStatus('it is breached', (system) => rpoOf(system).status === 'breached');
  fs.rmSync(scene.path('away'));
  fs.renameSync(scene.path('gone'), scene.path('away'));
  await up.line('log', { event: 'protected' });
  await untilStatus('it is met again', (system) => rpoOf(system).status === 'met');
  up.signal('SIGTERM');
  assert.equal(await up.exit, 0, up.printed());
});
