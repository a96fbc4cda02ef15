/** Dumps of real servers and the way back: everything, globals, one table, what fails and how it is said. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { hasCode } from '../../src/error/lifeboat-error.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { nowMs } from '../../src/platform/clock.ts';
import { gid, uid } from '../../src/platform/host.ts';
import type { Repository, SavedSnapshot } from '../../src/repository/repository-types.ts';
import { parseDescription } from '../../src/source/postgres/logical/dump-description.ts';
import type { LogicalSourceOptions } from '../../src/source/postgres/logical/logical-settings.ts';
import { createLogicalSource } from '../../src/source/postgres/logical/logical-source.ts';
import { type RestoreDumpOptions, restoreDump } from '../../src/source/postgres/logical/restore-dump.ts';
import type { CaptureResult } from '../../src/source/source.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeVault, restoreTo } from '../support/vault.ts';

const server = await startPostgres({
  settings: { fsync: false },
  hba: ['host all all 127.0.0.1/32 scram-sha-256'],
});
after(async () => await server[Symbol.asyncDispose]());
const password = 'a:b\\c d';
await server.query(
  `
  CREATE ROLE dumper LOGIN SUPERUSER PASSWORD '${password}';
  CREATE ROLE "odd; role" NOLOGIN; COMMENT ON ROLE "odd; role" IS 'it''s; odd';
  CREATE DATABASE shop; CREATE DATABASE "odd/name = 'x'"; ALTER DATABASE shop SET work_mem = '5MB';`.replaceAll(
    '\n',
    ' ',
  ),
);
await server.query(
  `CREATE TABLE orders (id int PRIMARY KEY, note text);
   INSERT INTO orders SELECT n, 'order' || chr(10) || chr(92) || '. ' || repeat(md5(n::text), 3) FROM generate_series(1, 5000) n;
   CREATE SCHEMA "Sales"; CREATE TABLE "Sales"."Order lines" (id int, big bytea);
   INSERT INTO "Sales"."Order lines" SELECT n, decode(md5(n::text), 'hex') FROM generate_series(1, 300) n;
   CREATE TABLE events (at int) PARTITION BY RANGE (at);
   CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (100);
   INSERT INTO events SELECT n FROM generate_series(0, 99) n;
   CREATE EXTENSION pgcrypto; SELECT lo_from_bytea(0, 'a large object');
   GRANT SELECT ON orders TO "odd; role"`,
  'shop',
);
await server.query('CREATE TABLE other (id int); INSERT INTO other VALUES (1), (2)', info("odd/name = 'x'"));

/** A name with an equals sign would be taken for a connection string. */
function info(database: string): string {
  return `dbname='${database.replaceAll("'", "\\'")}'`;
}

const work = temporaryFolder();
after(() => work[Symbol.dispose]());
const workFolder = path.join(work.path, 'work');
const address = {
  ...{ host: server.host, port: server.port, database: 'shop', user: 'dumper', password },
  ...{ tls: true, timeoutMs: 10_000 },
};
const usual: LogicalSourceOptions = {
  ...{ address, keeps: 'everything', jobs: 2, countTables: [], queries: {}, workFolder, timeoutMs: 60_000 },
  ...{ uid: uid(), gid: gid(), nowMs },
};

interface Dumped {
  readonly vault: Repository;
  readonly saved: SavedSnapshot;
  readonly result: CaptureResult;
}

async function dump(options: Partial<LogicalSourceOptions>, into?: Repository): Promise<Dumped> {
  const vault = into ?? (await makeVault(openMemoryStore(), { workers: 2 }));
  await using capture = await createLogicalSource({ ...usual, ...options }).capture();
  const saved = await vault.write((writer) =>
    writer.saveSnapshot({
      events: capture.events,
      time: new Date().toISOString(),
      paths: ['/postgresql'],
      ...{ hostname: 'h', username: 'u', uid: 0, gid: 0 },
    }),
  );
  return { vault, saved, result: await capture.result() };
}

