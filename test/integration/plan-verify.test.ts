/** A proof is only one when everything that was captured came back and every check of the plan passed on it. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, test } from 'node:test';
import { verify, verifyEnd } from '../../src/cli/commands/verify.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { identityOf } from '../../src/cli/plan/plan-session.ts';
import { systemPaths } from '../../src/cli/plan/system-paths.ts';
import type { CheckResult } from '../../src/evidence/record.ts';
import { readOnly } from '../../src/object-store/read-only.ts';
import type { Status } from '../../src/objective/objective.ts';
import { runProgram } from '../../src/platform/child-process.ts';
import { manifestPath } from '../../src/recovery-point/manifest.ts';
import type { SaveRequest } from '../../src/repository/repository-types.ts';
import { createFilesSource } from '../../src/source/files/files-source.ts';
import { verifyPoint } from '../../src/verify/verify-point.ts';
import { addOrders, makeOrders, type PlanScene, planScene, storedFiles } from './plan-scene.ts';

const mountNeedsRoot = process.getuid?.() === 0 ? false : 'needs root: mounts a small file system';

let scene: PlanScene;
afterEach(() => scene[Symbol.dispose]());

function uploadsWith(checks: string): string {
  return `  uploads: { source: { kind: files, paths: [./uploads] }, checks: [${checks}] }`;
}

function commandCheck(run: string, more = ''): string {
  return `{ kind: command, name: probe, run: ${JSON.stringify(run)}${more} }`;
}

async function backedUp(systems: string): Promise<void> {
  scene = await planScene({ systems });
  scene.write('uploads/a.txt', 'a');
  scene.write('uploads/deep/b.txt', 'bb');
  makeOrders(scene.path('orders.db'), 20);
  for (const { error } of await scene.backup()) assert.equal(error, undefined);
}

async function verifyOnly() {
  const proofs = await scene.verify();
  const [proof] = proofs;
  assert.equal(proofs.length, 1);
  assert.deepEqual(sandboxes(), [], 'the sandbox is gone');
  return {
    verdict: proof?.outcome?.record.verdict,
    record: proof?.outcome?.record,
    end: verifyEnd(proofs),
    proof,
  };
}

function sandboxParent(): string {
  return join(scene.folder, '../state/5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11/sandbox');
}

function sandboxes(): string[] {
  return fs.existsSync(sandboxParent()) ? fs.readdirSync(sandboxParent()) : [];
}

async function overall(system = 'uploads'): Promise<Status | undefined> {
  return (await scene.status()).get(system)?.status;
}

function checkOf(checks: readonly CheckResult[] | undefined, name: string): string | undefined {
  return checks?.find((check) => check.name === name)?.verdict;
}

/** Proves one snapshot for the first system of the plan, whatever its records say. */
async function prove(snapshotId: string, sandboxParent = join(scene.folder, '../sandboxes')) {
  return await scene.run(async (session, vaults) => {
    const [planned] = session.plan.systems;
    assert.ok(planned);
    const { record } = await verifyPoint({
      run: {
        runId: 'run',
        host: 'test-host',
        programVersion: '0.0.0-test',
        trigger: 'manual',
        nowMs: scene.context.nowMs,
        newId: () => crypto.randomUUID(),
        redact: (text) => text,
      },
      system: identityOf(planned),
      planned,
      vault: await vaults.open('here'),
      snapshotId,
      tools: scene.context.adapters.checkTools,
      plannedPaths: systemPaths(planned, session.folder),
      ...(planned.source?.kind === 'sqlite' ? { databasePath: scene.path('orders.db') } : {}),
      sandboxParent,
      keepSandbox: false,
    });
    assert.deepEqual(
      fs.readdirSync(sandboxParent).filter((name) => name.startsWith('.lifeboat-sandbox-')),
      [],
    );
    return record;
  });
}

/** A snapshot of what is there now under the manifest of another one. */
async function forge(original: string, paths: readonly string[]): Promise<string> {
  await using vault = await scene.open('here');
  const snapshot = await vault.repository.snapshot(original);
  const pieces: Buffer[] = [];
  for await (const piece of vault.repository.dump(snapshot, manifestPath)) pieces.push(piece);
  await using capture = await createFilesSource({ paths, nowMs: () => Date.now() }).capture();
  const request: SaveRequest = {
    events: capture.events,
    extraFile: async () => ({ path: ['.lifeboat', 'manifest.json'], bytes: Buffer.concat(pieces) }),
    time: new Date().toISOString(),
    paths,
    hostname: 'test-host',
    username: 'tester',
    uid: 0,
    gid: 0,
    tags: snapshot.tags ?? [],
  };
  return (await vault.repository.write((writer) => writer.saveSnapshot(request))).snapshot.id;
}

