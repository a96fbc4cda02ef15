/** What can go wrong without a word. Each is hidden in a healthy system, and taken out again. */
import fs from 'node:fs';
import { cli } from '../e2e/cli-process.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { hba, prepare, role, type SilentScene, untilMet, untilNotMet } from './silent-scene.ts';

export interface SilentFault {
  readonly name: string;
  readonly kind: 'async' | 'sync';
  inject(scene: SilentScene): Promise<void>;
  heal(scene: SilentScene): Promise<void>;
  /** Too soon for a look at the status: then it must have been told, and recorded. */
  readonly isMendedByItself?: true;
  /** Takes minutes: not for every run of the tests. */
  readonly isSlow?: true;
}

type Act = (scene: SilentScene) => Promise<unknown> | unknown;

function fault(name: string, inject: Act, heal: Act, kind: SilentFault['kind'] = 'async'): SilentFault {
  return {
    ...{ name, kind },
    async inject(scene) {
      await inject(scene);
    },
    async heal(scene) {
      await heal(scene);
    },
  };
}

const sql =
  (...statements: readonly string[]): Act =>
  async ({ server }) => {
    for (const statement of statements) await server.query(statement);
  };

/** Ends what the role has open, so that it must come anew. */
const endSessions = `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`;

const away =
  (...names: readonly string[]): Act =>
  ({ files }) => {
    for (const name of names) {
      fs.renameSync(files.path(name), files.path(`${name}-gone`));
      fs.writeFileSync(files.path(name), 'no folder');
    }
  };

const back =
  (...names: readonly string[]): Act =>
  ({ files }) => {
    for (const name of names) {
      fs.rmSync(files.path(name));
      fs.renameSync(files.path(`${name}-gone`), files.path(name));
    }
  };

/** Files below a folder of both vaults, moved away and back. */
function missing(
  name: string,
  below: string,
  chosen: (files: readonly string[]) => readonly string[],
): SilentFault {
  const moved = new Map<string, string>();
  return fault(
    name,
    ({ files }) => {
      for (const vault of ['here', 'away']) {
        const top = files.path(vault, below);
        const found = fs
          .readdirSync(top, { recursive: true, withFileTypes: true })
          .filter((each) => each.isFile());
        const paths = found.map((each) => `${each.parentPath}/${each.name}`).toSorted();
        for (const from of chosen(paths)) {
          const to = files.path(`moved-${moved.size}`);
          fs.renameSync(from, to);
          moved.set(to, from);
        }
      }
    },
    async ({ files }) => {
      for (const [from, to] of moved) {
        fs.mkdirSync(to.slice(0, to.lastIndexOf('/')), { recursive: true });
        // what was written anew meanwhile stays
        if (fs.existsSync(to)) fs.rmSync(from);
        else fs.renameSync(from, to);
      }
      moved.clear();
      // what came back is seen when the vaults are read again, at the latest in an hour
      await cli(files.options, 'status', '--refresh');
    },
  );
}

const all = (files: readonly string[]): readonly string[] => files;

/** Another cluster answers where ours did. */
function otherCluster(): SilentFault {
  let other: PostgresServer | undefined;
  return fault(
    'another cluster behind the same name',
    async (scene) => {
      other = await startPostgres({ hba });
      await prepare(other);
      scene.target = other;
      scene.link.cut();
      scene.link.mend();
    },
    async (scene) => {
      scene.target = scene.server;
      scene.link.cut();
      scene.link.mend();
      await other?.[Symbol.asyncDispose]();
    },
  );
}

const settings = (...lines: readonly string[]): Act =>
  sql(...lines.map((line) => `alter system ${line}`), 'select pg_reload_conf()');

const restart: Act = ({ server }) => server.restart();

const both =
  (...acts: readonly Act[]): Act =>
  async (scene) => {
    for (const act of acts) await act(scene);
  };

const statusFile = ({ files }: SilentScene): string => {
  const found = fs
    .readdirSync(files.folder, { recursive: true, encoding: 'utf8' })
    .find((path) => path.endsWith('/log-orders-db.json'));
  return files.path(found ?? 'no status file');
};

