import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { compareTrees } from '../../../test/support/compare-trees.ts';
import { makeRandomTree } from '../../../test/support/random-tree.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { hasCode } from '../../error/lifeboat-error.ts';
import { createFilesDestination } from './files-destination.ts';

/** A file system that is not that of temporary folders: memory, on every Linux. */
const otherFileSystem = '/dev/shm';

function write(file: string, content: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
}

function textsBelow(folder: string): Readonly<Record<string, string>> {
  const files = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const isText = (name: string) => fs.lstatSync(path.join(folder, name)).isFile();
  return Object.fromEntries(
    files.filter(isText).map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]),
  );
}

/** Production in `live`, a restore of it in `staged`; both below the folder. */
function twoStates(folder: string): { readonly live: string; readonly staged: string } {
  const live = path.join(folder, 'live');
  const staged = path.join(folder, 'staged');
  write(path.join(live, 'damaged'), 'rubbish');
  write(path.join(live, 'sub/new since'), 'precious');
  write(path.join(staged + live, 'damaged'), 'good');
  write(path.join(staged + live, 'sub/lost'), 'back again');
  return { live, staged };
}

test('files are replaced, lost ones come back, and what is new stays and is listed', async () => {
  using folder = temporaryFolder();
  const { live, staged } = twoStates(folder.path);
  write(path.join(staged, 'elsewhere/file'), 'not ours');
  const destination = createFilesDestination({ paths: [live] });
  assert.deepEqual(await destination.preflight(), []);
  await destination.receive(staged);
  assert.deepEqual(textsBelow(live), {
    damaged: 'good',
    'sub/lost': 'back again',
    'sub/new since': 'precious',
  });
  assert.deepEqual(destination.extras(), [path.join(live, 'sub/new since')]);
  assert.equal(fs.existsSync('/elsewhere/file'), false);
});

test('what is received is counted, and nothing at all is an error', async () => {
  using folder = temporaryFolder();
  const { live, staged } = twoStates(folder.path);
  await assert.rejects(
    createFilesDestination({ paths: [path.join(folder.path, 'moved')] }).receive(staged),
    (error) => hasCode(error, 'PATH_NOT_FOUND'),
  );
  assert.equal(await createFilesDestination({ paths: [live] }).receive(staged), 4);
});

test('the safety copy keeps what is replaced, whatever happens to the place', async () => {
  using folder = temporaryFolder();
  const { live, staged } = twoStates(folder.path);
  const arriving = (one: Buffer) => fs.existsSync(staged + one.toString());
  const destination = createFilesDestination({ paths: [live, path.join(folder.path, 'absent')], arriving });
  assert.deepEqual(await destination.overwrites(), [path.join(live, 'damaged')]);
  const kept = await destination.keepSafetyCopy(path.join(folder.path, 'safety'));
  await destination.receive(staged);
  fs.writeFileSync(path.join(live, 'damaged'), 'changed later');
  assert.deepEqual(textsBelow(kept.folder + live), { damaged: 'rubbish' });
  assert.equal(kept.bytes, 'rubbish'.length);
  assert.deepEqual(kept.problems, []);
});

for (const [where, parent] of [
  ['the same', undefined],
  ['another', otherFileSystem],
] as const) {
  test(`everything that a file system keeps comes into place from ${where} file system`, async () => {
    using folder = temporaryFolder();
    using reference = temporaryFolder();
    const base = fs.mkdtempSync(path.join(parent ?? folder.path, 'staged-'));
    try {
      const live = path.join(folder.path, 'made/anew');
      fs.mkdirSync(base + live, { recursive: true });
      fs.chmodSync(base + path.dirname(live), 0o711);
      fs.chmodSync(base + live, 0o700);
      for (const one of [base + live, reference.path])
        makeRandomTree(one, { seed: 7, fileBytesMax: 100_000 });
      await createFilesDestination({ paths: [live] }).receive(base);
      assert.deepEqual(compareTrees(live, reference.path), []);
      assert.equal(fs.statSync(path.dirname(live)).mode & 0o7777, 0o711);
    } finally {
      fs.rmSync(base, { recursive: true });
    }
  });
}

