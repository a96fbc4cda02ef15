import assert from 'node:assert/strict';
import { closeSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { decodeAttributeName, encodeAttributeName } from './attribute-name.ts';
import {
  listXattrs,
  removeXattrFd,
  removeXattrPathNoFollow,
  setXattrFd,
  setXattrPathNoFollow,
} from './xattr.ts';

const notRoot = process.getuid?.() === 0 ? false : 'needs root';

test('attributes come back with exact names and values', () => {
  using folder = temporaryFolder();
  const path = Buffer.from(join(folder.path, 'file'));
  writeFileSync(path, 'x');
  assert.deepEqual(listXattrs(path), []);
  const fd = openSync(path, 'r+');
  setXattrFd(fd, 'user.plain', Buffer.from([0, 255, 1]));
  setXattrFd(fd, 'user.empty', Buffer.alloc(0));
  setXattrFd(fd, 'user.größe', Buffer.from('42'));
  setXattrPathNoFollow(path, decodeAttributeName(Buffer.from('user.\xff\xe4', 'latin1')), Buffer.from('raw'));
  const found = new Map(listXattrs(path).map((attribute) => [attribute.name, attribute.value]));
  assert.deepEqual(found.get('user.plain'), Buffer.from([0, 255, 1]));
  assert.deepEqual(found.get('user.empty'), Buffer.alloc(0));
  assert.deepEqual(found.get('user.größe'), Buffer.from('42'));
  assert.deepEqual(found.get('user.\udcff\udce4'), Buffer.from('raw'));
  removeXattrFd(fd, 'user.größe');
  removeXattrPathNoFollow(path, 'user.plain');
  assert.equal(listXattrs(path).length, 2);
  assert.throws(() => removeXattrFd(fd, 'user.plain'), { code: 'ENODATA' });
  closeSync(fd);
});

test('a link is asked itself, not its target', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'file'), 'x');
  setXattrPathNoFollow(Buffer.from(join(folder.path, 'file')), 'user.a', Buffer.from('1'));
  symlinkSync('file', join(folder.path, 'link'));
  assert.deepEqual(listXattrs(Buffer.from(join(folder.path, 'link'))), []);
});

test('a link carries attributes of its own', { skip: notRoot }, () => {
  using folder = temporaryFolder();
  const link = Buffer.from(join(folder.path, 'link'));
  symlinkSync('nowhere', link);
  setXattrPathNoFollow(link, 'trusted.mark', Buffer.from('1'));
  assert.deepEqual(listXattrs(link), [{ name: 'trusted.mark', value: Buffer.from('1') }]);
});

test('a file system without attributes has none, an absent file is an error', () => {
  assert.deepEqual(listXattrs(Buffer.from('/proc/self/status')), []);
  assert.throws(() => listXattrs(Buffer.from('/absent')), { code: 'ENOENT', path: '/absent' });
});

test('names keep every byte as text', () => {
  const samples = [
    'user.a',
    'user.é',
    'user.\xff',
    'user.\xe2\x82',
    '\xf0\x9f\x92\xa9\xf0\x9f',
    '\xed\xb3\xbf',
    '�',
  ];
  for (const sample of samples) {
    const bytes = Buffer.from(sample, 'latin1');
    assert.deepEqual(encodeAttributeName(decodeAttributeName(bytes)), bytes, sample);
  }
});
