import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdirSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../test/support/seeded-random.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo } from '../../test/support/vault.ts';
import { withFaults } from '../object-store/fault.ts';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import { readOnly } from '../object-store/read-only.ts';
import type { CaptureEvent, Content } from '../source/source.ts';
import { directoryDigest, fileDigest } from './content-digest.ts';
import type { Repository, Snapshot } from './repository-types.ts';

const one = { workers: 1 };

test('a vault is not made twice, nor opened where there is none', async () => {
  const store = openMemoryStore();
  await assert.rejects(openVault(store), { code: 'VAULT_NOT_FOUND', exitCode: 10 });
  await makeVault(store);
  await assert.rejects(makeVault(store), { code: 'VAULT_EXISTS' });
  await store.delete('config');
  await assert.rejects(openVault(store), { code: 'OBJECT_MISSING', message: /config/ });
  await store.put(`snapshots/${'ab'.repeat(32)}`, Buffer.from('x'));
  await assert.rejects(makeVault(store), { code: 'VAULT_EXISTS' });
});

test('a second vault with the same polynomial cuts alike', async () => {
  const first = await makeVault(openMemoryStore());
  const second = await makeVault(openMemoryStore(), { chunkerPolynomial: first.chunkerPolynomial });
  assert.equal(second.chunkerPolynomial, first.chunkerPolynomial);
  assert.notEqual(second.id, first.id);
});

/** A capture of one file whose bytes are made. */
async function* streamed(open: () => AsyncIterable<Uint8Array>): AsyncGenerator<readonly CaptureEvent[]> {
  const content: Content = { kind: 'stream', open };
  const metadata = {
    type: 'file' as const,
    mode: 0o100644,
    mtimeNs: 0n,
    ctimeNs: 0n,
    uid: 0,
    gid: 0,
    user: '',
    group: '',
    size: 0,
  };
  yield [{ kind: 'entry', name: Buffer.from('stream'), metadata, content }];
}

const request = {
  time: '2026-01-02T03:04:05.5Z',
  paths: ['/stream'],
  hostname: 'h',
  username: 'u',
  uid: 1000,
  gid: 1000,
};

test('a stream is stored as it comes, whatever the pieces', async () => {
  const vault = await makeVault(openMemoryStore(), one);
  const whole = seededRandom(3).bytes(5_000_000);
  const trees = new Set<string>();
  for (const pieceBytes of [70_001, 5_000_000]) {
    const events = streamed(async function* () {
      for (let at = 0; at < whole.length; at += pieceBytes) yield whole.subarray(at, at + pieceBytes);
    });
    const saved = await vault.write((writer) => writer.saveSnapshot({ ...request, events }));
    const dumped = Buffer.concat(await Array.fromAsync(vault.dump(saved.snapshot, '/stream')));
    assert.ok(dumped.equals(whole));
    trees.add(saved.snapshot.tree);
  }
  assert.equal(trees.size, 1);
});

test('a stream that fails raises its error and leaves no snapshot and no lock', async () => {
  const store = openMemoryStore();
  const vault = await makeVault(store, one);
  const events = streamed(async function* () {
    yield Buffer.alloc(100_000);
    throw new Error('the dump failed');
  });
  await assert.rejects(
    vault.write((writer) => writer.saveSnapshot({ ...request, events })),
    /the dump failed/,
  );
  assert.deepEqual(await vault.snapshots(), []);
  assert.deepEqual(await Array.fromAsync(store.list('locks/')), []);
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
});

test('a store that fails for good ends the backup with its error and no snapshot', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'file'), seededRandom(1).bytes(300_000));
  const store = openMemoryStore();
  await makeVault(store, one);
  for (const keyPrefix of ['data/', 'index/', 'snapshots/']) {
    const faulty = withFaults(store, [{ kind: 'fail', operation: 'put', keyPrefix, nth: 1 }]);
    const vault = await openVault(faulty, { ...one, packBytesTarget: 50_000 });
    await assert.rejects(backUp(vault, folder.path), { code: 'STORE_UNAVAILABLE' });
    assert.deepEqual(await vault.snapshots(), []);
  }
});

test('an aborted backup rejects with the reason and leaves no lock', async () => {
  const store = openMemoryStore();
  const vault = await makeVault(store, one);
  const controller = new AbortController();
  const events = streamed(async function* () {
    yield Buffer.alloc(100_000);
    controller.abort(new Error('enough'));
    yield Buffer.alloc(100_000);
  });
  const { signal } = controller;
  await assert.rejects(
    vault.write((writer) => writer.saveSnapshot({ ...request, events }), { signal }),
    /enough/,
  );
  assert.deepEqual(await vault.snapshots(), []);
  assert.deepEqual(await Array.fromAsync(store.list('locks/')), []);
});