async function layOut({ vault, saved }: Dumped, name: string): Promise<string> {
  const target = path.join(work.path, name);
  const { problems } = await restoreTo(vault, saved.snapshot, target);
  assert.deepEqual(problems, []);
  return path.join(target, 'postgresql');
}

function restoring(folder: string, more: Partial<RestoreDumpOptions>): RestoreDumpOptions {
  return {
    ...{ folder, address: { ...address, database: 'postgres' }, globals: 'skip', tablespaces: 'keep' },
    ...{ ownership: 'as-dumped', jobs: 2, workFolder, timeoutMs: 60_000, ...more },
  };
}

/** What pg_dump says of a database, but for lines that differ from run to run. */
async function scriptOf(database: string): Promise<string> {
  const { stdout, exitCode } = await server.run('pg_dump', '--dbname', info(database));
  assert.equal(exitCode, 0);
  return stdout.replaceAll(/^\\(un)?restrict .*$/gm, '');
}

test('every database comes back as it was, from one moment, with counts and checks of that moment', async () => {
  const counted = { countTables: ['orders', '"Sales"."Order lines"', 'events'] };
  const dumped = await dump({
    databases: 'all',
    ...counted,
    queries: { newest: 'SELECT max(id) FROM orders' },
  });
  const { values } = dumped.result;
  assert.equal(values['rows:orders'], 5000);
  assert.equal(values['rows:events'], 100);
  assert.equal(values['query:newest'], '5000');
  assert.match(String(values['extensions:shop']), /pgcrypto [\d.]+, plpgsql/);
  assert.deepEqual(fs.readdirSync(workFolder), [], 'nothing is left in the work folder');
  const folder = await layOut(dumped, 'all');
  const description = parseDescription(fs.readFileSync(path.join(folder, 'dump.json')));
  assert.deepEqual(
    description.databases.map(({ name }) => name),
    ["odd/name = 'x'", 'postgres', 'shop'],
  );
  assert.deepEqual(description.databases[2]?.rows, {
    'Sales.Order lines': 300,
    'public.events_1': 100,
    'public.orders': 5000,
  });
  const before = [await scriptOf('shop'), await scriptOf("odd/name = 'x'")];

  await assert.rejects(restoreDump(restoring(folder, {})), (error) => hasCode(error, 'RESTORE_REFUSED'));
  const copy = await restoreDump(restoring(folder, { databases: { shop: 'shop = copy' } }));
  assert.deepEqual(copy.databases[0], {
    name: 'shop',
    restoredAs: 'shop = copy',
    tablesCounted: 3,
    rows: 5400,
  });
  assert.equal(await scriptOf('shop = copy'), before[0]);

  await server.query('DROP DATABASE shop');
  await server.query(`DROP DATABASE "odd/name = 'x'"`);
  await server.query('DROP DATABASE "shop = copy"');
  await server.query('DROP ROLE "odd; role"');
  const wanted = { shop: 'shop', "odd/name = 'x'": "odd/name = 'x'" };
  const back = await restoreDump(restoring(folder, { databases: wanted, globals: 'apply' }));
  assert.deepEqual(back.globals?.rolesMade, ['"odd; role"']);
  assert.deepEqual(back.globals?.rolesLeft.toSorted(), ['dumper', 'postgres']);
  assert.deepEqual([await scriptOf('shop'), await scriptOf("odd/name = 'x'")], before);
  assert.equal(await server.value('SHOW work_mem', 'shop'), '5MB', 'settings of the database are back');
});

test('a second dump of the same data stores next to nothing', async () => {
  const first = await dump({});
  const second = await dump({}, first.vault);
  assert.ok(first.saved.summary.dataAdded > 400_000);
  assert.ok(second.saved.summary.dataAdded < 60_000, `${second.saved.summary.dataAdded} bytes were added`);
});