async function newestSnapshot(): Promise<string> {
  await using vault = await scene.open('here');
  return (await vault.repository.snapshot('latest')).id;
}

test('what came back as it was captured, with all checks passed, is proven', async () => {
  await backedUp(uploadsWith('files'));
  assert.equal(await overall(), 'unknown');
  const { verdict, record, end } = await verifyOnly();
  assert.deepEqual([verdict, record?.restored, end.error], ['pass', true, undefined]);
  assert.equal(record?.loss?.kind, 'computed');
  assert.equal(await overall(), 'met');
});

test('other counts or other bytes than were captured fail, whatever the manifest says', async () => {
  await backedUp(uploadsWith('files'));
  const original = await newestSnapshot();
  scene.write('uploads/a.txt', 'A');
  const sameCounts = await prove(await forge(original, [scene.path('uploads')]));
  assert.equal(sameCounts.verdict, 'fail');
  assert.equal(checkOf(sameCounts.checks, 'same counts as captured'), 'pass');
  assert.equal(checkOf(sameCounts.checks, 'same bytes as captured'), 'fail');
  assert.equal(sameCounts.restored, false);
  scene.write('uploads/a.txt', 'a');
  scene.write('uploads/more', '');
  const otherCounts = await prove(await forge(original, [scene.path('uploads')]));
  assert.equal(checkOf(otherCounts.checks, 'same counts as captured'), 'fail');
  assert.equal(checkOf(otherCounts.checks, 'files'), 'fail');
});

