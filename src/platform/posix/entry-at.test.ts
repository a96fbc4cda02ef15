import assert from 'node:assert/strict';
import { closeSync, constants as file, lstatSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { makeDevice } from './device.ts';
import {
  chmodAt,
  chownAt,
  linkAt,
  mkdirAt,
  mknodAt,
  readLinkAt,
  removeDirectoryAt,
  renameAt,
  statAt,
  symlinkAt,
  unlinkAt,
} from './entry-at.ts';
import { setTimesAt, setTimesFd, setTimesPathNoFollow } from './file-times.ts';

const notRoot = process.getuid?.() === 0 ? false : 'needs root';
const bytes = (text: string): Buffer => Buffer.from(text);
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

test('every kind of entry is made, found and removed by its exact bytes', () => {
  using folder = temporaryFolder();
  using root = openFolder(folder.path);
  const name = latin('n\xff\xfe\n"');
  mkdirAt(root.fd, name, 0o700);
  assert.deepEqual(readdirSync(folder.path, { encoding: 'buffer' }), [name]);
  removeDirectoryAt(root.fd, name);
  symlinkAt(latin('nowhere/\xff'), root.fd, name);
  assert.deepEqual(readLinkAt(root.fd, name), latin('nowhere/\xff'));
  linkAt(root.fd, name, root.fd, bytes('second'));
  assert.equal(statAt(root.fd, bytes('second')).nlink, 2n);
  assert.ok(statAt(root.fd, bytes('second')).isSymbolicLink());
  renameAt(root.fd, name, root.fd, bytes('third'));
  unlinkAt(root.fd, bytes('third'));
  mknodAt(root.fd, bytes('pipe'), file.S_IFIFO | 0o600, 0n);
  assert.ok(statAt(root.fd, bytes('pipe')).isFIFO());
  assert.deepEqual(readdirSync(folder.path).sort(), ['pipe', 'second']);
});

test('device nodes keep large major and minor numbers', { skip: notRoot }, () => {
  using folder = temporaryFolder();
  using root = openFolder(folder.path);
  const rdev = makeDevice(0xabc, 0xfedcb);
  mknodAt(root.fd, bytes('disk'), file.S_IFBLK | 0o600, rdev);
  mknodAt(root.fd, bytes('line'), file.S_IFCHR | 0o600, makeDevice(1, 3));
  assert.equal(statAt(root.fd, bytes('disk')).rdev, rdev);
  assert.ok(statAt(root.fd, bytes('disk')).isBlockDevice());
  assert.ok(statAt(root.fd, bytes('line')).isCharacterDevice());
});

test('owner and times of a link change the link and not its target', { skip: notRoot }, () => {
  using folder = temporaryFolder();
  using root = openFolder(folder.path);
  writeFileSync(join(folder.path, 'target'), 'x');
  setTimesAt(root.fd, bytes('target'), { atimeNs: 5n, mtimeNs: 7n });
  symlinkAt(bytes('target'), root.fd, bytes('link'));
  chownAt(root.fd, bytes('link'), 4_294_967_000, 12);
  setTimesAt(root.fd, bytes('link'), { atimeNs: undefined, mtimeNs: 1_700_000_000_123_456_789n });
  const link = statAt(root.fd, bytes('link'));
  assert.deepEqual([link.uid, link.gid, link.mtimeNs], [4_294_967_000n, 12n, 1_700_000_000_123_456_789n]);
  const target = statAt(root.fd, bytes('target'));
  assert.deepEqual([target.uid, target.mtimeNs], [0n, 7n]);
});

test('times before the epoch and by descriptor are exact', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'old');
  writeFileSync(path, '');
  setTimesPathNoFollow(bytes(path), { atimeNs: -1n, mtimeNs: -1_500_000_000n });
  const before = lstatSync(path, { bigint: true });
  assert.deepEqual([before.atimeNs, before.mtimeNs], [-1n, -1_500_000_000n]);
  const fd = openSync(path, 'r');
  setTimesFd(fd, { atimeNs: undefined, mtimeNs: 4_000_000_000_000_000_001n });
  closeSync(fd);
  const after = lstatSync(path, { bigint: true });
  assert.deepEqual([after.atimeNs, after.mtimeNs], [-1n, 4_000_000_000_000_000_001n]);
});

test('the mode of a file is set with its special bits, that of a link is refused', () => {
  using folder = temporaryFolder();
  using root = openFolder(folder.path);
  writeFileSync(join(folder.path, 'tool'), 'x');
  chmodAt(root.fd, bytes('tool'), 0o6751);
  assert.equal(statAt(root.fd, bytes('tool')).mode & 0o7777n, 0o6751n);
  symlinkAt(bytes('tool'), root.fd, bytes('link'));
  assert.throws(() => chmodAt(root.fd, bytes('link'), 0o777), { code: 'ELOOP' });
  assert.equal(statAt(root.fd, bytes('tool')).mode & 0o7777n, 0o6751n);
});

test('names that lead elsewhere are refused before the system sees them', () => {
  using folder = temporaryFolder();
  using root = openFolder(folder.path);
  for (const name of ['', '.', '..', 'a/b', '/etc', 'a\0b']) {
    assert.throws(() => mkdirAt(root.fd, bytes(name), 0o700), { code: 'PATH_UNSAFE' }, name);
    assert.throws(() => symlinkAt(bytes('x'), root.fd, bytes(name)), { code: 'PATH_UNSAFE' }, name);
    assert.throws(() => renameAt(root.fd, bytes('x'), root.fd, bytes(name)), { code: 'PATH_UNSAFE' }, name);
    assert.throws(() => statAt(root.fd, bytes(name)), { code: 'PATH_UNSAFE' }, name);
  }
  assert.deepEqual(readdirSync(folder.path), []);
});

test("errors have the shape of Node's", () => {
  using folder = temporaryFolder();
  using root = openFolder(folder.path);
  const expected = { code: 'ENOENT', syscall: 'unlinkat', path: 'absent', errno: -2 };
  assert.throws(() => unlinkAt(root.fd, bytes('absent')), expected);
  assert.throws(() => unlinkAt(root.fd, Buffer.alloc(5000, 'a')), { code: 'ENAMETOOLONG' });
});

function openFolder(path: string): Disposable & { readonly fd: number } {
  const fd = openSync(path, file.O_RDONLY | file.O_DIRECTORY);
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}