test('only the schema, and one table alone, come back as such', async () => {
  const schema = await layOut(await dump({ keeps: 'schema' }), 'schema');
  await restoreDump(restoring(schema, { databases: { shop: 'bare' } }));
  assert.equal(await server.value('SELECT count(*) FROM orders', 'bare'), '0');
  const whole = await layOut(await dump({}), 'whole');
  const only = restoring(whole, { databases: { shop: 'one' }, tables: ['public.orders'], ownership: 'ours' });
  const { databases } = await restoreDump(only);
  assert.deepEqual(databases[0], { name: 'shop', restoredAs: 'one', tablesCounted: 1, rows: 5000 });
  assert.equal(await server.value("SELECT count(*) FROM pg_class WHERE relname = 'events'", 'one'), '0');
});

test('a restore that fails in the middle leaves no half-filled database', async () => {
  const folder = await layOut(await dump({}), 'broken');
  const dumpOf = path.join(folder, 'dump', 'shop');
  const [data] = fs.readdirSync(dumpOf).filter((name) => /^\d+\.dat$/.test(name));
  assert.ok(data);
  fs.writeFileSync(path.join(dumpOf, data), 'no row of this table\n\\.\n\n\n');
  const broken = restoring(folder, { databases: { shop: 'broken' } });
  await assert.rejects(restoreDump(broken), (error) => hasCode(error, 'COMMAND_FAILED'));
  assert.equal(await server.value("SELECT count(*) FROM pg_database WHERE datname = 'broken'"), '0');
});

test('rows that are lost on the way are noticed by counting', async () => {
  const folder = await layOut(await dump({}), 'fewer');
  const file = path.join(folder, 'dump.json');
  fs.writeFileSync(
    file,
    fs.readFileSync(file, 'utf8').replace('"public.orders": 5000', '"public.orders": 5001'),
  );
  const fewer = restoring(folder, { databases: { shop: 'fewer' } });
  await assert.rejects(restoreDump(fewer), (error) => hasCode(error, 'VERIFICATION_FAILED'));
  assert.equal(await server.value("SELECT count(*) FROM pg_database WHERE datname = 'fewer'"), '0');
});

test('a dump whose program is killed or complains makes no snapshot and leaves nothing behind', async () => {
  const bin = path.join(work.path, 'bin');
  fs.mkdirSync(bin);
  const debian = '/usr/lib/postgresql/15/bin';
  for (const name of ['pg_restore', 'pg_dumpall'])
    fs.symlinkSync(path.join(debian, name), path.join(bin, name));
  const program = (script: string) => {
    const version = `case "$1" in --version) exec ${debian}/pg_dump --version;; esac`;
    fs.writeFileSync(path.join(bin, 'pg_dump'), `#!/bin/sh\n${version}\n${script}\n`, { mode: 0o755 });
  };
  const cases = [
    ['kill -9 $$', 'COMMAND_FAILED', /was ended by SIGKILL/],
    ['echo "pg_dump: error: it broke" >&2; exit 1', 'COMMAND_FAILED', /pg_dump: error: it broke/],
    [
      'echo "pg_dump: error: could not write to file: No space left on device" >&2; exit 1',
      'DISK_FULL',
      /No space/,
    ],
    ['sleep 60', 'COMMAND_TIMEOUT', /did not end within/],
    [
      `${debian}/pg_dump "$@"; for a; do :; done; rm "\${a#--file=}"/[0-9]*.dat`,
      'COMMAND_FAILED',
      /could not open/,
    ],
  ] as const;
  for (const [script, code, says] of cases) {
    program(script);
    const vault = await makeVault(openMemoryStore(), { workers: 1 });
    const timeoutMs = code === 'COMMAND_TIMEOUT' ? 500 : 60_000;
    await assert.rejects(dump({ programsFolder: bin, timeoutMs }, vault), (error) => {
      assert.ok(error instanceof Error && hasCode(error, code), `${script}: ${String(error)}`);
      assert.match(error.message, says);
      return !JSON.stringify(error).includes(password);
    });
    assert.deepEqual(await vault.snapshots(), []);
    assert.deepEqual(fs.readdirSync(workFolder), []);
  }
});