test('a safety copy on another file system is a whole one', async () => {
  using folder = temporaryFolder();
  assert.notEqual(fs.statSync(otherFileSystem).dev, fs.statSync(folder.path).dev);
  const safety = fs.mkdtempSync(path.join(otherFileSystem, 'safety-'));
  try {
    makeRandomTree(folder.path, { seed: 8, fileBytesMax: 100_000 });
    const kept = await createFilesDestination({ paths: [folder.path] }).keepSafetyCopy(safety);
    assert.deepEqual(kept.problems, []);
    assert.deepEqual(compareTrees(safety + folder.path, folder.path, { ignore: ['hard links'] }), []);
  } finally {
    fs.rmSync(safety, { recursive: true });
  }
});

test('a safety copy inside what it keeps does not keep itself', async () => {
  using folder = temporaryFolder();
  write(path.join(folder.path, 'a'), 'content');
  const kept = await createFilesDestination({ paths: [folder.path] }).keepSafetyCopy(
    path.join(folder.path, 'safe'),
  );
  assert.deepEqual(textsBelow(kept.folder + folder.path), { a: 'content' });
});

test('a link in place is replaced and never followed', async () => {
  using folder = temporaryFolder();
  const { live, staged } = twoStates(folder.path);
  const outside = path.join(folder.path, 'outside');
  write(path.join(outside, 'lost'), 'not ours');
  fs.rmSync(path.join(live, 'sub'), { recursive: true });
  fs.symlinkSync(outside, path.join(live, 'sub'));
  fs.rmSync(path.join(live, 'damaged'));
  fs.symlinkSync(path.join(outside, 'lost'), path.join(live, 'damaged'));
  await createFilesDestination({ paths: [live] }).receive(staged);
  assert.deepEqual(textsBelow(live), { damaged: 'good', 'sub/lost': 'back again' });
  assert.deepEqual(textsBelow(outside), { lost: 'not ours' });
});

test('a folder with content is never removed for a file, and all else is brought into place', async () => {
  using folder = temporaryFolder();
  const { live, staged } = twoStates(folder.path);
  fs.rmSync(path.join(live, 'damaged'));
  write(path.join(live, 'damaged/inside'), 'precious');
  await assert.rejects(createFilesDestination({ paths: [live] }).receive(staged), (error) => {
    assert.ok(hasCode(error, 'RESTORE_INCOMPLETE'));
    assert.match(error.message, /^1 entry .*live\/damaged": ENOTEMPTY/);
    return true;
  });
  assert.equal(fs.readFileSync(path.join(live, 'damaged/inside'), 'utf8'), 'precious');
  assert.equal(fs.readFileSync(path.join(live, 'sub/lost'), 'utf8'), 'back again');
});

test('a failing copy leaves the old file and no temporary one', async (t) => {
  using folder = temporaryFolder();
  const small = path.join(folder.path, 'small');
  fs.mkdirSync(small);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
  if (mounted.status !== 0) {
    t.skip('a full file system can only be made by a user who may mount one');
    return;
  }
  try {
    write(path.join(small, 'data/file'), 'old');
    write(path.join(folder.path, 'staged', small, 'data/file'), 'x'.repeat(200_000));
    const destination = createFilesDestination({ paths: [path.join(small, 'data')] });
    await assert.rejects(destination.receive(path.join(folder.path, 'staged')), /ENOSPC/);
    assert.deepEqual(textsBelow(path.join(small, 'data')), { file: 'old' });
  } finally {
    execFileSync('umount', [small]);
  }
});

test('an aborted restore stops between two files', async () => {
  using folder = temporaryFolder();
  const { live, staged } = twoStates(folder.path);
  const reason = new Error('stop');
  const destination = createFilesDestination({ paths: [live] });
  await assert.rejects(destination.receive(staged, AbortSignal.abort(reason)), reason);
  await assert.rejects(destination.overwrites(AbortSignal.abort(reason)), reason);
  assert.deepEqual(textsBelow(live), { damaged: 'rubbish', 'sub/new since': 'precious' });
});