test('a damaged blob fails, and the point is void', async () => {
  await backedUp(uploadsWith('files'));
  await scene.verify();
  assert.equal(await overall(), 'met');
  for (const file of storedFiles(scene, 'here', 'data')) {
    const bytes = fs.readFileSync(file);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    fs.writeFileSync(file, bytes);
  }
  const { verdict, record, end } = await verifyOnly();
  assert.deepEqual([verdict, record?.restored, end.error?.exitCode], ['fail', false, 4]);
  assert.ok(['breached', 'unknown'].includes((await overall()) ?? ''));
  const [named = ''] = record?.damagedObjects ?? [];
  assert.ok(
    storedFiles(scene, 'here', 'data').some((file) => file.endsWith(named)),
    named,
  );
  assert.match(named, /^data\//);
});

test('of files that do not come back the record names the pack', async () => {
  await backedUp(uploadsWith('files'));
  scene.write('uploads/large', randomBytes(20_000).toString('hex'));
  for (const { error } of await scene.backup()) assert.equal(error, undefined);
  const bySize = storedFiles(scene, 'here', 'data').toSorted(
    (a, b) => fs.statSync(b).size - fs.statSync(a).size,
  );
  const [file = ''] = bySize;
  const bytes = fs.readFileSync(file);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  fs.writeFileSync(file, bytes);
  const { record } = await verifyOnly();
  assert.deepEqual([record?.verdict, record?.foundDamage], ['fail', true]);
  assert.deepEqual(record?.damagedObjects, [file.slice(scene.vaultPath('here').length + 1)]);
});

test('a snapshot without its database fails', async () => {
  await backedUp('  orders: { source: { kind: sqlite, path: ./orders.db }, checks: [integrity] }');
  const record = await prove(await forge(await newestSnapshot(), [scene.path('uploads')]));
  assert.equal(record.verdict, 'fail');
  assert.notEqual(checkOf(record.checks, 'integrity'), 'pass');
});

test('a snapshot without a manifest fails: nothing says what should be in it', async () => {
  await backedUp(uploadsWith('files'));
  await using vault = await scene.open('here');
  await using capture = await createFilesSource({ paths: [scene.path('uploads')], nowMs: () => 0 }).capture();
  const saved = await vault.repository.write((writer) =>
    writer.saveSnapshot({
      events: capture.events,
      time: new Date().toISOString(),
      paths: [scene.path('uploads')],
      hostname: 'test-host',
      username: 'tester',
      uid: 0,
      gid: 0,
    }),
  );
  assert.equal((await prove(saved.snapshot.id)).verdict, 'fail');
});

for (const [name, check, verdict, exitCode] of [
  ['exits with 1', commandCheck('exit 1'), 'fail', 4],
  ['is not found', commandCheck('no-such-program-here'), 'inconclusive', 5],
  ['is no program', '{ kind: command, name: probe, run: [/etc/passwd] }', 'inconclusive', 5],
  ['does not end in time', commandCheck('sleep 60', ', timeout: 300ms'), 'inconclusive', 5],
  ['is killed', commandCheck('kill -9 $$'), 'inconclusive', 5],
] as const) {
  test(`a check whose command ${name} is ${verdict}, and no proof`, async () => {
    await backedUp(uploadsWith(check));
    const result = await verifyOnly();
    assert.equal(checkOf(result.record?.checks, 'probe'), verdict);
    assert.deepEqual([result.verdict, result.end.error?.exitCode], [verdict, exitCode]);
    assert.notEqual(await overall(), 'met');
    assert.notEqual(await overall(), 'at-risk');
  });
}

test('a check may print as much as it likes: its exit code counts', async () => {
  await backedUp(uploadsWith(commandCheck('head -c 3000000 /dev/zero; test -d "$LIFEBOAT_SANDBOX"')));
  assert.equal((await verifyOnly()).verdict, 'pass');
  scene.plan(uploadsWith(commandCheck('head -c 3000000 /dev/zero; exit 3')));
  assert.equal((await verifyOnly()).verdict, 'fail');
});

test('an inconclusive verification after a good one leaves the proof, a failed one voids it, a good one mends it', async () => {
  await backedUp(uploadsWith(commandCheck('exit "$(cat ../../../../../../answer)"')));
  const answer = (code: number) => fs.writeFileSync(join(scene.folder, '../answer'), String(code));
  const flow: readonly (readonly [number, Status])[] = [
    [0, 'met'],
    [127, 'met'],
    [1, 'breached'],
    [127, 'breached'],
    [0, 'met'],
  ];
  for (const [code, expected] of flow) {
    answer(code);
    await verifyOnly();
    assert.equal(await overall(), expected, `after exit code ${code}`);
  }
});

test('a proof that cannot be written down is none, and its sandbox is gone', async () => {
  await backedUp(uploadsWith('files'));
  scene.wraps.set('here', readOnly);
  const { verdict, proof, end } = await verifyOnly();
  assert.deepEqual([verdict, proof?.error?.code, end.error?.exitCode], [undefined, 'STORE_READ_ONLY', 5]);
  assert.equal(await overall(), 'unknown');
});

test('what a killed verification left behind is removed by the next one, what was kept is not', async () => {
  await backedUp(uploadsWith('files'));
  for (const name of ['.lifeboat-sandbox-killed', 'kept-sandbox-looked-at', 'sandbox-of-somebody']) {
    fs.mkdirSync(join(sandboxParent(), name, 'root'), { recursive: true });
    fs.writeFileSync(join(sandboxParent(), name, 'root', 'secret'), 'plain');
    fs.writeFileSync(join(sandboxParent(), name, 'lock'), '');
  }
  await scene.verify();
  assert.deepEqual(sandboxes(), ['kept-sandbox-looked-at', 'sandbox-of-somebody']);
});

test('a database without checks is asked whether it is sound', async () => {
  await backedUp('  orders: { source: { kind: sqlite, path: ./orders.db } }');
  assert.equal(checkOf((await verifyOnly()).record?.checks, 'integrity'), 'pass');
});

test('a plan that lies elsewhere now asks the database at the path that was captured', async () => {
  await backedUp('  orders: { source: { kind: sqlite, path: ./orders.db }, canary: { kind: table } }');
  fs.renameSync(scene.folder, `${scene.folder}-before`);
  fs.mkdirSync(join(scene.folder, 'moved'), { recursive: true });
  fs.copyFileSync(join(`${scene.folder}-before`, 'lifeboat.yaml'), scene.path('moved/lifeboat.yaml'));
  Object.assign(scene, { context: { ...scene.context, folder: scene.path('moved') } });
  const { verdict, record } = await verifyOnly();
  assert.deepEqual([verdict, record?.loss?.kind], ['pass', 'measured']);
});

for (const [what, before, after] of [
  ['another database', '{ kind: sqlite, path: ./orders.db }', '{ kind: sqlite, path: ./other.db }'],
  ['another folder', '{ kind: files, paths: [./uploads] }', '{ kind: files, paths: [./others] }'],
  ['one folder more', '{ kind: files, paths: [./uploads] }', '{ kind: files, paths: [./uploads, ./others] }'],
  ['a database', '{ kind: files, paths: [./uploads] }', '{ kind: sqlite, path: ./orders.db }'],
] as const) {
  test(`a point proves nothing of a source that became ${what} and was never backed up`, async () => {
    await backedUp(`  shop: { source: ${before} }`);
    scene.write('others/c.txt', 'c');
    makeOrders(scene.path('other.db'), 3);
    scene.plan(`  shop: { source: ${after} }`);
    const { verdict, record } = await verifyOnly();
    assert.deepEqual([verdict, record?.restored], ['inconclusive', true]);
    const source = record?.checks.find(({ name }) => name === 'source');
    assert.match(
      source?.message ?? '',
      /^the point was captured from another source, \/.*; run `lifeboat backup`$/,
    );
    assert.equal(await overall('shop'), 'unknown');
    for (const { error } of await scene.backup()) assert.equal(error, undefined);
    assert.equal((await verifyOnly()).verdict, 'pass');
    assert.equal(await overall('shop'), 'met');
  });
}

test('a point proves nothing of what another command prints under the same name', async () => {
  const printing = (text: string) => `  shop: { source: { kind: command, run: 'echo ${text}', file: dump } }`;
  await backedUp(printing('one'));
  assert.equal((await verifyOnly()).verdict, 'pass');
  scene.plan(printing('two'));
  const { verdict, record } = await verifyOnly();
  assert.equal(verdict, 'inconclusive');
  assert.match(
    record?.checks.at(-1)?.message ?? '',
    /^the point was captured before the source or the checks were changed; run `lifeboat backup`$/,
  );
  for (const { error } of await scene.backup()) assert.equal(error, undefined);
  assert.equal((await verifyOnly()).verdict, 'pass');
});

test('a point holds what the plan reads also when it holds more', async () => {
  await backedUp('  shop: { source: { kind: files, paths: [./orders.db, ./uploads] } }');
  scene.plan('  shop: { source: { kind: files, paths: [./uploads] }, checks: [files] }');
  assert.equal((await verifyOnly()).verdict, 'pass');
});

test('the loss is counted from the canary where there is one, else from the capture', async () => {
  await backedUp(`  orders:
    source: { kind: sqlite, path: ./orders.db }
    canary: { kind: table }
    checks: [integrity]`);
  scene.aheadMs = 600_000;
  const { record } = await verifyOnly();
  await using vault = await scene.open('here');
  const [backup] = (await vault.records()).records.filter((candidate) => candidate.type === 'backup');
  assert.deepEqual(record?.loss, {
    kind: 'measured',
    ms: (record?.startMs ?? 0) - (backup?.canary?.writtenAtMs ?? 0),
  });
  assert.ok((record?.loss?.ms ?? 0) >= 600_000);
});

test('a proof is one of the system as it was then: another source or check makes it unknown', async () => {
  await backedUp(uploadsWith('files'));
  await scene.verify();
  assert.equal(await overall(), 'met');
  scene.plan(uploadsWith('files, { kind: files, name: enough, min_count: 2 }'));
  assert.equal(await overall(), 'unknown');
  await scene.verify();
  assert.equal(await overall(), 'met');
});

test('a value that the source was not asked for at capture is no comparison', async () => {
  await backedUp('  orders: { source: { kind: sqlite, path: ./orders.db }, checks: [integrity] }');
  scene.plan(`  orders:
    source: { kind: sqlite, path: ./orders.db }
    checks: [{ kind: sql, name: rows, query: select count(*) from orders, expect: source }]`);
  const { verdict, record } = await verifyOnly();
  assert.deepEqual([verdict, checkOf(record?.checks, 'rows')], ['inconclusive', 'inconclusive']);
  assert.notEqual(await overall('orders'), 'met');
  for (const { error } of await scene.backup()) assert.equal(error, undefined);
  assert.equal((await verifyOnly()).verdict, 'pass');
});

test('a canary that the restored data lack fails', async () => {
  const source = '{ kind: sqlite, path: ./orders.db }';
  await backedUp(`  orders: { source: ${source}, checks: [integrity] }`);
  scene.plan(`  orders: { source: ${source}, checks: [integrity], canary: { kind: table } }`);
  const { verdict, record } = await verifyOnly();
  assert.deepEqual(
    [verdict, checkOf(record?.checks, 'canary'), record?.loss?.kind],
    ['fail', 'fail', 'computed'],
  );
});

test('verification reads and writes nothing of production', async () => {
  await backedUp(`  orders:
    source: { kind: sqlite, path: ./orders.db }
    canary: { kind: table }
    checks: [integrity, foreign_keys, { kind: sql, name: rows, query: select count(*) from orders, expect: source }]
${uploadsWith('files')}`);
  using database = new DatabaseSync(scene.path('orders.db'));
  addOrders(database, 5);
  const before = fingerprint(scene.folder);
  const proofs = await scene.verify();
  assert.deepEqual(
    proofs.map(({ outcome }) => outcome?.record.verdict),
    ['pass', 'pass'],
  );
  assert.deepEqual(fingerprint(scene.folder), before);
});

function fingerprint(folder: string): readonly string[] {
  return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
    const stats = fs.statSync(join(folder, name), { bigint: true });
    const hash = createHash('sha256');
    if (stats.isFile()) hash.update(fs.readFileSync(join(folder, name)));
    return `${name} ${stats.ino} ${stats.mtimeNs} ${stats.ctimeNs} ${hash.digest('hex')}`;
  });
}