test('a work folder that is full ends the dump as such', async (t) => {
  const small = path.join(work.path, 'small');
  fs.mkdirSync(small);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]).status !== 0) {
    t.skip('a full file system can only be made by a user who may mount one');
    return;
  }
  try {
    const vault = await makeVault(openMemoryStore(), { workers: 1 });
    await assert.rejects(dump({ workFolder: small }, vault), (error) => hasCode(error, 'DISK_FULL'));
    assert.deepEqual(await vault.snapshots(), []);
    assert.deepEqual(fs.readdirSync(small), []);
  } finally {
    spawnSync('umount', [small]);
  }
});

test('what a dump lacks is a finding with the statement that mends it', async () => {
  await server.query("CREATE ROLE reader LOGIN PASSWORD 'secret'");
  const reader = { ...address, user: 'reader', password: 'secret' };
  const look = async (more: Partial<LogicalSourceOptions>) =>
    (await createLogicalSource({ ...usual, ...more }).preflight()).map(
      ({ severity, message, hint }) => `${severity}: ${message}. ${hint}`,
    );
  assert.deepEqual(await look({}), []);
  const found = (await look({ address: reader })).join('\n');
  assert.match(found, /warning: the passwords of roles cannot be read/);
  assert.match(
    found,
    /error: the role reader may not read 4 of the tables of shop.*GRANT pg_read_all_data TO "reader"/,
  );
  assert.match(
    found,
    /error: the role reader may not read 1 large object of shop.*GRANT SELECT ON LARGE OBJECT/,
  );
  assert.match((await look({ address: { ...address, password: 'wrong' } })).join(), /error: .*password/);
  assert.match((await look({ databases: ['nothere'] })).join(), /no database nothere.*there are /);
  assert.match((await look({ programsFolder: '/nowhere' })).join(), /postgresql-client-15/);
});

test('a role that may not read passwords dumps the roles without them', async () => {
  const grants =
    'GRANT USAGE ON SCHEMA public, "Sales" TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA public, "Sales" TO reader';
  await server.query(grants, 'shop');
  await server.query('SELECT lo_unlink(oid) FROM pg_largeobject_metadata', 'shop');
  const folder = await layOut(
    await dump({ address: { ...address, user: 'reader', password: 'secret' } }),
    'reader',
  );
  const globals = fs.readFileSync(path.join(folder, 'globals.sql'), 'utf8');
  assert.match(globals, /CREATE ROLE dumper/);
  assert.doesNotMatch(globals, /SCRAM-SHA-256/);
});

test('a server that dies in the middle of a dump fails the capture', async () => {
  const dying = path.join(work.path, 'dying');
  fs.mkdirSync(dying);
  const debian = '/usr/lib/postgresql/15/bin';
  for (const name of ['pg_restore', 'pg_dumpall'])
    fs.symlinkSync(path.join(debian, name), path.join(dying, name));
  const pid = String(server.pid);
  const script = `#!/bin/sh\ncase "$1" in --version) exec ${debian}/pg_dump --version;; esac\nkill -9 ${pid}\nexec ${debian}/pg_dump "$@"\n`;
  fs.writeFileSync(path.join(dying, 'pg_dump'), script, { mode: 0o755 });
  const vault = await makeVault(openMemoryStore(), { workers: 1 });
  await assert.rejects(dump({ programsFolder: dying }, vault), (error) => hasCode(error, 'COMMAND_FAILED'));
  assert.deepEqual(await vault.snapshots(), []);
  assert.deepEqual(fs.readdirSync(workFolder), []);
});
