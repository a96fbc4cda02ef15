/** The commands about logs, on vaults that hold the log of a real server. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ShippingStatus } from '../../src/log-shipping/shipping.ts';
import { writeStatus } from '../../src/log-shipping/status-file.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { initVault } from '../../src/vault/open-vault.ts';
import { cli, cliEnds, jsonLines, lastLine, password } from '../e2e/cli-process.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { fillFromServer, systemIdOf } from '../support/wal-archive.ts';

const planId = '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77';
const segmentBytes = 1024 * 1024;
const vaultNames = ['here', 'away'];

let folder: TemporaryFolder;
let server: PostgresServer;
let incarnation: string;
let end: bigint;

before(async () => {
  folder = temporaryFolder();
  server = await startPostgres({
    walSegmentMb: 1,
    settings: {
      wal_keep_size: '64MB',
      log_line_prefix: '%m [%p] %x ',
      log_statement: 'mod',
      log_min_duration_statement: 0,
    },
  });
  incarnation = await systemIdOf(server);
  await server.query('create table rows (id int, filler text)');
  await server.query("insert into rows select g, repeat('x', 400) from generate_series(1, 5000) g");
  await server.query('create table other (id int)');
  await server.query(
    'begin; insert into other values (1); savepoint a; insert into other values (2); delete from rows where id > 100; commit',
  );
  await server.query('begin; insert into other values (3); rollback');
  await server.query(`select pg_logical_emit_message(true, 'lifeboat', '{"at": ${Date.now()}}')`);
  await server.query(
    `begin; insert into other values (4); select pg_logical_emit_message(true, 'lifeboat', '{}'); commit`,
  );
  fs.writeFileSync(join(folder.path, 'lifeboat.yaml'), planText());
  for (const name of vaultNames) {
    await using vault = await openNew(name);
    end = await fillFromServer(server, {
      ...{ timeline: 1, segmentBytes },
      log: vault.log({ system: 'shop', incarnation }),
    });
  }
});

after(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function openNew(name: string) {
  return initVault({
    store: openLocalStore(join(folder.path, name)),
    ...{ password, role: name === 'here' ? ('primary' as const) : ('secondary' as const) },
    ...{ kdf: { N: 1024, r: 8, p: 1 }, nowMs: Date.now },
    stateFolder: join(folder.path, 'state'),
    cacheDirectory: join(folder.path, 'cache', 'lifeboat'),
  });
}

function planText(): string {
  return `version: 1
metadata:
  id: ${planId}
  name: Shop
  owner: ann@example.org
vaults:
  here: { location: ${join(folder.path, 'here')} }
  away: { location: ${join(folder.path, 'away')}, role: secondary }
systems:
  shop:
    owner: ann@example.org
    source: { kind: postgres, connection: { host: 127.0.0.1, port: ${server.port}, database: postgres, user: postgres } }
    logs: { max_lag: 1 h }
    vaults: [here, away]
  papers:
    owner: ann@example.org
    source: { kind: files, paths: [papers] }
    vaults: [here]
`;
}

async function putStatus(change: Partial<ShippingStatus> = {}): Promise<void> {
  const nowMs = Date.now();
  await writeStatus(join(folder.path, 'state', planId), {
    ...{ system: 'shop', incarnation, state: 'streaming', sinceMs: nowMs - 60_000, isProtected: false },
    ...{ branch: '00000001', received: end, serverEnd: end, acknowledged: end, atMs: nowMs },
    vaults: vaultNames.map((vault) => ({ vault, state: 'streaming', lagMs: 3, provenUntilMs: nowMs })),
    health: {
      ...{ hold: 'reserved', isWaiting: false, waitingSessions: 0, longestWaitMs: 0, findings: [] },
      keptBytes: 4096,
    },
    ...change,
  });
}

const options = () => ({ folder: folder.path });

test('log status says what is there, and that nothing can be recovered without a backup', async () => {
  const unheard = jsonLines(await cliEnds(7, options(), 'log', 'status', '--json'));
  assert.equal(unheard.find(({ type }) => type === 'receiver')?.['state'], 'unknown');
  await putStatus();
  const lines = jsonLines(await cliEnds(7, options(), 'log', 'status', 'shop', '--json'));
  assert.equal(lines.find(({ type }) => type === 'receiver')?.['state'], 'ok');
  const logs = lines.filter(({ type }) => type === 'log');
  assert.deepEqual(
    logs.map(({ vault }) => vault),
    vaultNames,
  );
  for (const log of logs) {
    assert.equal(log['incarnation'], incarnation);
    assert.equal(log['state'], 'failed');
    assert.ok(Number(log['pieces']) > 3 && Number(log['bytes']) > segmentBytes);
    assert.ok(Date.now() - Date.parse(String(log['recoverable_until'])) < 3_600_000);
    assert.match(JSON.stringify(log['facts']), /no complete backup in this vault/);
  }
  const people = (await cli(options(), 'log', 'status')).stdout;
  assert.match(people, /timeline 1: 0\/\d+ to 0\//);
});

test('a receiver that is old, degraded, or lost its slot is never shown as fine', async () => {
  const stateOf = async (change: Partial<ShippingStatus>) => {
    await putStatus(change);
    const lines = jsonLines(await cliEnds(7, options(), 'log', 'status', '--json'));
    return lines.find(({ type }) => type === 'receiver')?.['state'];
  };
  assert.equal(await stateOf({ atMs: Date.now() - 60_000 }), 'unknown');
  assert.equal(await stateOf({ atMs: Date.now() + 3_600_000 }), 'unknown');
  assert.equal(await stateOf({ state: 'degraded' }), 'failed');
  assert.equal(await stateOf({ state: 'connecting' }), 'at-risk');
  const health = { isWaiting: false, waitingSessions: 0, longestWaitMs: 0, findings: [] };
  assert.equal(await stateOf({ health: { ...health, hold: 'lost' } }), 'failed');
  assert.equal(await stateOf({ health: { ...health, hold: 'unreserved' } }), 'at-risk');
  await putStatus();
});

test('a system without a log, or that is not there, is a clear error', async () => {
  const other = lastLine(await cliEnds(2, options(), 'log', 'status', 'papers', '--json'));
  assert.match(String(other['message']), /keeps no log of papers/);
  const none = lastLine(await cliEnds(2, options(), 'log', 'check', 'nobody', '--json'));
  assert.equal(none['code'], 'SYSTEM_NOT_FOUND');
});

test('log export writes files, and again only what is missing; bad words are refused', async () => {
  const to = join(folder.path, 'out');
  const first = lastLine(await cliEnds(0, options(), 'log', 'export', 'shop', '--to', 'out', '--json'));
  assert.ok(Number(first['written']) > 2);
  assert.equal(first['segment_bytes'], segmentBytes);
  assert.equal(fs.readdirSync(to).length, first['written']);
  const second = lastLine(await cliEnds(0, options(), 'log', 'export', 'shop', '--to', 'out', '--json'));
  assert.deepEqual([second['written'], second['kept']], [0, first['written']]);
  const people = await cliEnds(0, options(), 'log', 'export', 'shop', '--to', 'out');
  assert.match(people.stdout, /restore_command = 'cp .*\/%f %p \|\| cp .*\/%f\.partial %p'/);
  for (const words of [
    ['shop'],
    ['shop', '--to', 'out', '--from', 'here'],
    ['shop', '--to', 'out', '--from', '0/5000000', '--until', '0/4000000'],
    ['shop', '--to', 'out', '--timeline', 'new'],
    ['shop', '--to', 'out', '--vault', 'nowhere'],
    ['papers', '--to', 'out'],
  ]) {
    const line = lastLine(await cliEnds(2, options(), 'log', 'export', ...words, '--json'));
    assert.ok(line['hint'], words.join(' '));
  }
  const lacking = await cliEnds(
    14,
    options(),
    'log',
    'export',
    'shop',
    '--to',
    'no',
    '--timeline',
    '9',
    '--json',
  );
  assert.equal(lastLine(lacking)['code'], 'LOG_GAP');
});

test('log check finds damage, vaults that disagree, and what is missing; the export takes the other vault', async () => {
  const sound = jsonLines(await cliEnds(0, options(), 'log', 'check', '--read-data', '--json'));
  const comparison = sound.find(({ type }) => type === 'comparison');
  assert.equal(comparison?.['same'], true);
  assert.ok(Number(comparison?.['bytes']) > segmentBytes);
  const below = join(folder.path, 'away/lifeboat/log/shop', incarnation, '00000001');
  const pieces = fs.readdirSync(below).sort();
  const [first, second] = [join(below, pieces[1] ?? ''), join(below, pieces[2] ?? '')];
  const [whole, gone] = [fs.readFileSync(first), fs.readFileSync(second)];
  fs.chmodSync(first, 0o644);
  const bytes = Buffer.from(whole);
  const at = bytes.length - 100;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  fs.writeFileSync(first, bytes);
  await cliEnds(0, options(), 'log', 'check', '--json');
  const found = jsonLines(await cliEnds(13, options(), 'log', 'check', '--read-data', '--json'));
  const finding = found.find(({ type }) => type === 'finding');
  assert.deepEqual([finding?.['kind'], finding?.['vault']], ['damaged', 'away']);
  fs.rmSync(join(folder.path, 'out2'), { recursive: true, force: true });
  fs.rmSync(second);
  const exported = await cliEnds(0, options(), 'log', 'export', 'shop', '--to', 'out2', '--json');
  assert.ok(Number(lastLine(exported)['written']) > 2);
  const alone = ['log', 'export', 'shop', '--to', 'out3', '--vault', 'away', '--json'];
  const damaged = await cli(options(), ...alone);
  assert.ok(damaged.exitCode === 13 || damaged.exitCode === 14, damaged.stdout);
  fs.writeFileSync(first, whole);
  const holed = lastLine(await cliEnds(14, options(), ...alone));
  assert.match(String(holed['message']), /missing/);
  fs.writeFileSync(second, gone);
});

test('a vault that is not there is not read, and not silently left out', async () => {
  const [place, aside] = [join(folder.path, 'away'), join(folder.path, 'aside')];
  fs.renameSync(place, aside);
  try {
    const checked = await cliEnds(10, options(), 'log', 'check', '--json');
    assert.equal(lastLine(checked)['code'], 'VAULT_NOT_FOUND');
    const lines = jsonLines(await cliEnds(7, options(), 'log', 'status', '--json'));
    const away = lines.find(({ type, vault }) => type === 'log' && vault === 'away');
    assert.equal(away?.['state'], 'unknown');
    await cliEnds(0, options(), 'log', 'export', 'shop', '--to', 'out4', '--json');
  } finally {
    fs.renameSync(aside, place);
  }
});

test('points --near shows what was committed around a time, and what it was', async () => {
  const near = new Date().toISOString();
  const words = ['points', 'shop', '--near', near, '--within', '10 min', '--json'];
  // the log ends before the time that is asked for does
  const lines = jsonLines(await cliEnds(14, options(), ...words));
  const transactions = lines.filter(({ type }) => type === 'transaction');
  const [rolledBack] = transactions.filter(({ kind }) => kind === 'abort');
  assert.equal(transactions.filter(({ kind }) => kind === 'abort').length, 1);
  assert.equal(rolledBack?.['restore_before'], undefined);
  const deletion = transactions.find(({ subtransactions }) => JSON.stringify(subtransactions) !== '[]');
  assert.match(String(deletion?.['restore_before']), /^before-xid:\d+$/);
  assert.equal(lastSummary(lines)['heartbeats'], 1);
  const people = await cli(options(), ...words.slice(0, -1));
  assert.match(people.stdout, /commit {4}xid \d+ .* with 1 subtransaction/);
  assert.match(people.stdout, /lifeboat restore shop --to DIR --until before-xid:/);

  fs.writeFileSync(join(folder.path, 'server.log'), server.log());
  const told = jsonLines(await cli(options(), ...words, '--server-log', 'server.log'));
  const said = told.find(({ xid }) => xid === deletion?.['xid'])?.['statements'];
  assert.match(JSON.stringify(said), /delete from rows where id > 100/);
  const one = lastLine(await cli(options(), ...words, '--last', '1'));
  assert.deepEqual(
    [
      one['code'],
      jsonLines(await cli(options(), ...words, '--last', '1')).filter(({ type }) => type === 'transaction')
        .length,
    ],
    ['LOG_GAP', 1],
  );

  const before = ['points', 'shop', '--near', '2020-01-01 00:00', '--json'];
  assert.equal(
    jsonLines(await cliEnds(14, options(), ...before)).some(({ type }) => type === 'transaction'),
    false,
  );
  for (const wrong of [
    ['shop', '--near', 'yesterday'],
    ['shop', '--near', near, '--within', 'long'],
    ['shop', '--within', '5 min'],
    ['papers', '--near', near],
    ['shop', '--near', near, '--server-log', 'nowhere.log'],
    ['shop', '--near', near, '--server-log', 'server.log', '--log-line-prefix', '%m '],
  ])
    assert.ok(lastLine(await cliEnds(2, options(), 'points', ...wrong, '--json'))['hint'], wrong.join(' '));
});

function lastSummary(lines: ReturnType<typeof jsonLines>) {
  const summary = lines.find(({ type }) => type === 'summary');
  assert.ok(summary);
  return summary;
}