test('a disk too small for the sandbox is no fault of the data', { skip: mountNeedsRoot }, async () => {
  await backedUp(uploadsWith('files'));
  scene.write('uploads/large', Buffer.alloc(3 << 20, 'x'));
  await scene.backup();
  const small = join(scene.folder, '../small');
  fs.mkdirSync(small);
  const mounted = await runProgram({
    kind: 'argv',
    file: 'mount',
    arguments: ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small],
  });
  assert.equal(mounted.exitCode, 0, mounted.stderrTail);
  try {
    const record = await prove(await newestSnapshot(), small);
    assert.deepEqual([record.verdict, record.error?.code], ['inconclusive', 'DISK_FULL']);
  } finally {
    await runProgram({ kind: 'argv', file: 'umount', arguments: [small] });
  }
});

test('--sandbox counts from the folder of the command', async () => {
  await backedUp(uploadsWith(''));
  fs.mkdirSync(scene.path('proofs'));
  const parsed = parseInput('verify', verify, ['--sandbox', 'proofs', '--keep']);
  assert.ok(parsed.kind === 'run');
  const { error } = await verify.run(scene.context, parsed.input);
  assert.equal(error, undefined);
  assert.equal(fs.readdirSync(scene.path('proofs')).length, 1);
});

test('rows that were counted at the capture are compared, as exactly as the plan wants it', async () => {
  const counted = '[{ kind: row_counts, tables: [orders, strangers], tolerance: "10%" }]';
  await backedUp(`  orders: { source: { kind: sqlite, path: ./orders.db }, checks: ${counted} }`);
  const original = await newestSnapshot();
  const withMore = async (rows: number): Promise<string> => {
    const database = new DatabaseSync(scene.path('orders.db'));
    addOrders(database, rows);
    database.close();
    return await forge(original, [scene.path('orders.db')]);
  };
  const first = await prove(original);
  assert.equal(checkOf(first.checks, 'rows of orders'), 'pass');
  assert.equal(checkOf(first.checks, 'rows of strangers'), 'inconclusive', 'no such table was counted');
  assert.equal(first.verdict, 'inconclusive');

  const near = await prove(await withMore(2));
  assert.equal(checkOf(near.checks, 'rows of orders'), 'pass');
  const far = await prove(await withMore(5));
  assert.equal(checkOf(far.checks, 'rows of orders'), 'fail');
});

test('rows of tables that nobody named are compared as well', async () => {
  await backedUp('  orders: { source: { kind: sqlite, path: ./orders.db }, checks: [integrity] }');
  const { record } = await verifyOnly();
  assert.equal(checkOf(record?.checks, 'rows of orders'), 'pass');
});