test('a further file holds what was seen, and what was seen has one digest in any order', async () => {
  const vault = await makeVault(openMemoryStore(), one);
  const bytes = Buffer.from('bytes');
  const events = streamed(async function* () {
    yield bytes;
  });
  const saved = await vault.write((writer) =>
    writer.saveSnapshot({
      ...request,
      events,
      extraFile: async (seen) => ({
        path: ['meta', 'seen'],
        bytes: Buffer.from(`${seen.files} ${seen.bytes}`),
      }),
    }),
  );
  const extra = await Array.fromAsync(vault.dump(saved.snapshot, '/meta/seen'));
  assert.equal(Buffer.concat(extra).toString(), '1 5');
  const id = '277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9';
  const entry = { name: Buffer.from('stream'), type: 'file' as const, size: 5, content: fileDigest([id]) };
  assert.equal(saved.seen.digest, directoryDigest([entry]));
});

/** Two snapshots of a folder with one change of every kind between them. */
async function twoSnapshots(
  folder: string,
): Promise<{ vault: Repository; older: Snapshot; newer: Snapshot }> {
  const vault = await makeVault(openMemoryStore(), one);
  mkdirSync(join(folder, 'dir', 'sub'), { recursive: true });
  for (const name of ['same', 'content', 'mode', 'gone', 'type', 'dir/sub/deep'])
    writeFileSync(join(folder, name), name);
  const older = (await backUp(vault, folder, { time: '2026-01-01T00:00:00Z', tags: ['a', 'b'] })).snapshot;
  appendFileSync(join(folder, 'content'), '!');
  chmodSync(join(folder, 'mode'), 0o600);
  unlinkSync(join(folder, 'gone'));
  rmSync(join(folder, 'type'));
  mkdirSync(join(folder, 'type'));
  writeFileSync(join(folder, 'type', 'new'), 'new');
  const newer = (await backUp(vault, folder, { time: '2026-01-02T00:00:00Z', hostname: 'other' })).snapshot;
  return { vault, older, newer };
}

test('snapshots are found by id, filter and age', async () => {
  using folder = temporaryFolder();
  const { vault, older, newer } = await twoSnapshots(folder.path);
  const ids = async (filter: Parameters<Repository['snapshots']>[0]) =>
    (await vault.snapshots(filter)).map(({ id }) => id);
  assert.deepEqual(await ids({}), [older.id, newer.id]);
  assert.deepEqual(await ids({ hostname: 'other' }), [newer.id]);
  assert.deepEqual(await ids({ tags: ['b', 'a'] }), [older.id]);
  assert.deepEqual(await ids({ tags: ['a', 'c'] }), []);
  assert.deepEqual(await ids({ paths: [folder.path] }), [older.id, newer.id]);
  assert.deepEqual(await ids({ paths: ['/'] }), []);
  assert.equal((await vault.snapshot('latest')).id, newer.id);
  assert.equal((await vault.snapshot('latest', { hostname: 'test-host' })).id, older.id);
  assert.equal((await vault.snapshot(older.id.slice(0, 20))).id, older.id);
  await assert.rejects(vault.snapshot(''), { code: 'SNAPSHOT_NOT_FOUND' });
  await assert.rejects(vault.snapshot('latest', { hostname: 'nobody' }), { code: 'SNAPSHOT_NOT_FOUND' });
  await assert.rejects(vault.snapshot('xyz'), { code: 'SNAPSHOT_NOT_FOUND' });
});

test('a folder is listed, a file dumped, and paths that are not there are named', async () => {
  using folder = temporaryFolder();
  const { vault, older } = await twoSnapshots(folder.path);
  const names = async (options: Parameters<Repository['list']>[1]) =>
    (await Array.fromAsync(vault.list(older, options))).map(({ path }) =>
      path.toString().slice(folder.path.length),
    );
  assert.deepEqual(await names({ path: join(folder.path, 'dir') }), ['/dir', '/dir/sub', '/dir/sub/deep']);
  assert.deepEqual(await names({ path: `${folder.path}/dir/`, recursive: false }), ['/dir', '/dir/sub']);
  const all = await names({ path: folder.path });
  assert.deepEqual(all, [
    '',
    '/content',
    '/dir',
    '/dir/sub',
    '/dir/sub/deep',
    '/gone',
    '/mode',
    '/same',
    '/type',
  ]);
  const dumped = Buffer.concat(
    await Array.fromAsync(vault.dump(older, Buffer.from(join(folder.path, 'gone')))),
  );
  assert.equal(dumped.toString(), 'gone');
  const dump = (path: string) => Array.fromAsync(vault.dump(older, join(folder.path, path)));
  await assert.rejects(dump('nothing'), { code: 'PATH_NOT_FOUND', message: /nothing/ });
  await assert.rejects(dump('gone/below'), { code: 'PATH_NOT_FOUND' });
  await assert.rejects(dump('dir'), { code: 'PATH_NOT_FOUND', message: /is a dir/ });
});

