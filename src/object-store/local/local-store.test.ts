import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import type { ObjectStore } from '../object-store.ts';
import { openLocalStore } from './local-store.ts';

const isRoot = process.getuid?.() === 0;
const mountsNeedRoot = isRoot ? false : 'needs root: mounts a small file system';
const nobody = 65534;

test('nothing is made before the first put, and then the folder with its parents', async () => {
  using folder = temporaryFolder();
  const store = openLocalStore(join(folder.path, 'deep', 'vault'));
  assert.deepEqual(await keysOf(store), []);
  await assert.rejects(store.get('config'), { code: 'OBJECT_MISSING' });
  assert.deepEqual(readdirSync(folder.path), []);
  await store.put('data/ab/object', Buffer.from('x'));
  assert.equal(readFileSync(join(folder.path, 'deep/vault/data/ab/object'), 'utf8'), 'x');
});

test('files are read-only and for the owner alone, like those of restic', async () => {
  using folder = temporaryFolder();
  const store = openLocalStore(join(folder.path, 'vault'));
  await store.put('config', Buffer.from('x'));
  await store.put('data/object', Buffer.from('x'));
  assert.equal(modeOf(folder.path, 'vault'), 0o700);
  assert.equal(modeOf(folder.path, 'vault/data'), 0o700);
  assert.equal(modeOf(folder.path, 'vault/config'), 0o400);
  assert.equal(modeOf(folder.path, 'vault/data/object'), 0o400);
});

test('what is created looks like what is put, and leaves no other file', async () => {
  using folder = temporaryFolder();
  const { abilities } = openLocalStore(folder.path);
  assert.equal(await abilities.createOnly?.create('data/object', Buffer.from('x')), 'created');
  assert.equal(await abilities.createOnly?.create('data/object', Buffer.from('y')), 'exists');
  assert.equal(modeOf(folder.path, 'data/object'), 0o400);
  assert.deepEqual(readdirSync(join(folder.path, 'data')), ['object']);
  assert.equal(statSync(join(folder.path, 'data/object')).nlink, 1);
});

test('nothing is created through a symbolic link out of the folder', async () => {
  using folder = temporaryFolder();
  using elsewhere = temporaryFolder();
  symlinkSync(elsewhere.path, join(folder.path, 'data'));
  writeFileSync(join(elsewhere.path, 'there'), '');
  const { abilities } = openLocalStore(folder.path);
  for (const key of ['data/new', 'data/there']) {
    const create = async () => abilities.createOnly?.create(key, Buffer.from('x'));
    await assert.rejects(create(), { code: 'PERMISSION_DENIED' }, key);
  }
  assert.deepEqual(readdirSync(elsewhere.path), ['there']);
});

test('a config file that its group may read opens new files and folders to the group', async () => {
  using folder = temporaryFolder();
  const store = openLocalStore(folder.path);
  await store.put('config', Buffer.from('x'));
  chmodSync(join(folder.path, 'config'), 0o440);
  await store.put('data/object', Buffer.from('x'));
  assert.equal(modeOf(folder.path, 'data'), 0o770 & ~process.umask());
  assert.equal(modeOf(folder.path, 'data/object'), 0o440);
});

test('what a killed writer left behind is neither listed nor in the way', async () => {
  using folder = temporaryFolder();
  const store = openLocalStore(folder.path);
  await store.put('data/ab/abcd', Buffer.from('whole'));
  writeFileSync(join(folder.path, 'data/ab/abcd-tmp-3141592653'), 'of restic');
  writeFileSync(join(folder.path, 'data/ab/abce-tmp-00ff00ff00ff00ff'), 'of ours');
  assert.deepEqual(await keysOf(store), ['data/ab/abcd']);
  await store.put('data/ab/abce', Buffer.from('again'));
  assert.equal((await store.get('data/ab/abce')).toString(), 'again');
});

test('names that are no keys are passed over by a list', async () => {
  using folder = temporaryFolder();
  const store = openLocalStore(folder.path);
  await store.put('data/object', Buffer.from('x'));
  mkdirSync(join(folder.path, 'lost+found'));
  writeFileSync(join(folder.path, 'data', 'näme'), 'x');
  writeFileSync(join(folder.path, 'lost+found', 'object'), 'x');
  assert.deepEqual(await keysOf(store), ['data/object']);
});

test('an aborted put leaves no file of any name', async () => {
  using folder = temporaryFolder();
  const store = openLocalStore(folder.path);
  const controller = new AbortController();
  const put = store.put('data/large', Buffer.alloc(64 * 1024 * 1024), controller.signal);
  controller.abort(new Error('stop'));
  await assert.rejects(put, /stop/);
  const left = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.deepEqual(left, []);
});

test('a pipe in place of an object is not waited for', { timeout: 10_000 }, async () => {
  using folder = temporaryFolder();
  execFileSync('mkfifo', [join(folder.path, 'pipe')]);
  const store = openLocalStore(folder.path);
  await assert.rejects(store.get('pipe'), { code: 'OBJECT_MISSING' });
  await assert.rejects(store.stat('pipe'), { code: 'OBJECT_MISSING' });
  assert.deepEqual(await keysOf(store), []);
});

