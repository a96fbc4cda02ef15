import assert from 'node:assert/strict';
import {
  closeSync,
  constants as file,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { openBeneath, openByComponents, openPathOnly, pathComponents } from './open-beneath.ts';

type Open = typeof openBeneath;
const ways: readonly (readonly [string, Open])[] = [
  ['by the kernel', openBeneath],
  [
    'by components',
    (root, path, flags, mode = 0) => openByComponents(root, pathComponents(path), flags, mode),
  ],
];

for (const [way, open] of ways) {
  test(`a file below the root is created and opened, ${way}`, () => {
    using place = makePlace();
    const fd = open(place.fd, Buffer.from('a/b/new'), file.O_WRONLY | file.O_CREAT | file.O_EXCL, 0o640);
    writeSync(fd, 'hello');
    closeSync(fd);
    assert.equal(readFileSync(join(place.root, 'a/b/new'), 'utf8'), 'hello');
    closeSync(open(place.fd, Buffer.from('a/b'), file.O_RDONLY | file.O_DIRECTORY));
    assert.throws(() => open(place.fd, Buffer.from('a/c/new'), file.O_RDONLY), { code: 'ENOENT' });
    assert.throws(() => open(place.fd, Buffer.from('a/b/new/x'), file.O_RDONLY), { code: 'ENOTDIR' });
  });

  test(`nothing leads outside the root, ${way}`, () => {
    using place = makePlace();
    for (const path of ['..', 'a/../../outside/secret', '/etc/passwd', '', '.', 'a//b', 'a/', 'a\0b']) {
      const attempt = () => open(place.fd, Buffer.from(path), file.O_RDONLY);
      assert.throws(attempt, { code: 'PATH_UNSAFE' }, path);
    }
    const creating = file.O_WRONLY | file.O_CREAT;
    for (const path of ['to-outside/new', 'to-inside/new', 'to-file', 'dangling']) {
      assert.throws(() => open(place.fd, Buffer.from(path), creating, 0o600), { code: 'ELOOP' }, path);
    }
    assert.deepEqual(readdirSync(place.outside), ['secret']);
    closeSync(open(place.fd, Buffer.from('to-file'), openPathOnly));
  });

  test(`no descriptor is left behind, ${way}`, () => {
    using place = makePlace();
    const before = readdirSync('/proc/self/fd').length;
    closeSync(open(place.fd, Buffer.from('a/b'), file.O_RDONLY));
    assert.throws(() => open(place.fd, Buffer.from('a/b/absent'), file.O_RDONLY), { code: 'ENOENT' });
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });
}

test('a path longer than the system takes in one call is opened by its components', () => {
  using place = makePlace();
  const part = Buffer.alloc(250, 'd');
  const path = Buffer.concat(Array.from({ length: 20 }, () => Buffer.concat([part, Buffer.from('/')])));
  assert.throws(() => openBeneath(place.fd, path.subarray(0, -1), file.O_RDONLY), { code: 'ENOENT' });
});

function makePlace() {
  const folder = temporaryFolder();
  const [root, outside] = [join(folder.path, 'root'), join(folder.path, 'outside')];
  mkdirSync(join(root, 'a/b'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'x');
  symlinkSync('../outside', join(root, 'to-outside'));
  symlinkSync('a', join(root, 'to-inside'));
  symlinkSync('../outside/secret', join(root, 'to-file'));
  symlinkSync('../outside/new', join(root, 'dangling'));
  const fd = openSync(root, file.O_RDONLY | file.O_DIRECTORY);
  const dispose = () => {
    closeSync(fd);
    folder[Symbol.dispose]();
  };
  return { root, outside, fd, [Symbol.dispose]: dispose };
}