test('every kind of change is told once', async () => {
  using folder = temporaryFolder();
  const { vault, older, newer } = await twoSnapshots(folder.path);
  const changes = (await Array.fromAsync(vault.diff(older, newer)))
    .filter(({ path }) => path.toString().startsWith(`${folder.path}/`))
    .map(({ change, path }) => `${change} ${path.toString().slice(folder.path.length + 1)}`);
  assert.deepEqual(changes, ['M content', '- gone', 'U mode', 'T type', '+ type/new']);
  assert.deepEqual(await Array.fromAsync(vault.diff(older, older)), []);
});

test('statistics count what is shared once as stored, and each time as restored', async () => {
  using folder = temporaryFolder();
  const { vault, older, newer } = await twoSnapshots(folder.path);
  const [first, both] = [await vault.stats([older]), await vault.stats([older, newer])];
  assert.equal(first.files, 6);
  assert.equal(first.restoreBytes, 'samecontentmodegonetypedir/sub/deep'.length - 'dir/sub/deep'.length + 12);
  assert.equal(both.snapshots, 2);
  assert.equal(both.restoreBytes, first.restoreBytes * 2 + 1 - 'gone'.length - 'type'.length + 'new'.length);
  assert.ok(both.blobs > first.blobs && both.blobs < first.blobs * 2);
  assert.ok(both.storedBytes > 0 && both.blobBytes > 0);
});

test('unchanged files are not read again, changed ones are', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'file');
  writeFileSync(path, 'before');
  const vault = await makeVault(openMemoryStore(), one);
  const first = await backUp(vault, folder.path);
  const again = await backUp(vault, folder.path, { parent: first.snapshot });
  assert.equal(again.summary.filesUnmodified, 1);
  assert.equal(again.snapshot.parent, first.snapshot.id);
  writeFileSync(path, 'AFTER!');
  utimesSync(path, 1, 1);
  const changed = await backUp(vault, folder.path, { parent: again.snapshot });
  assert.equal(changed.summary.filesChanged, 1);
});

test('a vault that cannot be written is read without a lock', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'file'), 'content');
  const store = openMemoryStore();
  await backUp(await makeVault(store, one), folder.path);
  const vault = await openVault(readOnly(store), one);
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
  using target = temporaryFolder();
  assert.equal((await restoreTo(vault, 'latest', target.path)).files, 1);
  await assert.rejects(backUp(vault, folder.path), { code: 'STORE_READ_ONLY' });
});

test('check reads the share of packs that is asked for', async () => {
  using folder = temporaryFolder();
  for (let n = 0; n < 8; n++) writeFileSync(join(folder.path, `file-${n}`), seededRandom(n).bytes(450_000));
  const vault = await makeVault(openMemoryStore(), { ...one, packBytesTarget: 400_000 });
  await backUp(vault, folder.path);
  const all = await vault.check({ readData: 'all' });
  assert.equal(all.packs, 9);
  assert.equal(all.packsRead, all.packs);
  assert.ok(all.bytesRead > 8 * 450_000);
  assert.equal((await vault.check()).packsRead, 0);
  assert.equal((await vault.check({ readData: { percent: 1 } })).packsRead, 1);
  assert.equal((await vault.check({ readData: { percent: 50 } })).packsRead, Math.ceil(all.packs / 2));
  let parts = 0;
  for (const part of [1, 2, 3]) parts += (await vault.check({ readData: { part, of: 3 } })).packsRead;
  assert.equal(parts, all.packs);
});

test('two processes write at the same time, and both snapshots are whole', async () => {
  using folder = temporaryFolder();
  for (const name of ['a', 'b']) {
    mkdirSync(join(folder.path, name));
    writeFileSync(join(folder.path, name, 'file'), seededRandom(5).bytes(400_000));
  }
  const store = openMemoryStore();
  await makeVault(store, one);
  const vaults = [await openVault(store, one), await openVault(store, one)];
  await Promise.all(vaults.map((vault, n) => backUp(vault, join(folder.path, n === 0 ? 'a' : 'b'))));
  const [vault] = vaults;
  assert.ok(vault);
  const report = await vault.check({ readData: 'all' });
  assert.deepEqual(report.errors, []);
  assert.equal(report.snapshots, 2);
});
