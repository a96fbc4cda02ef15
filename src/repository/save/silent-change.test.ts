import assert from 'node:assert/strict';
import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault } from '../../../test/support/vault.ts';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { randomBytes } from '../../platform/random.ts';
import { createFilesSource } from '../../source/files/files-source.ts';
import { copySnapshots, initRepository } from '../repository.ts';
import type { SavedSnapshot, Snapshot } from '../repository-types.ts';

test('a file that changed behind its size and time is found and named; an honest edit is not', async () => {
  using folder = temporaryFolder();
  const names = ['silent.txt', 'edited.txt', 'same.txt'];
  // whole seconds, since utimes keeps no nanoseconds
  const past = new Date('2026-01-02T03:04:05Z');
  for (const name of names) {
    writeFileSync(join(folder.path, name), `first content of ${name}`);
    utimesSync(join(folder.path, name), past, past);
  }
  const kdf = { N: 1024, r: 8, p: 1 };
  await using repository = await initRepository({ store: openMemoryStore(), password: 'p', kdf, workers: 1 });
  const save = async (parent?: Snapshot): Promise<SavedSnapshot> => {
    const source = createFilesSource({ paths: [folder.path], nowMs: Date.now });
    await using capture = await source.capture();
    return await repository.write((writer) =>
      writer.saveSnapshot({
        events: capture.events,
        time: new Date().toISOString(),
        paths: [folder.path],
        hostname: 'h',
        username: 'u',
        uid: 0,
        gid: 0,
        readAll: true,
        ...(parent === undefined ? {} : { parent }),
      }),
    );
  };
  const first = await save();
  assert.deepEqual(first.silentChanges, []);
  const silent = join(folder.path, 'silent.txt');
  const { atime, mtime } = statSync(silent);
  writeFileSync(silent, 'FIRST content of silent.txt');
  utimesSync(silent, atime, mtime);
  writeFileSync(join(folder.path, 'edited.txt'), 'FIRST content of edited.txt');
  utimesSync(join(folder.path, 'edited.txt'), atime, new Date(mtime.getTime() + 5000));
  const second = await save(first.snapshot);
  assert.deepEqual(
    second.silentChanges.map((path) => path.slice(path.lastIndexOf('/') + 1)),
    ['silent.txt'],
  );
  assert.equal(second.summary.filesChanged, 2);
  assert.equal(second.summary.filesUnmodified, 1);
});

test('a file whose copy was cut into other pieces did not change behind its time', async () => {
  using folder = temporaryFolder();
  const files = join(folder.path, 'files');
  mkdirSync(files);
  const past = new Date('2026-01-02T03:04:05Z');
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(files, name), content);
    utimesSync(join(files, name), past, past);
  };
  write('large', randomBytes(4_000_000));
  write('silent', 'first');
  await using here = await makeVault(join(folder.path, 'here'));
  await using away = await makeVault(join(folder.path, 'away'));
  const { snapshot } = await backUp(here, files);
  const report = await copySnapshots(here, [{ repository: away, snapshotIds: [snapshot.id] }]);
  const parent = report.targets[0]?.copied[0]?.snapshot;
  assert.ok(parent);
  write('silent', 'other');
  const again = await backUp(away, files, { readAll: true, parent });
  assert.deepEqual(again.silentChanges, [join(files, 'silent')]);
});

test('a large file that changed behind its time is found also where the parent was cut into other pieces', async () => {
  using folder = temporaryFolder();
  const files = join(folder.path, 'files');
  mkdirSync(files);
  const past = new Date('2026-01-02T03:04:05Z');
  const write = (name: string, content: Buffer) => {
    writeFileSync(join(files, name), content);
    utimesSync(join(files, name), past, past);
  };
  const contents = new Map(['first', 'last', 'whole', 'same'].map((name) => [name, randomBytes(4_000_000)]));
  for (const [name, content] of contents) write(name, content);
  await using here = await makeVault(join(folder.path, 'here'));
  await using away = await makeVault(join(folder.path, 'away'));
  const { snapshot } = await backUp(here, files);
  const report = await copySnapshots(here, [{ repository: away, snapshotIds: [snapshot.id] }]);
  const copy = report.targets[0]?.copied[0]?.snapshot;
  assert.ok(copy);
  // unchanged by their stat data: the pieces of the copy are carried on into a snapshot that is none
  const { snapshot: carried } = await backUp(away, files, { parent: copy });
  assert.equal(carried.original, undefined);
  const changed = (name: string, at: number) => {
    const content = Buffer.from(contents.get(name) ?? []);
    content.writeUInt8(content.readUInt8(at) ^ 1, at);
    write(name, content);
  };
  changed('first', 0);
  changed('last', 3_999_999);
  write('whole', randomBytes(4_000_000));
  const expected = ['first', 'last', 'whole'].map((name) => join(files, name));
  for (const parent of [copy, carried]) {
    const again = await backUp(away, files, { readAll: true, parent });
    assert.deepEqual(again.silentChanges.toSorted(), expected);
  }
});
