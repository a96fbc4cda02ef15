import assert from 'node:assert/strict';
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { adviseDontNeed, adviseSequential } from './advise.ts';
import { dataRanges, punchHole, reserveSpace } from './seek-hole.ts';

const mib = 1024 * 1024;

test('data between holes is found, and a hole can be made', () => {
  using folder = temporaryFolder();
  const fd = openSync(join(folder.path, 'sparse'), 'w+');
  assert.deepEqual([...dataRanges(fd)], []);
  ftruncateSync(fd, 10 * mib);
  writeSync(fd, Buffer.alloc(mib, 1), 0, mib, 4 * mib);
  const covered = [...dataRanges(fd)];
  assert.ok(covered.some((range) => range.startBytes <= 4 * mib && range.endBytes >= 5 * mib));
  punchHole(fd, 4 * mib, mib);
  assert.equal(fstatSync(fd).size, 10 * mib);
  const byte = Buffer.alloc(1, 9);
  readSync(fd, byte, 0, 1, 4 * mib + 5);
  assert.equal(byte[0], 0);
  reserveSpace(fd, 0, mib);
  assert.ok(fstatSync(fd).blocks >= mib / 512);
  adviseSequential(fd);
  adviseDontNeed(fd);
  closeSync(fd);
  assert.throws(() => [...dataRanges(fd)], { code: 'EBADF', syscall: 'lseek' });
});
