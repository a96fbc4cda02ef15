/** `archive_command` and `restore_command` of a real server, over the socket of a running Lifeboat. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { postgresLogs } from '../../src/app-postgres.ts';
import { openWalSocket } from '../../src/cli/log/serve-wal.ts';
import type { WalGround } from '../../src/cli/log/wal-files.ts';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { initVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { cliEnds } from '../e2e/cli-process.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { until } from '../support/shipping-scene.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { systemIdOf } from '../support/wal-archive.ts';

const programs = resolve(import.meta.dirname, '../../src/wal-programs');
const segmentBytes = 1024 * 1024;
/** A process for each file of the log. */
const slowMs = 90_000;

let folder: TemporaryFolder;
let vaults: readonly Vault[];
/** Vaults that are away. */
const away = new Set<number>();
let expected: string | undefined;
let socket: string;

before(async () => {
  folder = temporaryFolder();
  fs.chmodSync(folder.path, 0o755);
  vaults = await Promise.all(['one', 'two'].map(newVault));
  socket = join(folder.path, 'run', 'wal.sock');
});

after(async () => {
  for (const vault of vaults) await vault[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function newVault(name: string): Promise<Vault> {
  return await initVault({
    store: openLocalStore(join(folder.path, name)),
    ...{ password: 'a password', role: 'primary', kdf: { N: 1024, r: 8, p: 1 }, nowMs: Date.now },
    stateFolder: join(folder.path, 'state'),
    cacheDirectory: join(folder.path, 'cache'),
  });
}

async function ground(system: string | undefined): Promise<WalGround> {
  if (system !== undefined && system !== 'shop')
    throw new LifeboatError('SYSTEM_NOT_FOUND', `the plan has no system "${system}" with data`);
  return {
    ...{ system: 'shop', copies: 2, expected, tools: await postgresLogs.tools() },
    vaults: vaults.map((vault, at) => ({
      name: `vault-${at}`,
      open: async () => {
        if (away.has(at)) throw new LifeboatError('STORE_UNAVAILABLE', `vault-${at} does not answer`);
        return vault;
      },
    })),
  };
}

interface Serving extends AsyncDisposable {
  readonly told: readonly string[];
}

async function serve(mode = 0o666): Promise<Serving> {
  const told: string[] = [];
  const serving = await openWalSocket({ path: socket, mode, ground, tell: (words) => told.push(words) });
  return {
    told,
    async [Symbol.asyncDispose]() {
      await serving[Symbol.asyncDispose]();
      assert.ok(!fs.existsSync(socket));
    },
  };
}

interface ProgramEnd {
  readonly exitCode: number | null;
  readonly stderr: string;
}

async function run(program: string, cwd: string, ...words: readonly string[]): Promise<ProgramEnd> {
  const args = [
    join(programs, `lifeboat-${program}-wal.mjs`),
    '--socket',
    socket,
    '--system',
    'shop',
    ...words,
  ];
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise<number | null>((done) => child.once('close', done));
  return { exitCode, stderr };
}

function command(program: string, words: string): string {
  return `${process.execPath} ${join(programs, `lifeboat-${program}-wal.mjs`)} --socket ${socket} --system shop ${words}`;
}

async function archivedUpTo(server: PostgresServer): Promise<void> {
  const name = await server.value('select pg_walfile_name(pg_switch_wal())');
  await until(
    'it is archived',
    async () => {
      const last = await server.value("select coalesce(last_archived_wal, '') from pg_stat_archiver");
      return last >= name;
    },
    slowMs,
  );
}

test('a server archives over the socket and another one comes back by it, over a promotion', async () => {
  await using serving = await serve();
  await using server = await startPostgres({
    walSegmentMb: 1,
    settings: { archive_mode: 'on', archive_command: command('archive', '%p %f') },
  });
  await server.query('create table rows (id int, filler text)');
  const base = join(server.folder, 'base');
  const backup = await server.run('pg_basebackup', '-D', base, '-X', 'none', '-c', 'fast');
  assert.equal(backup.exitCode, 0, backup.stderr);
  await server.query("insert into rows select g, repeat('x', 400) from generate_series(1, 4000) g");
  await archivedUpTo(server);
  await server.query('insert into rows values (4001, null)');
  await archivedUpTo(server);
  for (const vault of vaults) {
    const log = vault.log({ system: 'shop', incarnation: await systemIdOf(server) });
    assert.deepEqual((await log.check({ reads: () => true })).findings, []);
    const [coverage] = await log.coverage();
    assert.ok((coverage?.spans ?? []).length === 1 && coverage?.gaps.length === 0);
  }
  fs.appendFileSync(
    join(base, 'postgresql.auto.conf'),
    `restore_command = '${command('restore', '%f %p')}'\narchive_command = '${command('archive', '%p %f')}'\n`,
  );
  fs.writeFileSync(join(base, 'recovery.signal'), '');
  await using restored = await startPostgres({ data: base });
  await until('it is open', async () => (await restored.value('select pg_is_in_recovery()')) === 'f', slowMs);
  assert.equal(await restored.value('select max(id) from rows'), '4001');
  // its history, the partial segment and the new timeline are archived as well
  await restored.query('insert into rows values (4002, null)');
  await archivedUpTo(restored);
  const log = vaults[0]?.log({ system: 'shop', incarnation: await systemIdOf(restored) });
  assert.match(String(await log?.history('00000002')), /^1\t/);
  assert.ok((await log?.coverage())?.some(({ branch }) => branch === '00000002'));
  assert.deepEqual(serving.told, []);
});

test('what is not known is never "missing": exit codes as the server needs them', async () => {
  const work = join(folder.path, 'work');
  fs.mkdirSync(work, { recursive: true });
  const name = '000000010000000000000001';
  // nobody listens
  assert.equal((await run('restore', work, name, 'out')).exitCode, 200);
  fs.writeFileSync(join(work, name), 'x');
  const unheard = await run('archive', work, name, name);
  assert.equal(unheard.exitCode, 1);
  assert.match(unheard.stderr, /is not answered/);
  // what a killed process left
  fs.mkdirSync(join(socket, '..'), { recursive: true });
  {
    await using serving = await serve();
    const known = (await vaults[0]?.logs())?.[0]?.incarnation ?? '';
    fs.mkdirSync(join(work, 'global'), { recursive: true });
    const control = Buffer.alloc(8);
    control.writeBigUInt64LE(BigInt(known));
    fs.writeFileSync(join(work, 'global/pg_control'), control);
    const newest = ['restore', work, '00000009.history', 'out'] as const;
    const absent = await run(...newest);
    assert.equal(absent.exitCode, 1, absent.stderr);
    const missing = await run('restore', work, '0000000100000000000000F0', 'out');
    assert.equal(missing.exitCode, 1, missing.stderr);
    // before the log begins, and in a vault that is away: not known
    away.add(1);
    assert.equal((await run(...newest)).exitCode, 200);
    assert.equal((await run('restore', work, name, 'out')).exitCode === 1, false);
    away.delete(1);
    const other = await run('archive', work, name, name);
    assert.equal(other.exitCode, 1, 'no file of a log');
    assert.match(other.stderr, /SOURCE_INVALID/);
    assert.equal((await run('restore', work, 'name/../x', 'out')).exitCode, 200);
    assert.equal((await run('restore', work, '--socket')).exitCode, 200);
    assert.ok(!fs.existsSync(join(work, 'out')));
    assert.ok(serving.told.length > 0);
  }
});

test('a file counts when enough vaults have it, and other bytes at the same place are an error', async () => {
  await using server = await startPostgres({ walSegmentMb: 1 });
  await server.query("create table rows as select g, repeat('x', 400) from generate_series(1, 4000) g");
  const data = join(server.data, 'pg_wal');
  const [first = '', second = ''] = fs.readdirSync(data).filter((each) => /^[0-9A-F]{24}$/.test(each));
  await using _serving = await serve();
  away.add(1);
  assert.equal((await run('archive', server.data, `pg_wal/${first}`, first)).exitCode, 1);
  away.delete(1);
  assert.equal((await run('archive', server.data, `pg_wal/${first}`, first)).exitCode, 0);
  assert.equal((await run('archive', server.data, `pg_wal/${first}`, first)).exitCode, 0, 'again');
  const changed = fs.readFileSync(join(data, first));
  changed[segmentBytes / 2] = (changed[segmentBytes / 2] ?? 0) ^ 1;
  fs.writeFileSync(join(folder.path, 'changed'), changed);
  const conflict = await run('archive', server.data, join(folder.path, 'changed'), first);
  assert.equal(conflict.exitCode, 1);
  assert.match(conflict.stderr, /LOG_CONFLICT/);
  expected = '7';
  const stranger = await run('archive', server.data, `pg_wal/${first}`, first);
  expected = undefined;
  assert.equal(stranger.exitCode, 1);
  assert.match(stranger.stderr, /is of the cluster \d+, not of 7/);
  const misnamed = await run('archive', server.data, `pg_wal/${first}`, second);
  assert.match(misnamed.stderr, /SOURCE_INVALID/);
  // more at once than are answered at once
  const many = Array.from({ length: 10 }, (_, at) => join(folder.path, `many-${at}`));
  const ends = await Promise.all(many.map((place) => run('restore', server.data, first, place)));
  assert.deepEqual(
    ends.map(({ exitCode }) => exitCode),
    many.map(() => 0),
  );
  const out = join(folder.path, 'back');
  assert.equal((await run('restore', server.data, first, out)).exitCode, 0);
  assert.ok(fs.readFileSync(out).equals(fs.readFileSync(join(data, first))));
});

test('two of them cannot serve one socket, words that are no question are answered, and its mode is what was asked', async () => {
  await using _serving = await serve(0o600);
  assert.equal(fs.statSync(socket).mode & 0o777, 0o600);
  await assert.rejects(
    openWalSocket({ path: socket, ground }),
    (error) => error instanceof LifeboatError && error.code === 'ADDRESS_UNUSABLE',
  );
  for (const words of ['hello\n', '{"v":2}\n', '{"v":1,"do":"put","name":"x"}\n', `${'x'.repeat(10_000)}`]) {
    const said = await new Promise<string>((done) => {
      const client = connect(socket);
      let text = '';
      client.on('data', (part) => {
        text += part;
      });
      client.on('close', () => done(text));
      client.write(words);
    });
    assert.match(said, /"code":"USAGE"/, words.slice(0, 20));
  }
});

test('with a ticket the programs work alone: over segments of the usual size, and not for others', async () => {
  await using server = await startPostgres({ settings: { wal_keep_size: '64MB' } });
  await server.query("create table rows as select g, repeat('x', 400) from generate_series(1, 1000) g");
  await server.query('select pg_switch_wal()');
  const options = { folder: folder.path, environment: { LIFEBOAT_PASSWORD: 'a password' } };
  fs.writeFileSync(
    join(folder.path, 'lifeboat.yaml'),
    `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d88, name: Shop, owner: ann }
vaults: { one: { location: ${folder.path}/one }, two: { location: ${folder.path}/two } }
systems:
  shop:
    owner: ann
    source: { kind: postgres, connection: { host: 127.0.0.1, database: postgres, user: postgres } }
    logs: { max_lag: 1 h }
    vaults: [one, two]
`,
  );
  const ticket = join(folder.path, 'shop.ticket');
  await cliEnds(0, options, 'log', 'ticket', 'shop', '--to', ticket);
  assert.equal(fs.statSync(ticket).mode & 0o777, 0o600);
  await cliEnds(2, options, 'log', 'ticket', 'shop', '--to', ticket);
  const [first = ''] = fs
    .readdirSync(join(server.data, 'pg_wal'))
    .filter((each) => /^[0-9A-F]{24}$/.test(each));
  const put = ['archive', server.data, '--ticket', ticket, `pg_wal/${first}`, first] as const;
  const stored = await run(...put);
  assert.equal(stored.exitCode, 0, stored.stderr);
  assert.equal((await run(...put)).exitCode, 0, 'again');
  const out = join(folder.path, 'direct');
  const get = ['restore', server.data, '--ticket', ticket, first, out] as const;
  assert.equal((await run(...get)).exitCode, 0);
  assert.ok(fs.readFileSync(out).equals(fs.readFileSync(join(server.data, 'pg_wal', first))));
  const absent = await run('restore', server.data, '--ticket', ticket, '00000007.history', out);
  assert.equal(absent.exitCode, 1, absent.stderr);
  const other = await run('restore', server.data, '--system', 'papers', '--ticket', ticket, first, out);
  assert.equal(other.exitCode, 200);
  // the commands say the same
  await cliEnds(0, options, 'log', 'put', 'shop', join(server.data, 'pg_wal', first), first);
  await cliEnds(0, options, 'log', 'get', 'shop', first, out, '--cluster', await systemIdOf(server));
  await cliEnds(3, options, 'log', 'get', 'shop', '00000007.history', out, '--cluster', '1');
  // a vault that is away, and a key that was taken away
  fs.renameSync(join(folder.path, 'two'), join(folder.path, 'aside'));
  assert.equal((await run(...put)).exitCode, 1);
  assert.equal(
    (await run('restore', server.data, '--ticket', ticket, '00000007.history', out)).exitCode,
    200,
  );
  assert.equal((await run(...get)).exitCode, 0, 'the other vault has it');
  fs.renameSync(join(folder.path, 'aside'), join(folder.path, 'two'));
  const { vaults: keys }: { vaults: { keyId: string }[] } = JSON.parse(fs.readFileSync(ticket, 'utf8'));
  await cliEnds(0, options, 'key', 'remove', keys[0]?.keyId ?? '', '--vault', 'one');
  const removed = await run(...put);
  assert.equal(removed.exitCode, 1);
  assert.match(removed.stderr, /opens the vault one no more/);
  fs.writeFileSync(ticket, '{}');
  assert.equal((await run(...get)).exitCode, 200);
});
