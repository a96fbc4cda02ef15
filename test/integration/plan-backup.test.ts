/** A backup under a plan: what it says is done is in the vault and reads back, and whatever fails leaves no point. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { backup as backupCommand } from '../../src/cli/commands/backup.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { endOf, planBackup } from '../../src/cli/plan/plan-backup.ts';
import { withFaults } from '../../src/object-store/fault.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { readOnly } from '../../src/object-store/read-only.ts';
import { decodeManifest, manifestPath } from '../../src/recovery-point/manifest.ts';
import { makeOrders, type PlanScene, planScene, storedFiles } from './plan-scene.ts';

const uploads = '  uploads: { source: { kind: files, paths: [./uploads] }, checks: [files] }';
const isRoot = process.getuid?.() === 0;

let scene: PlanScene;
afterEach(() => scene[Symbol.dispose]());

async function uploadsScene(vaults = ['here']): Promise<void> {
  scene = await planScene({ systems: uploads, vaults });
  scene.write('uploads/a.txt', 'a');
  scene.write('uploads/deep/b.txt', 'bb');
}

function command(run: string, more = ''): string {
  return `  dump:\n    source: { kind: command, run: ${JSON.stringify(run)}, file: dump.sql${more} }`;
}

/** Calls `act` before each put below the prefix. */
function whenPut(store: ObjectStore, prefix: string, act: () => void): ObjectStore {
  return {
    ...store,
    put: async (key, bytes, signal) => {
      if (key.startsWith(prefix)) act();
      await store.put(key, bytes, signal);
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

async function onlyRecord(vault = 'here') {
  await using opened = await scene.open(vault);
  const { records, problems } = await opened.records();
  assert.deepEqual(problems, []);
  return records;
}

test('a good backup has a manifest that says what is in it, a record and a check', async () => {
  await uploadsScene();
  fs.symlinkSync('a.txt', scene.path('uploads/link'));
  const [backup] = await scene.backup();
  assert.equal(backup?.error, undefined);
  const snapshotId = backup?.outcome?.record.snapshotId ?? '';
  await using vault = await scene.open('here');
  const snapshot = await vault.repository.snapshot(snapshotId);
  const pieces: Buffer[] = [];
  for await (const piece of vault.repository.dump(snapshot, manifestPath)) pieces.push(piece);
  const manifest = decodeManifest(Buffer.concat(pieces));
  const above = scene.path('uploads').split('/').length - 1;
  assert.deepEqual(manifest.contents, {
    files: 2,
    directories: above + 1,
    symlinks: 1,
    others: 0,
    bytes: 3,
    digest: await vault.repository.contentDigest(snapshot, ['.lifeboat']),
  });
  assert.equal(backup?.outcome?.record.contentDigest, manifest.contents.digest);
  assert.equal(backup?.outcome?.check?.verdict, 'pass');
  assert.equal(
    (await scene.status()).get('uploads')?.assessments.find(({ objective }) => objective.kind === 'rpo')
      ?.status,
    'met',
  );
});

test('a source that is not there leaves no snapshot and a failed record', async () => {
  scene = await planScene({ systems: uploads });
  const backups = await scene.backup();
  assert.equal(backups[0]?.error?.code, 'SOURCE_INVALID');
  assert.equal(endOf(backups).error?.exitCode, 1);
  assert.deepEqual(storedFiles(scene, 'here', 'snapshots'), []);
  const [record, ...others] = await onlyRecord();
  assert.deepEqual(others, []);
  assert.equal(record?.type, 'backup');
  assert.equal(record?.verdict, 'fail');
  assert.ok(record.requests !== undefined, 'what it asked of the store is kept');
  assert.equal((await scene.status()).get('uploads')?.status, 'breached');
});

test('a file that cannot be read makes the point incomplete, and it meets no objective', {
  skip: isRoot ? 'root reads every file; the vanishing file shows the same' : false,
}, async () => {
  await uploadsScene();
  fs.chmodSync(scene.path('uploads/a.txt'), 0);
  const backups = await scene.backup();
  assert.equal(endOf(backups).error?.exitCode, 3);
});

test('a file that vanishes after its folder was listed makes the point incomplete', async () => {
  await uploadsScene();
  for (let number = 0; number < 300; number++) scene.write(`uploads/many/${number}`, randomBytes(20_000));
  scene.write('uploads/zz', 'gone soon');
  scene.wraps.set('here', (store) =>
    whenPut(store, 'data/', () => fs.rmSync(scene.path('uploads/zz'), { force: true })),
  );
  const backups = await scene.backup();
  const [outcome] = backups.map((backup) => backup.outcome);
  assert.equal(outcome?.record.verdict, 'incomplete');
  assert.deepEqual(
    outcome?.problems.map(({ path }) => path),
    [scene.path('uploads/zz')],
  );
  assert.equal(outcome?.record.files, 302);
  assert.equal(endOf(backups).error?.exitCode, 3);
  assert.equal((await scene.status()).get('uploads')?.status, 'unknown');
});

test('a snapshot that cannot be read keeps nobody from a new point, and is told', async () => {
  await uploadsScene();
  await scene.backup();
  const [file = ''] = storedFiles(scene, 'here', 'snapshots');
  const bytes = fs.readFileSync(file);
  bytes[60] = (bytes[60] ?? 0) ^ 1;
  fs.chmodSync(file, 0o600);
  fs.writeFileSync(file, bytes);
  scene.write('uploads/new', 'new');
  const backups = await scene.backup();
  const [outcome] = backups.map((backup) => backup.outcome);
  assert.deepEqual([outcome?.record.verdict, outcome?.check?.verdict], ['pass', 'pass']);
  assert.equal(storedFiles(scene, 'here', 'snapshots').length, 2);
  assert.equal(endOf(backups).error?.exitCode, 13);
  const [history] = await scene.histories(true);
  const point = history?.points.find(({ snapshotId }) => snapshotId === outcome?.record.snapshotId);
  assert.ok(point?.proof.checked !== undefined && point.failure === undefined);
});

test('a file that keeps growing while it is read makes the point incomplete', async () => {
  await uploadsScene();
  const file = scene.path('uploads/log');
  scene.write('uploads/log', randomBytes(24 << 20));
  const growing = setInterval(() => fs.appendFileSync(file, 'more'), 1);
  try {
    const [backup] = await scene.backup();
    assert.equal(backup?.outcome?.record.verdict, 'incomplete');
    assert.match(backup?.outcome?.problems[0]?.reason ?? '', /changing/);
  } finally {
    clearInterval(growing);
  }
});

test('a path of several that does not exist is refused before anything is captured', async () => {
  scene = await planScene({
    systems: '  uploads: { source: { kind: files, paths: [./uploads, ./other] } }',
  });
  scene.write('uploads/a', 'a');
  const [backup] = await scene.backup();
  assert.equal(backup?.error?.code, 'SOURCE_INVALID');
  assert.deepEqual(storedFiles(scene, 'here', 'snapshots'), []);
});

for (const [name, run, more, code] of [
  ['exits with 1 after 5 MB', 'head -c 5000000 /dev/urandom; exit 1', '', 'COMMAND_FAILED'],
  ['is killed after 5 MB', 'head -c 5000000 /dev/urandom; kill -9 $$', '', 'COMMAND_FAILED'],
  ['does not end in time', 'head -c 5000000 /dev/urandom; sleep 60', ', timeout: 1s', 'COMMAND_TIMEOUT'],
] as const) {
  test(`a command that ${name} leaves no snapshot and a failed record`, async () => {
    scene = await planScene({ systems: command(run, more) });
    const [backup] = await scene.backup();
    assert.equal(backup?.error?.code, code);
    assert.deepEqual(storedFiles(scene, 'here', 'snapshots'), []);
    assert.deepEqual(storedFiles(scene, 'here', 'locks'), []);
    const [record, ...others] = await onlyRecord();
    assert.deepEqual(others, []);
    assert.equal(record?.verdict, 'fail');
    assert.equal(record?.error?.code, code);
    assert.equal((await scene.status()).get('dump')?.status, 'breached');
  });
}

test('a canary is written before the capture and lies inside the snapshot', async () => {
  scene = await planScene({
    systems: `  orders:
    source: { kind: sqlite, path: ./orders.db }
    canary: { kind: table }
    checks: [integrity]
  uploads:
    source: { kind: files, paths: [./uploads] }
    canary: { kind: file }
    checks: [files]`,
  });
  makeOrders(scene.path('orders.db'), 10);
  scene.write('uploads/a', 'a');
  await scene.backup();
  await scene.backup();
  const proofs = await scene.verify();
  for (const { system, outcome } of proofs) {
    const canary = outcome?.record.checks.find(({ name }) => name === 'canary');
    assert.deepEqual([system, canary?.verdict, canary?.actual], [system, 'pass', 'number 2']);
    assert.equal(outcome?.record.loss?.kind, 'measured');
    assert.equal(outcome?.record.verdict, 'pass');
  }
  assert.equal(proofs.length, 2);
});

test('what checks compare with the source is asked in the transaction that is captured', async () => {
  scene = await planScene({
    systems: `  orders:
    source: { kind: sqlite, path: ./orders.db }
    checks: [{ kind: sql, name: orders, query: select count(*) from orders, expect: source }]`,
  });
  makeOrders(scene.path('orders.db'), 10);
  const { startSqliteWriter } = await import('../support/sqlite-writer.ts');
  fs.rmSync(scene.path('orders.db'));
  await using writer = await startSqliteWriter(scene.path('orders.db'), { journal: 'wal' });
  scene.plan(`  orders:
    source: { kind: sqlite, path: ./orders.db }
    checks: [{ kind: sql, name: rows, query: ${JSON.stringify(writtenRows)}, expect: source }]`);
  for (let round = 0; round < 3; round++) {
    const [backup] = await scene.backup();
    assert.equal(backup?.error, undefined);
    const before = backup?.outcome?.record.values['query:rows'];
    await writer.nextReport();
    const [proof] = await scene.verify();
    const check = proof?.outcome?.record.checks.find(({ name }) => name === 'rows');
    assert.deepEqual([check?.verdict, check?.actual], ['pass', String(before)]);
  }
});

const writtenRows = "select count(*) || '/' || max(id) || '/' || sum(amount) from credit";

test('a vault that cannot be reached does not keep the other from its point, and the end is not good', async () => {
  await uploadsScene(['here', 'away']);
  fs.renameSync(scene.vaultPath('away'), `${scene.vaultPath('away')}-unplugged`);
  const backups = await scene.backup();
  assert.deepEqual(
    backups.map(({ vault, error }) => [vault, error?.code]),
    [
      ['here', undefined],
      ['away', 'VAULT_NOT_FOUND'],
    ],
  );
  assert.equal(endOf(backups).error?.exitCode, 10);
  assert.equal(storedFiles(scene, 'here', 'snapshots').length, 1);
});

test('a vault that cannot be written gets no point, and is read all the same', async () => {
  await uploadsScene();
  await scene.backup();
  scene.wraps.set('here', readOnly);
  const [backup] = await scene.backup();
  assert.equal(backup?.error?.code, 'STORE_READ_ONLY');
  const [history] = await scene.histories(true);
  assert.equal(history?.trouble, undefined);
  assert.equal(history?.points.length, 1);
});

test('an interruption leaves neither snapshot nor lock, and no record of success', async () => {
  scene = await planScene({ systems: command('head -c 3000000 /dev/urandom; sleep 60') });
  const stop = new AbortController();
  scene.wraps.set('here', (store) => whenPut(store, 'data/', () => stop.abort(new Error('stopped'))));
  await assert.rejects(scene.backup({ signal: stop.signal }));
  assert.ok(stop.signal.aborted);
  assert.deepEqual(storedFiles(scene, 'here', 'snapshots'), []);
  assert.deepEqual(storedFiles(scene, 'here', 'locks'), []);
  assert.deepEqual(await onlyRecord(), []);
});

test('an interruption while one large file is read stops the reading', async () => {
  await uploadsScene();
  scene.write('uploads/large', randomBytes(64 << 20));
  const stop = new AbortController();
  let putsAfterwards = 0;
  scene.wraps.set('here', (store) =>
    whenPut(store, 'data/', () => {
      if (stop.signal.aborted) putsAfterwards += 1;
      stop.abort(new Error('stopped'));
    }),
  );
  await assert.rejects(scene.backup({ signal: stop.signal }));
  assert.deepEqual(storedFiles(scene, 'here', 'snapshots'), []);
  assert.deepEqual(storedFiles(scene, 'here', 'locks'), []);
  assert.ok(putsAfterwards < 40, `${putsAfterwards} packs were written after the interruption`);
});

test('a silent change of a file, its size and time as before, is captured', async () => {
  await uploadsScene();
  await scene.backup();
  const file = scene.path('uploads/a.txt');
  const { atime, mtime } = fs.statSync(file);
  fs.writeFileSync(file, 'X');
  fs.utimesSync(file, atime, mtime);
  const [backup] = await scene.backup();
  const record = backup?.outcome?.record;
  assert.ok((record?.bytesAdded ?? 0) > 0);
  await using vault = await scene.open('here');
  const snapshot = await vault.repository.snapshot(record?.snapshotId ?? '');
  for await (const piece of vault.repository.dump(snapshot, file)) assert.equal(piece.toString(), 'X');
});

test('an unchanged file is not read again, unless every file is asked for', async () => {
  await uploadsScene();
  const sizeBytes = 24 << 20;
  scene.write('uploads/large', randomBytes(sizeBytes));
  const bytesReadBy = async (full: boolean) => {
    const before = bytesReadByProcess();
    const [backup] = await scene.backup({ full });
    assert.equal(backup?.outcome?.record.bytesAdded === 0, false, 'the manifest is new each time');
    return bytesReadByProcess() - before;
  };
  assert.ok((await bytesReadBy(false)) > sizeBytes);
  assert.ok((await bytesReadBy(false)) < sizeBytes / 2);
  assert.ok((await bytesReadBy(true)) > sizeBytes);
});

/** Source: proc_pid_io(5). */
function bytesReadByProcess(): number {
  return Number(/^rchar: (\d+)$/m.exec(fs.readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

test('once a week every file is read, and what changed behind size and time is named', async () => {
  await uploadsScene();
  const file = scene.path('uploads/a.txt');
  const past = new Date('2026-01-02T03:04:05Z');
  fs.utimesSync(file, past, past);
  const fullReads: unknown[] = [];
  const silent: unknown[] = [];
  for (const days of [0, 1, 8, 9]) {
    scene.aheadMs = days * 24 * 60 * 60 * 1000;
    if (days === 8) fs.writeFileSync(file, 'X');
    if (days === 8) fs.utimesSync(file, past, past);
    const [backup] = await scene.backup();
    fullReads.push(backup?.outcome?.record.fullRead);
    silent.push(backup?.outcome?.silentChanges);
  }
  assert.deepEqual(fullReads, [true, false, true, false]);
  assert.deepEqual(silent, [[], [], [file], []]);
});

test('a repository without vault.json gets no backup under a plan, for no record would be kept', async () => {
  await uploadsScene();
  for (const file of ['vault.json', 'spare/vault.json'])
    fs.rmSync(join(scene.vaultPath('here'), 'lifeboat', file));
  const [backup] = await scene.backup();
  assert.equal(backup?.error?.code, 'VAULT_DAMAGED');
  assert.deepEqual(storedFiles(scene, 'here', 'snapshots'), []);
});

for (const [name, harm] of [
  ['cut short', (file: string) => fs.truncateSync(file, fs.statSync(file).size - 40)],
  ['deleted', (file: string) => fs.rmSync(file)],
  [
    'with a flipped bit',
    (file: string) => {
      const bytes = fs.readFileSync(file);
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      fs.chmodSync(file, 0o600);
      fs.writeFileSync(file, bytes);
    },
  ],
] as const) {
  test(`a pack that is ${name} between being written and being read back voids the point`, async () => {
    await uploadsScene();
    scene.write('uploads/random', randomBytes(300_000));
    scene.wraps.set('here', (store) => ({
      ...store,
      put: async (key, bytes, signal) => {
        await store.put(key, bytes, signal);
        if (key.startsWith('snapshots/')) harm(largest(storedFiles(scene, 'here', 'data')));
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }));
    const backups = await scene.backup();
    assert.equal(backups[0]?.error?.code, 'VAULT_DAMAGED');
    assert.equal(endOf(backups).error?.exitCode, 13);
    assert.equal(backups[0]?.outcome?.check?.verdict, 'fail');
    scene.wraps.clear();
    const status = await scene.status();
    assert.notEqual(status.get('uploads')?.status, 'met');
    assert.notEqual(status.get('uploads')?.status, 'at-risk');
  });
}

function largest(files: readonly string[]): string {
  return files.toSorted((a, b) => fs.statSync(b).size - fs.statSync(a).size)[0] ?? '';
}

for (const [name, harm] of [
  ['deleted', (file: string) => fs.rmSync(file)],
  ['cut short', (file: string) => fs.truncateSync(file, fs.statSync(file).size - 1)],
] as const) {
  test(`a pack that was read back before and is ${name} later is found by the next backup, and voids the points of before`, async () => {
    await uploadsScene();
    await scene.backup();
    assert.notEqual(rpoOf(await scene.status()), 'unknown');
    const data = storedFiles(scene, 'here', 'data');
    scene.write('uploads/new', 'new');
    harm(data.toSorted((a, b) => fs.statSync(a).size - fs.statSync(b).size)[0] ?? '');
    const [backup] = await scene.backup();
    assert.ok(backup?.error, 'the damage is found');
    assert.ok(
      ['unknown', 'breached'].includes(rpoOf(await scene.status()) ?? ''),
      rpoOf(await scene.status()),
    );
  });
}

function rpoOf(status: Awaited<ReturnType<PlanScene['status']>>): string | undefined {
  return status.get('uploads')?.assessments.find(({ objective }) => objective.kind === 'rpo')?.status;
}

test('what was read back is trusted for a week, and not when the cache is damaged', async () => {
  await uploadsScene();
  const packsRead = async () => (await scene.backup())[0]?.outcome?.check?.packsRead ?? -1;
  const first = await packsRead();
  assert.ok(first >= 2);
  // each file of its own backup lies in a pack of its own, and the newest point needs them all
  for (const name of ['c', 'd', 'e', 'f', 'g', 'h']) {
    scene.write(`uploads/${name}.txt`, name);
    await packsRead();
  }
  const [newPacks, packsOfSample, packsNeeded] = [2, 3, 8];
  const trusting = await packsRead();
  assert.ok(trusting <= newPacks + packsOfSample && trusting < packsNeeded, `${trusting} were read`);
  const [cacheFile] = fs
    .readdirSync(join(scene.folder, '../caches'), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name === 'read-packs.json')
    .map(({ parentPath, name }) => join(parentPath, name));
  const trusted = Object.keys(JSON.parse(fs.readFileSync(cacheFile ?? '', 'utf8'))).length;
  for (const nonsense of ['{', 'null', '[1]', '{"a":"b"}']) {
    fs.writeFileSync(cacheFile ?? '', nonsense);
    assert.ok((await packsRead()) >= packsNeeded, nonsense);
  }
  assert.ok(trusted >= packsNeeded);
  scene.aheadMs = 8 * 86_400_000;
  assert.ok((await packsRead()) >= packsNeeded);
});

test('a fault while reading back is no damage: the point just does not count yet', async () => {
  await uploadsScene();
  scene.wraps.set('here', (store) => {
    let saved = false;
    const watched = {
      ...store,
      put: async (key: string, bytes: Uint8Array, signal?: AbortSignal) => {
        await store.put(key, bytes, signal);
        saved ||= key.startsWith('snapshots/');
      },
      get: async (...given: Parameters<typeof store.get>) => {
        if (saved && given[0].startsWith('data/')) return await cut.get(...given);
        return await store.get(...given);
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
    const cut = withFaults(store, [{ kind: 'fail', nth: 1, times: 100, operation: 'get' }]);
    return watched;
  });
  const [backup] = await scene.backup();
  assert.equal(backup?.error?.code, 'STORE_UNAVAILABLE');
  scene.wraps.clear();
  assert.equal(rpoOf(await scene.status()), 'unknown');
  await scene.backup();
  assert.equal(rpoOf(await scene.status()), 'met');
});

test('two plans that share a vault do not count each other’s points', async () => {
  await uploadsScene();
  await scene.backup();
  const text = fs.readFileSync(scene.path('lifeboat.yaml'), 'utf8');
  fs.writeFileSync(scene.path('lifeboat.yaml'), text.replace('5f0c8a52', '6f0c8a52'));
  assert.equal((await scene.status()).get('uploads')?.status, 'breached');
});

for (const kind of ['index', 'data'] as const) {
  test(`damage of the ${kind} that keeps a backup from being made voids the points of before`, async () => {
    await uploadsScene();
    await scene.backup();
    await scene.verify();
    assert.equal((await scene.status()).get('uploads')?.status, 'met');
    for (const file of storedFiles(scene, 'here', kind))
      fs.writeFileSync(file, randomBytes(fs.statSync(file).size));
    scene.write('uploads/new', 'new');
    const parsed = parseInput('backup', backupCommand, []);
    assert.ok(parsed.kind === 'run');
    const end = await planBackup(scene.context, parsed.input);
    assert.notEqual(end.error, undefined);
    for (const refresh of [false, true])
      assert.ok(['unknown', 'breached'].includes((await scene.status(refresh)).get('uploads')?.status ?? ''));
  });
}
