/** A restore does what its preview says, keeps a way back, and never leaves half of anything in place. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { newRun } from '../../src/cli/plan/new-run.ts';
import { applySystemRestore, previewSystemRestore } from '../../src/cli/plan/restore-system.ts';
import { readOnly } from '../../src/object-store/read-only.ts';
import { applyRestore } from '../../src/restore/apply-restore.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { startSqliteWriter } from '../support/sqlite-writer.ts';
import { makeOrders, type PlanScene, planScene, storedFiles } from './plan-scene.ts';
import { leftStagings, restore, withRequest } from './restore-scene.ts';

const uploads = '  uploads: { source: { kind: files, paths: [./uploads] }, checks: [files] }';
const orders = '  orders: { source: { kind: sqlite, path: ./data/orders.db }, checks: [integrity] }';

let scene: PlanScene;
afterEach(() => scene[Symbol.dispose]());

async function uploadsScene(vaults = ['here']): Promise<void> {
  scene = await planScene({ systems: uploads, vaults });
  scene.write('uploads/a.txt', 'a');
  scene.write('uploads/deep/b.png', 'bb');
  scene.write('uploads/deep/c.txt', 'ccc');
  await backUp();
}

async function backUp(): Promise<void> {
  for (const { error } of await scene.backup()) assert.equal(error, undefined);
}

function text(name: string): string {
  return fs.readFileSync(scene.path(name), 'utf8');
}

test('a preview counts what is then restored', async () => {
  await uploadsScene();
  fs.linkSync(scene.path('uploads/a.txt'), scene.path('uploads/deep/a-again.txt'));
  fs.symlinkSync('a.txt', scene.path('uploads/link'));
  await backUp();
  const choices = [[], ['*.txt'], ['deep'], [scene.path('uploads/deep/b.png')], ['**/deep/*']];
  for (const [at, include] of choices.entries()) {
    const to = scene.path(`out-${at}`);
    const { preview, outcome } = await restore(scene, { system: 'uploads', to, include });
    assert.deepEqual(
      [preview.files, preview.bytes, preview.overwriteCount],
      [outcome.report.files, outcome.report.bytes, 0],
      include.join(),
    );
    assert.equal(outcome.record.verdict, 'pass');
    assert.equal(fs.existsSync(join(to, '.lifeboat')), false, 'the manifest is ours');
  }
  const chosen = fs.readdirSync(join(scene.path('out-1'), scene.path('uploads')), { recursive: true });
  assert.deepEqual(chosen.toSorted(), ['a.txt', 'deep', 'deep/a-again.txt', 'deep/c.txt']);
  await assert.rejects(restore(scene, { system: 'uploads', to: scene.path('none'), include: ['*.gif'] }), {
    code: 'PATH_NOT_FOUND',
  });
});

test('what is there and of the same name is counted, folders are not', async () => {
  await uploadsScene();
  const to = scene.path('out');
  await restore(scene, { system: 'uploads', to });
  fs.rmSync(join(to, scene.path('uploads/deep/c.txt')));
  const preview = await withRequest(scene, { system: 'uploads', to }, (request) =>
    previewSystemRestore(scene.context, request),
  );
  assert.deepEqual(
    [preview.overwriteCount, preview.overwrites.toSorted()],
    [2, ['a.txt', 'deep/b.png'].map((name) => join(to, scene.path('uploads', name)))],
  );
});

test('nothing is overwritten without consent', async () => {
  await uploadsScene();
  scene.write('uploads/a.txt', 'changed');
  for (const to of ['in-place', scene.path('out')]) {
    if (to !== 'in-place') await restore(scene, { system: 'uploads', to });
    await withRequest(scene, { system: 'uploads', to }, async (request) => {
      const preview = await previewSystemRestore(scene.context, request);
      const refused = applyRestore({
        run: newRun(scene.context, request.session, 'manual'),
        vault: await request.vaults.open('here'),
        preview,
        overwrite: false,
      });
      await assert.rejects(refused, { code: 'RESTORE_REFUSED' });
    });
  }
  assert.equal(text('uploads/a.txt'), 'changed');
  assert.deepEqual(leftStagings(scene), []);
});

test('files come back in place, what was not in the point stays, and the state before is kept', async () => {
  await uploadsScene();
  scene.write('uploads/a.txt', 'scrambled');
  scene.write('uploads/extra', 'new since');
  fs.rmSync(scene.path('uploads/deep/b.png'));
  const { preview, outcome } = await restore(scene, { system: 'uploads' });
  assert.deepEqual(
    [text('uploads/a.txt'), text('uploads/deep/b.png'), text('uploads/extra')],
    ['a', 'bb', 'new since'],
  );
  assert.deepEqual(preview.overwrites, [scene.path('uploads/a.txt'), scene.path('uploads/deep/c.txt')]);
  const kept = join(outcome.safetyCopy?.folder ?? '', scene.path('uploads'));
  assert.equal(fs.readFileSync(join(kept, 'a.txt'), 'utf8'), 'scrambled');
  assert.equal(fs.readFileSync(join(kept, 'deep/c.txt'), 'utf8'), 'ccc');
  assert.equal(outcome.record.safetyCopy, outcome.safetyCopy?.folder);
  assert.deepEqual(leftStagings(scene), []);
});

test('a plan whose path changed since is told so, and nothing that came back elsewhere counts as restored', async () => {
  await uploadsScene();
  scene.write('uploads2/a.txt', 'of today');
  scene.plan('  uploads: { source: { kind: files, paths: [./uploads2] }, checks: [files] }');
  await assert.rejects(restore(scene, { system: 'uploads' }), {
    code: 'RESTORE_REFUSED',
    message: new RegExp(`belongs to ${scene.path('uploads2')}: the point holds ${scene.path('uploads')}`),
    hint: /--to DIR/,
  });
  assert.equal(text('uploads2/a.txt'), 'of today');
  scene.plan(uploads);
  const include = [scene.path('uploads/deep')];
  const { preview } = await restore(scene, { system: 'uploads', include });
  assert.deepEqual(preview.findings, [], 'a part of a system is one');
});

test('a database whose path changed since is left alone', async () => {
  scene = await planScene({ systems: orders });
  fs.mkdirSync(scene.path('data'));
  makeOrders(scene.path('data/orders.db'), 300);
  await backUp();
  fs.renameSync(scene.path('data/orders.db'), scene.path('data/moved.db'));
  const before = fs.readFileSync(scene.path('data/moved.db'));
  scene.plan('  orders: { source: { kind: sqlite, path: ./data/moved.db }, checks: [integrity] }');
  await assert.rejects(restore(scene, { system: 'orders' }), { code: 'RESTORE_REFUSED' });
  assert.deepEqual(fs.readdirSync(scene.path('data')), ['moved.db']);
  assert.ok(fs.readFileSync(scene.path('data/moved.db')).equals(before));
});

test('a folder that holds files of the same names is only written to with consent, and loses nothing else', async () => {
  await uploadsScene();
  const to = scene.path('out');
  const copy = (name: string) => join(to, scene.path('uploads', name));
  fs.mkdirSync(copy('deep'), { recursive: true });
  fs.writeFileSync(copy('a.txt'), 'mine');
  fs.writeFileSync(copy('deep/notes'), 'mine too');
  await assert.rejects(restore(scene, { system: 'uploads', to }), {
    code: 'RESTORE_REFUSED',
    hint: /--overwrite/,
  });
  assert.equal(fs.readFileSync(copy('a.txt'), 'utf8'), 'mine');
  await restore(scene, { system: 'uploads', to, overwrite: true });
  assert.equal(fs.readFileSync(copy('a.txt'), 'utf8'), 'a');
  assert.equal(fs.readFileSync(copy('deep/notes'), 'utf8'), 'mine too');
  assert.deepEqual(leftStagings(scene), []);
});

test('a folder below which the system itself lies is refused', async () => {
  await uploadsScene();
  scene.write('uploads/a.txt', 'changed');
  fs.symlinkSync('/', scene.path('root'));
  for (const to of ['/', scene.path('root')]) {
    const failing = restore(scene, { system: 'uploads', to, overwrite: true });
    await assert.rejects(failing, { code: 'RESTORE_REFUSED', hint: /--in-place/ });
  }
  assert.equal(text('uploads/a.txt'), 'changed');
});

test('what the safety copy cannot keep stops the overwriting, unless none is wanted', async (t) => {
  await uploadsScene();
  scene.write('uploads/a.txt', 'x'.repeat(300_000));
  const safety = await withRequest(scene, { system: 'uploads' }, async (request) => {
    const { target } = await previewSystemRestore(scene.context, request);
    return (target.kind === 'in-place' ? target.safetyParent : undefined) ?? '';
  });
  fs.mkdirSync(safety, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', safety]).status !== 0) {
    t.skip('a small file system can only be made by a user who may mount one');
    return;
  }
  try {
    await withRequest(scene, { system: 'uploads' }, async (request) => {
      const preview = await previewSystemRestore(scene.context, request);
      assert.match(preview.findings[0]?.message ?? '', /too few for 300005 bytes of the safety copy/);
      const unaware = applySystemRestore(scene.context, request, { ...preview, findings: [] });
      await assert.rejects(unaware, { code: 'RESTORE_REFUSED', message: /the safety copy lacks .*a\.txt/ });
    });
    assert.equal(text('uploads/a.txt').length, 300_000);
    assert.deepEqual(fs.readdirSync(safety), []);
    const { outcome } = await restore(scene, { system: 'uploads', withoutSafetyCopy: true });
    assert.equal(outcome.safetyCopy, undefined);
    assert.equal(text('uploads/a.txt'), 'a');
  } finally {
    execFileSync('umount', [safety]);
  }
});

test('folders above the system that are gone come back as they were', async () => {
  scene = await planScene({
    systems: '  uploads: { source: { kind: files, paths: [./srv/app/uploads] }, checks: [files] }',
  });
  scene.write('srv/app/uploads/a', 'a');
  fs.chmodSync(scene.path('srv/app'), 0o710);
  await backUp();
  fs.rmSync(scene.path('srv'), { recursive: true });
  await restore(scene, { system: 'uploads' });
  assert.equal(text('srv/app/uploads/a'), 'a');
  assert.equal(fs.statSync(scene.path('srv/app')).mode & 0o777, 0o710);
  assert.deepEqual(leftStagings(scene), []);
});

test('a database comes back without the log of the one that was there', async () => {
  scene = await planScene({ systems: orders });
  fs.mkdirSync(scene.path('data'), { recursive: true });
  const file = scene.path('data/orders.db');
  {
    await using writer = await startSqliteWriter(file, { journal: 'wal' });
    await writer.nextReport();
  }
  await backUp();
  const sum = (): unknown => {
    using database = new DatabaseSync(file, { readOnly: true });
    return database.prepare('select count(*) as rows from credit').get()?.['rows'];
  };
  const before = (await record())?.values['rows:credit'];
  {
    await using writer = await startSqliteWriter(file, { journal: 'wal' });
    for (let report = 0; report < 3; report++) await writer.nextReport();
  }
  assert.ok(fs.statSync(`${file}-wal`).size > 0, 'the log of the killed writer is there');
  const { outcome } = await restore(scene, { system: 'orders' });
  assert.equal(fs.existsSync(`${file}-wal`), false);
  assert.equal(sum(), before);
  const kept = join(outcome.safetyCopy?.folder ?? '', dirname(file));
  assert.deepEqual(
    fs.readdirSync(kept).filter((name) => !name.endsWith('-shm')),
    ['orders.db', 'orders.db-wal'],
  );
  using old = new DatabaseSync(join(kept, 'orders.db'));
  assert.ok(Number(old.prepare('select count(*) as rows from credit').get()?.['rows']) > Number(before));
});

async function record() {
  await using vault = await scene.open('here');
  return (await vault.records()).records.find((candidate) => candidate.type === 'backup');
}

test('a dotenv file comes back in place', async () => {
  scene = await planScene({
    systems: '  settings: { source: { kind: env, files: [.env] }, checks: [files] }',
  });
  scene.write('.env', 'TOKEN=old\n');
  fs.chmodSync(scene.path('.env'), 0o640);
  await backUp();
  scene.write('.env', 'TOKEN=broken\n');
  await restore(scene, { system: 'settings' });
  assert.equal(text('.env'), 'TOKEN=old\n');
  assert.equal(fs.statSync(scene.path('.env')).mode & 0o777, 0o640);
});

test('of a damaged point nothing is put in place, and the vault that has another is named', async () => {
  await uploadsScene(['here', 'away']);
  scene.write('uploads/a.txt', 'changed');
  damage('here');
  const failing = restore(scene, { system: 'uploads', vault: 'here' });
  await assert.rejects(failing, (error: Error & { hint?: string }) => /--vault away/.test(error.hint ?? ''));
  assert.equal(text('uploads/a.txt'), 'changed');
  assert.deepEqual(leftStagings(scene), []);
  await restore(scene, { system: 'uploads', vault: 'away' });
  assert.equal(text('uploads/a.txt'), 'a');
});

function damage(vault: string): void {
  for (const file of storedFiles(scene, vault, 'data')) {
    const bytes = fs.readFileSync(file);
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    fs.writeFileSync(file, bytes);
  }
}

test('of files that do not come back the record names the pack', async () => {
  await uploadsScene(['here']);
  scene.write('uploads/large', randomBytes(20_000).toString('hex'));
  await backUp();
  const sizeOf = (file: string) => fs.statSync(file).size;
  const [file = ''] = storedFiles(scene, 'here', 'data').toSorted((a, b) => sizeOf(b) - sizeOf(a));
  const bytes = fs.readFileSync(file);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  fs.writeFileSync(file, bytes);
  const { outcome } = await restore(scene, { system: 'uploads', to: scene.path('out') });
  assert.equal(outcome.record.foundDamage, true);
  assert.deepEqual(outcome.record.damagedObjects, [file.slice(scene.vaultPath('here').length + 1)]);
});

test('once the damage is known the other vault is asked', async () => {
  await uploadsScene(['here', 'away']);
  damage('here');
  const backups = await scene.backup();
  assert.equal(
    backups[0]?.outcome?.check?.verdict ?? backups[0]?.error?.code,
    backups[0]?.outcome ? 'fail' : 'OBJECT_DAMAGED',
  );
  const found = await withRequest(scene, { system: 'uploads' }, async (request) => request.found.vault);
  assert.equal(found, 'away');
});

test('a vault whose records are not believed is restored from when there is no other', async () => {
  await uploadsScene(['here', 'away']);
  await backUp();
  fs.rmSync(storedFiles(scene, 'here', 'lifeboat/evidence').at(-1) ?? '');
  const chosen = await withRequest(scene, { system: 'uploads' }, async ({ found }) => [
    found.vault,
    found.elsewhere,
  ]);
  assert.deepEqual(chosen, ['away', []]);
  fs.renameSync(scene.vaultPath('away'), `${scene.vaultPath('away')}-burnt`);
  fs.rmSync(join(scene.folder, '../caches'), { recursive: true });
  const { outcome } = await restore(scene, { system: 'uploads', to: scene.path('out') });
  assert.equal(outcome.record.verdict, 'pass');
});

test('a vault that cannot be written is restored from; its record waits', async () => {
  await uploadsScene();
  fs.rmSync(scene.path('uploads'), { recursive: true });
  scene.wraps.set('here', readOnly);
  const { outcome } = await restore(scene, { system: 'uploads' });
  assert.equal(text('uploads/a.txt'), 'a');
  assert.equal(outcome.recordWaits?.code, 'STORE_READ_ONLY');
  scene.wraps.clear();
  await scene.backup();
  await using vault = await scene.open('here');
  const { records, problems } = await vault.records();
  assert.deepEqual(problems, []);
  assert.ok(records.some(({ type }) => type === 'restore'));
});

test('a moment picks the newest point at or before it, never one after', async () => {
  await uploadsScene();
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    await backUp();
    times.push((await newest()).capturedAtMs);
  }
  const at = (atMs: number) =>
    withRequest(scene, { system: 'uploads', atMs }, async ({ found }) => found.point.capturedAtMs);
  const [, second = 0, third = 0] = times;
  assert.equal(await at(second), second);
  assert.ok((await at(second - 1)) < second);
  assert.equal(await at(third - 1), second);
  assert.equal(await at(third + 1e9), third);
  await assert.rejects(at(0), { code: 'SNAPSHOT_NOT_FOUND' });
});

async function newest() {
  const [history] = await scene.histories(true);
  const point = history?.points.at(-1);
  assert.ok(point);
  return point;
}

test('an incomplete point is taken only when it is named or nothing else is there', async () => {
  scene = await planScene({ systems: uploads });
  scene.write('uploads/a.txt', 'a');
  scene.write('uploads/zz', 'vanishes');
  for (let number = 0; number < 300; number++) scene.write(`uploads/many/${number}`, randomBytes(20_000));
  scene.wraps.set('here', (store) => ({
    ...store,
    put: async (key, bytes, signal) => {
      if (key.startsWith('data/')) fs.rmSync(scene.path('uploads/zz'), { force: true });
      await store.put(key, bytes, signal);
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }));
  await scene.backup();
  scene.wraps.clear();
  const incomplete = await newest();
  assert.equal(incomplete.complete, false);
  const pick = (wanted: object) =>
    withRequest(scene, { system: 'uploads', ...wanted }, async ({ found }) => found.point.id);
  assert.equal(await pick({}), incomplete.id);
  await backUp();
  const complete = await newest();
  assert.equal(await pick({}), complete.id);
  assert.equal(await pick({ pointId: incomplete.id.slice(0, 8) }), incomplete.id);
  assert.equal(await pick({ atMs: incomplete.capturedAtMs }), incomplete.id);
});

test('a destination that fails says where the state before is kept', async () => {
  await uploadsScene();
  fs.rmSync(scene.path('uploads/deep'), { recursive: true });
  fs.rmSync(scene.path('uploads/a.txt'));
  scene.write('uploads/a.txt/in-the-way', 'a folder where a file must be');
  const failing = restore(scene, { system: 'uploads' });
  await assert.rejects(failing, (error: Error & { hint?: string }) =>
    /The state before is kept in \//.test(error.hint ?? ''),
  );
  assert.equal(text('uploads/a.txt/in-the-way'), 'a folder where a file must be');
  assert.deepEqual(leftStagings(scene), []);
  await using vault = await scene.open('here');
  const [failure] = (await vault.records()).records.filter(({ type }) => type === 'restore');
  assert.equal(failure?.verdict, 'fail');
  assert.ok(failure?.type === 'restore' && fs.existsSync(failure.safetyCopy ?? ''));
});

test('a restore that is killed at any moment leaves every file old or new, and the next one succeeds', async () => {
  scene = await planScene({ systems: `${uploads}\n${orders}` });
  const files = 60;
  for (let number = 0; number < files; number++)
    scene.write(`uploads/${number}`, `new ${number} ${'n'.repeat(40_000)}`);
  fs.mkdirSync(scene.path('data'));
  makeOrders(scene.path('data/orders.db'), 300);
  await backUp();
  const random = seededRandom(20261121);
  const durationMs = await runAndKill('uploads', Number.POSITIVE_INFINITY);
  for (let round = 0; round < 8; round++) {
    const system = round % 2 === 0 ? 'uploads' : 'orders';
    for (let number = 0; number < files; number++) scene.write(`uploads/${number}`, `old ${number}`);
    fs.rmSync(scene.path('data/orders.db'), { force: true });
    makeOrders(scene.path('data/orders.db'), 10);
    await runAndKill(system, random.below(Math.ceil(durationMs)));
    for (let number = 0; number < files; number++) {
      const content = text(`uploads/${number}`);
      assert.ok(
        content === `old ${number}` || content === `new ${number} ${'n'.repeat(40_000)}`,
        `file ${number}`,
      );
    }
    assert.ok([10, 300].includes(rowsOf()), `round ${round}`);
    await restore(scene, { system });
    assert.deepEqual(leftStagings(scene), [], `round ${round}`);
    if (system === 'orders') assert.equal(rowsOf(), 300);
    else assert.ok(text('uploads/7').startsWith('new 7 '));
  }
});

function rowsOf(): number {
  assert.ok(fs.existsSync(scene.path('data/orders.db')), 'there is always an old or a new one');
  using database = new DatabaseSync(scene.path('data/orders.db'));
  assert.equal(database.prepare('pragma integrity_check').get()?.['integrity_check'], 'ok');
  return Number(database.prepare('select count(*) as rows from orders').get()?.['rows']);
}

/** Milliseconds from when the child has loaded the program to its end, or to when it is killed. */
async function runAndKill(system: string, afterMs: number): Promise<number> {
  const script = fileURLToPath(new URL('./restore-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dirname(scene.folder), system], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  const startMs = performance.now();
  if (Number.isFinite(afterMs)) {
    await Promise.race([wait(afterMs), ended]);
    child.kill('SIGKILL');
  }
  await ended;
  return performance.now() - startMs;
}