/** Drops our slot, whoever comes back for it meanwhile, and does something before anybody makes another. */
function withoutSlots(then: string): string {
  return `do $$ begin
    for i in 1..500 loop
      begin
        perform pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'lifeboat%';
        ${then};
        return;
      exception when others then
        perform pg_terminate_backend(active_pid) from pg_replication_slots where active;
        perform pg_sleep(0.01);
      end;
    end loop;
    raise exception 'the slot is held';
  end $$`;
}

export const silentFaults: readonly SilentFault[] = [
  fault(
    'the server is stopped',
    ({ server }) => server.stop('immediate'),
    ({ server }) => server.start(),
  ),
  fault(
    'the server dies',
    ({ server }) => server.kill(),
    ({ server }) => server.start(),
  ),
  fault(
    'the link is cut',
    ({ link }) => link.cut(),
    ({ link }) => link.mend(),
  ),
  fault(
    'the link is dead',
    ({ link }) => link.deaden(),
    ({ link }) => link.mend(),
  ),
  fault(
    'the password was changed on the server',
    sql(`alter role ${role} password 'another'`, endSessions),
    both(
      ({ files }) => fs.writeFileSync(files.path('role-password'), 'another'),
      // read again by itself
    ),
  ),
  fault(
    'the password has expired',
    sql(`alter role ${role} valid until '2020-01-01'`, endSessions),
    sql(`alter role ${role} valid until 'infinity'`),
  ),
  fault(
    'the role may not log in',
    sql(`alter role ${role} nologin`, endSessions),
    sql(`alter role ${role} login`),
  ),
  fault(
    'the role may not replicate',
    sql(`alter role ${role} noreplication`, endSessions),
    sql(`alter role ${role} replication`),
  ),
  fault(
    'the role has no connection left',
    sql(`alter role ${role} connection limit 0`, endSessions),
    sql(`alter role ${role} connection limit -1`),
  ),
  fault(
    'pg_hba.conf refuses us',
    both(
      ({ server }) => server.admit([`host all,replication ${role} 127.0.0.1/32 reject`]),
      sql(endSessions),
    ),
    ({ server }) => server.admit(hba),
  ),
  fault(
    'pg_hba.conf refuses replication alone',
    both(({ server }) => server.admit([hba[0] ?? '']), sql(endSessions)),
    ({ server }) => server.admit(hba),
  ),
  fault(
    'the server sends no log any more',
    both(settings('set max_wal_senders = 0'), restart),
    both(settings('reset max_wal_senders'), restart),
  ),
  fault(
    'wal_level is minimal',
    both(settings('set wal_level = minimal', 'set max_wal_senders = 0'), sql(withoutSlots('null')), restart),
    both(settings('reset wal_level', 'reset max_wal_senders'), restart),
  ),
  fault(
    'the slot is gone and no other can be made',
    sql(
      "select pg_create_physical_replication_slot('full_' || each) from generate_series(1, 9) as each",
      'select pg_terminate_backend(active_pid) from pg_replication_slots where active',
      withoutSlots("perform pg_create_physical_replication_slot('full_10')"),
    ),
    sql("select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'full%'"),
  ),
  fault(
    'heartbeats are refused',
    sql(`revoke execute on function pg_logical_emit_message(boolean, text, text) from public`),
    sql(`grant execute on function pg_logical_emit_message(boolean, text, text) to public`),
  ),
  otherCluster(),
  fault('one vault is away', away('here'), back('here')),
  fault('all vaults are away', away('here', 'away'), back('here', 'away')),
  missing('the log is gone from the vaults', 'lifeboat/log', (files) =>
    files.filter((file) => !file.endsWith('.history')),
  ),
  missing('a piece of the newest log is gone', 'lifeboat/log', (files) => files.slice(-4, -3)),
  missing('the snapshots are gone', 'snapshots', all),
  missing('the keys are gone', 'keys', all),
  missing('the records are gone', 'lifeboat', (files) => files.filter((file) => !file.includes('/log/'))),
  fault(
    'the config is gone',
    ({ files }) => fs.renameSync(files.path('here', 'config'), files.path('config-gone')),
    ({ files }) => fs.renameSync(files.path('config-gone'), files.path('here', 'config')),
  ),
  fault(
    'the receiver is killed',
    ({ up }) => up.signal('SIGKILL'),
    (scene) => scene.restartUp(),
  ),
  fault(
    'the receiver hangs',
    ({ up }) => up.signal('SIGSTOP'),
    ({ up }) => up.signal('SIGCONT'),
  ),
  fault(
    'the receiver was ended in order',
    async ({ up }) => {
      up.signal('SIGTERM');
      await up.exit;
    },
    (scene) => scene.restartUp(),
  ),
  fault(
    'the status of the receiver cannot be written',
    (scene) => {
      const file = statusFile(scene);
      fs.rmSync(file);
      fs.mkdirSync(file);
    },
    (scene) => fs.rmdirSync(statusFile(scene)),
  ),
  fault(
    'the status of the receiver is torn, and it is away',
    async (scene) => {
      scene.up.signal('SIGKILL');
      await scene.up.exit;
      fs.writeFileSync(statusFile(scene), '{"format":1,');
    },
    (scene) => scene.restartUp(),
  ),
  fault(
    'the plan cannot be used',
    ({ files }) => rewrite(files.path('lifeboat.yaml'), '"version": 1', '"version": "one"'),
    ({ files }) => rewrite(files.path('lifeboat.yaml'), '"version": "one"', '"version": 1'),
  ),
  fault(
    'the file with the password is gone, and the sessions are',
    both(
      ({ files }) => fs.renameSync(files.path('role-password'), files.path('no-password')),
      sql(`alter role ${role} password 'yet another'`, endSessions),
    ),
    ({ files }) => fs.writeFileSync(files.path('role-password'), 'yet another'),
  ),
  {
    ...fault(
      'nobody is waited for any more',
      settings('reset synchronous_standby_names'),
      () => undefined,
      'sync',
    ),
    isMendedByItself: true,
  },
  fault(
    'synchronous_commit is off',
    settings('set synchronous_commit = off'),
    settings('reset synchronous_commit'),
    'sync',
  ),
  fault(
    'synchronous_commit is local',
    settings('set synchronous_commit = local'),
    settings('reset synchronous_commit'),
    'sync',
  ),
  fault(
    'synchronous_commit is off for a role',
    sql('alter role postgres set synchronous_commit = off'),
    sql('alter role postgres reset synchronous_commit'),
    'sync',
  ),
  fault('a vault that commits wait for is away', away('away'), back('away'), 'sync'),
  fault('all vaults that commits wait for are away', away('here', 'away'), back('here', 'away'), 'sync'),
  fault(
    'the receiver that commits wait for is killed',
    ({ up }) => up.signal('SIGKILL'),
    (scene) => scene.restartUp(),
    'sync',
  ),
  fault(
    'the receiver that commits wait for hangs',
    ({ up }) => up.signal('SIGSTOP'),
    ({ up }) => up.signal('SIGCONT'),
    'sync',
  ),
  fault(
    'the link of a server that waits is cut',
    ({ link }) => link.cut(),
    ({ link }) => link.mend(),
    'sync',
  ),
  fault(
    'the role may not let commits wait',
    both(
      sql(`revoke alter system on parameter synchronous_standby_names from ${role}`),
      settings('reset synchronous_standby_names'),
    ),
    sql(`grant alter system on parameter synchronous_standby_names to ${role}`),
    'sync',
  ),
];

function rewrite(path: string, from: string, to: string): void {
  fs.writeFileSync(path, fs.readFileSync(path, 'utf8').replace(from, to));
}

/** Hides the fault in a system that is met, and says what gave it away. Fails when nothing does in time. */
export async function tryFault(scene: SilentScene, fault: SilentFault): Promise<string> {
  await untilMet(scene, healthyMs);
  await fault.inject(scene);
  const said =
    fault.isMendedByItself === true
      ? JSON.stringify((await scene.up.line('log', { event: 'degraded' }))['message'])
      : await untilNotMet(scene);
  await fault.heal(scene);
  await untilMet(scene, healthyMs);
  return `${fault.name}: ${said}`;
}

const healthyMs = 240_000;
