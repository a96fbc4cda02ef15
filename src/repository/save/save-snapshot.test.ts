import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault } from '../../../test/support/vault.ts';
import { withFaults } from '../../object-store/fault.ts';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { withRetry } from '../../object-store/retry.ts';
import type { EntryMetadata } from '../../source/entry-metadata.ts';
import type { CaptureEvent } from '../../source/source.ts';
import type { Repository, SavedSnapshot } from '../repository-types.ts';

const one = { workers: 1 };

function metadata(type: EntryMetadata['type'], size = 0): EntryMetadata {
  const mode = type === 'dir' ? 0o40755 : 0o100644;
  return { type, mode, mtimeNs: 1n, ctimeNs: 1n, uid: 0, gid: 0, user: '', group: '', size };
}

const file = (name: string, path: string): CaptureEvent => ({
  kind: 'entry',
  name: Buffer.from(name),
  metadata: metadata('file', 5),
  content: { kind: 'path', path: Buffer.from(path) },
});
const enter = (name: string): CaptureEvent => ({
  kind: 'enter',
  name: Buffer.from(name),
  metadata: metadata('dir'),
});
const leave: CaptureEvent = { kind: 'leave' };

async function save(vault: Repository, events: readonly CaptureEvent[]): Promise<SavedSnapshot> {
  return await vault.write((writer) =>
    writer.saveSnapshot({
      events: (async function* () {
        yield events;
      })(),
      time: '2026-01-01T00:00:00Z',
      paths: ['/'],
      hostname: 'h',
      username: 'u',
      uid: 0,
      gid: 0,
    }),
  );
}

async function namesIn(vault: Repository, saved: SavedSnapshot): Promise<readonly string[]> {
  return (await Array.fromAsync(vault.list(saved.snapshot))).map(({ path }) => path.toString());
}

test('what vanished, or is no file any more, is reported and left out; the rest is saved', async () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at('good'), 'good!');
  mkdirSync(at('directory'));
  symlinkSync('/etc/passwd', at('link'));
  const vault = await makeVault(openMemoryStore(), one);
  const saved = await save(vault, [
    ...[enter('folder'), file('gone', at('gone')), file('good', at('good')), file('now a link', at('link'))],
    ...[file('now a folder', at('directory')), leave, enter('empty'), leave],
  ]);
  assert.deepEqual(await namesIn(vault, saved), ['/empty', '/folder', '/folder/good']);
  assert.deepEqual(saved.problems.map(({ path }) => path).sort(), [
    '/folder/gone',
    '/folder/now a folder',
    '/folder/now a link',
  ]);
  for (const { reason } of saved.problems) assert.match(reason, /vanished while the backup ran/);
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
});

test('the stat of the moment of reading is kept, not the one of the listing', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'file');
  writeFileSync(path, 'much longer than five');
  const vault = await makeVault(openMemoryStore(), one);
  const saved = await save(vault, [file('file', path)]);
  assert.deepEqual(saved.problems, []);
  const [entry] = await Array.fromAsync(vault.list(saved.snapshot));
  assert.equal(entry?.node.size, 21);
  assert.notEqual(entry?.node.mtime, '1970-01-01T00:00:00.000000001Z');
});

test('two entries of one name in a folder stop the backup before there is a snapshot', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'file');
  writeFileSync(path, 'bytes');
  const vault = await makeVault(openMemoryStore(), one);
  await assert.rejects(save(vault, [file('same', path), file('same', path)]), { code: 'ASSERTION' });
  assert.deepEqual(await vault.snapshots(), []);
});

test('a folder that was moved keeps its chunks', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'before'));
  writeFileSync(join(folder.path, 'before', 'file'), seededRandom(1).bytes(700_000));
  const vault = await makeVault(openMemoryStore(), one);
  const first = await backUp(vault, folder.path);
  assert.ok(first.summary.dataBlobs > 0);
  renameSync(join(folder.path, 'before'), join(folder.path, 'after'));
  const second = await backUp(vault, folder.path, { parent: first.snapshot });
  assert.equal(second.summary.dataBlobs, 0);
  rmSync(join(folder.path, 'after'), { recursive: true });
  const third = await backUp(vault, folder.path, { parent: second.snapshot });
  assert.equal(third.summary.totalFilesProcessed, 0);
});

test('a store that does what it is told but loses the answer harms nothing when it is asked again', async () => {
  using folder = temporaryFolder();
  for (const n of [1, 2, 3]) writeFileSync(join(folder.path, `file-${n}`), seededRandom(n).bytes(60_000));
  for (let nth = 1; nth <= 5; nth++) {
    const store = openMemoryStore();
    await makeVault(store, one);
    for (const operation of ['put', 'delete'] as const) {
      const faulty = withFaults(store, [{ kind: 'fail-after', operation, nth }]);
      const retrying = withRetry(faulty, { sleep: async () => undefined });
      const vault = await openVault(retrying, { ...one, packBytesTarget: 50_000 });
      assert.deepEqual((await backUp(vault, folder.path)).problems, []);
    }
    const vault = await openVault(store, one);
    assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
    assert.deepEqual(await Array.fromAsync(store.list('locks/')), []);
  }
});
