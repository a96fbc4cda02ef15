/** A PostgreSQL system that the real program keeps, in the best of health, for faults to be hidden in. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cli, jsonLines } from '../e2e/cli-process.ts';
import { makeScene, startUp, type UpProcess, type UpScene } from '../e2e/up-scene.ts';
import { type LinkProxy, startLinkProxy } from '../support/link-proxy.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';

export interface SilentScene extends AsyncDisposable {
  readonly server: PostgresServer;
  readonly link: LinkProxy;
  readonly files: UpScene;
  /** Where the link leads to. */
  target: PostgresServer;
  up: UpProcess;
  /** Starts it anew, after it was stopped or killed. */
  restartUp(): Promise<void>;
}

/** `quiet`: objectives and a schedule as a shop has them. */
export type SilentKind = 'async' | 'sync' | 'quiet';

export const rpoMs = 30_000;
const password = 'role-password-9c1f';
export const role = 'lifeboat';

export async function makeSilentScene(kind: SilentKind): Promise<SilentScene> {
  await using owned = new AsyncDisposableStack();
  const server = owned.use(await startPostgres({ hba, settings: { wal_sender_timeout: '5s' } }));
  await prepare(server);
  const files = await makeScene();
  owned.defer(() => files[Symbol.dispose]());
  fs.chmodSync(files.folder, 0o711);
  let target = server;
  const link = owned.use(await startLinkProxy(() => target.port));
  fs.writeFileSync(files.path('role-password'), password);
  files.writePlan(planOf(link.port, kind));
  const begin = () => startUp({ ...files.options, secrets: [password] });
  let up = owned.use(begin());
  const all = owned.move();
  return {
    ...{ server, link, files },
    get target() {
      return target;
    },
    set target(other) {
      target = other;
    },
    get up() {
      return up;
    },
    set up(other) {
      up = other;
    },
    async restartUp() {
      await up[Symbol.asyncDispose]();
      up = all.use(begin());
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** By the unix socket the superuser comes in; the role only with its password. */
export const hba = [
  `host all ${role} 127.0.0.1/32 scram-sha-256`,
  `host replication ${role} 127.0.0.1/32 scram-sha-256`,
];

export async function prepare(server: PostgresServer): Promise<void> {
  await server.query(`create role ${role} login replication password '${password}'`);
  await server.query(`grant pg_monitor, pg_read_all_data to ${role}`);
  await server.query(`grant alter system on parameter synchronous_standby_names to ${role}`);
  await server.query(`grant execute on function pg_reload_conf() to ${role}`);
  await server.query('create table orders(id int primary key)');
  await server.query('insert into orders select generate_series(1, 1000)');
}

function planOf(port: number, kind: SilentKind): Parameters<UpScene['writePlan']>[0] {
  const waits = { acknowledged: 'before-commit', when_unreachable: { degrade_after: '5 s' } };
  const connection = {
    ...{ host: '127.0.0.1', port, user: role, database: 'postgres', tls: false },
    ...(kind === 'quiet' ? {} : { timeout: '5 s' }),
    password: '${file:role-password}',
  };
  const quick = { max_lag: '10 s', heartbeat: '1 s' };
  const rpo = kind === 'quiet' ? '15 min' : kind === 'sync' ? '0 s' : '30 s';
  return {
    systems: {
      'orders-db': {
        source: { kind: 'postgres', connection },
        schedule: kind === 'quiet' ? 'every 6 h' : 'monthly on the 1st at 04:00',
        objectives: { rpo, rto: '4 h', proof_age: '1 day' },
        logs: { ...(kind === 'quiet' ? {} : quick), ...(kind === 'sync' ? waits : {}) },
        checks: [
          {
            kind: 'sql',
            name: 'orders',
            query: 'select count(*) from orders where id <= 1000',
            expect: 1000,
          },
        ],
      },
    },
  };
}

export interface SystemStatus {
  readonly status: string;
  readonly concern?: string;
  readonly concern_action?: string;
  readonly objectives: readonly {
    readonly kind: string;
    readonly status: string;
    readonly reason: string;
    readonly next_action?: string;
  }[];
}

/** What `lifeboat status` says; where it cannot even say that, how it failed. */
export async function statusOf({ files }: SilentScene): Promise<SystemStatus | { readonly failed: string }> {
  const run = await cli(files.options, 'status', '--json');
  const lines = jsonLines(run);
  const found = lines.find(({ type }) => type === 'system');
  if (found === undefined) return { failed: run.stderr };
  // the program's own output, whose form other tests guard
  return found as unknown as SystemStatus;
}

export async function untilMet(scene: SilentScene, limitMs: number): Promise<void> {
  await untilStatus(scene, limitMs, 'met', (now) => 'status' in now && now.status === 'met');
}

/** Fails when it stays green for longer than its RPO and the time that a look takes, or says nothing that helps. */
export async function untilNotMet(scene: SilentScene): Promise<string> {
  const now = await untilStatus(
    scene,
    rpoMs + looksMs,
    'not met',
    (seen) => 'failed' in seen || seen.status !== 'met',
  );
  if ('failed' in now) {
    assert.match(now.failed, /→|Run|Check|See|Bring/, 'an error has a next action');
    return 'status fails';
  }
  const unmet = now.objectives.filter(({ status }) => status !== 'met');
  const action = now.concern_action ?? unmet.find(({ next_action }) => next_action)?.next_action;
  const words = now.concern ?? unmet[0]?.reason ?? '';
  assert.ok(words !== '', JSON.stringify(now));
  return `${now.status}: ${words}${action === undefined ? '' : ` → ${action}`}`;
}

/** A machine at work takes seconds for a look. */
const looksMs = 20_000;

async function untilStatus(
  scene: SilentScene,
  limitMs: number,
  what: string,
  isTrue: (now: Awaited<ReturnType<typeof statusOf>>) => boolean,
): Promise<Awaited<ReturnType<typeof statusOf>>> {
  const startMs = performance.now();
  for (;;) {
    const now = await statusOf(scene);
    if (isTrue(now)) return now;
    const isLate = performance.now() - startMs > limitMs;
    assert.ok(!isLate, `not ${what} in time: ${JSON.stringify(now)}\n${scene.up.printed().slice(-3000)}`);
    await sleep(500);
  }
}