test('a folder in the vault that is a link to the outside is not used', async () => {
  using folder = temporaryFolder();
  const outside = join(folder.path, 'outside');
  mkdirSync(join(folder.path, 'vault'));
  mkdirSync(join(outside, 'ab'), { recursive: true });
  writeFileSync(join(outside, 'object'), 'theirs');
  symlinkSync(outside, join(folder.path, 'vault', 'data'));
  const store = openLocalStore(join(folder.path, 'vault'));
  const denied = { code: 'PERMISSION_DENIED', message: /symbolic link/ };
  for (const key of ['data/object', 'data/ab/object', 'data/new/object']) {
    await assert.rejects(store.put(key, Buffer.from('ours')), denied, key);
  }
  await assert.rejects(store.get('data/object'), denied);
  await assert.rejects(store.stat('data/object'), denied);
  await assert.rejects(store.delete('data/object'), denied);
  await assert.rejects(keysOf(store, 'data/ab/'), denied);
  assert.deepEqual(await keysOf(store), []);
  assert.deepEqual(readdirSync(outside).sort(), ['ab', 'object']);
  assert.equal(readFileSync(join(outside, 'object'), 'utf8'), 'theirs');
});

test('an object that is a link is not read, and is replaced or deleted without touching its target', async () => {
  using folder = temporaryFolder();
  const secret = join(folder.path, 'secret');
  writeFileSync(secret, 'theirs');
  mkdirSync(join(folder.path, 'vault'));
  for (const name of ['config', 'other']) {
    symlinkSync(secret, join(folder.path, 'vault', name));
  }
  const store = openLocalStore(join(folder.path, 'vault'));
  await assert.rejects(store.get('config'), { code: 'PERMISSION_DENIED' });
  await assert.rejects(store.stat('config'), { code: 'PERMISSION_DENIED' });
  await store.put('config', Buffer.from('ours'));
  await store.delete('other');
  assert.equal((await store.get('config')).toString(), 'ours');
  assert.equal(readFileSync(secret, 'utf8'), 'theirs');
});

test('the vault itself may be reached through a link', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'disk'));
  symlinkSync(join(folder.path, 'disk'), join(folder.path, 'vault'));
  const store = openLocalStore(join(folder.path, 'vault'));
  await store.put('data/ab/object', Buffer.from('x'));
  assert.deepEqual(await keysOf(store, 'data/'), ['data/ab/object']);
});

test('a folder without permission is reported as such, as another user where this one is root', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'vault');
  const store = openLocalStore(path);
  await store.put('data/object', Buffer.from('x'));
  if (isRoot) {
    chownSync(folder.path, nobody, nobody);
    chownSync(path, nobody, nobody);
    chownSync(join(path, 'data'), nobody, nobody);
  }
  chmodSync(join(path, 'data'), 0o500);
  const denied = { code: 'PERMISSION_DENIED', message: /EACCES/, retryable: false };
  await withoutRoot(async () => {
    await assert.rejects(store.put('data/new', Buffer.from('x')), denied);
    await assert.rejects(store.delete('data/object'), denied);
    assert.equal((await store.stat('data/object')).size, 1);
    chmodSync(join(path, 'data'), 0);
    await assert.rejects(store.get('data/object'), denied);
    await assert.rejects(keysOf(store, 'data/'), denied);
    chmodSync(join(path, 'data'), 0o700);
  });
});

test('a full disk is reported, keeps what was there and leaves nothing else', {
  skip: mountsNeedRoot,
}, async () => {
  using folder = temporaryFolder();
  await onSmallDisk(folder.path, async () => {
    const store = openLocalStore(folder.path);
    await store.put('data/object', Buffer.from('old'));
    const full = { code: 'DISK_FULL', message: /write data\/object/, retryable: false };
    await assert.rejects(store.put('data/object', Buffer.alloc(4 * 1024 * 1024)), full);
    assert.equal((await store.get('data/object')).toString(), 'old');
    assert.deepEqual(readdirSync(join(folder.path, 'data')), ['object']);
    await store.put('data/small', Buffer.from('fits'));
    assert.equal((await store.get('data/small')).toString(), 'fits');
  });
});

test('a read-only file system is reported and can be read', { skip: mountsNeedRoot }, async () => {
  using folder = temporaryFolder();
  await onSmallDisk(folder.path, async () => {
    const store = openLocalStore(folder.path);
    await store.put('data/object', Buffer.from('x'));
    execFileSync('mount', ['-o', 'remount,ro', folder.path]);
    await assert.rejects(store.put('data/new', Buffer.from('x')), { code: 'STORE_READ_ONLY' });
    await assert.rejects(store.put('other/new', Buffer.from('x')), { code: 'STORE_READ_ONLY' });
    await assert.rejects(store.delete('data/object'), { code: 'STORE_READ_ONLY' });
    assert.equal((await store.get('data/object')).toString(), 'x');
  });
});

async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  return (await Array.fromAsync(store.list(prefix))).map(({ key }) => key).sort();
}

function modeOf(folder: string, path: string): number {
  return statSync(join(folder, path)).mode & 0o777;
}

async function withoutRoot(act: () => Promise<void>): Promise<void> {
  if (!isRoot) {
    await act();
    return;
  }
  process.seteuid?.(nobody);
  try {
    await act();
  } finally {
    process.seteuid?.(0);
  }
}

async function onSmallDisk(path: string, act: () => Promise<void>): Promise<void> {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]);
  try {
    await act();
  } finally {
    execFileSync('umount', [path]);
  }
}
