import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { startProgram } from '../child-process.ts';
import { lockFileOwner, tryLockFile } from './file-lock.ts';

const script = `
import { tryLockFile } from '${new URL('./file-lock.ts', import.meta.url)}';
const lock = tryLockFile(process.argv[1]);
console.log(lock === undefined ? 'held' : 'taken');
setInterval(() => lock, 1000);
`;

test('the lock is exclusive, names its owner and ends with it, even by kill -9', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'plan.lock');
  await using other = await startProgram({
    kind: 'argv',
    file: process.execPath,
    arguments: ['--input-type=module', '-e', script, path],
  });
  const first = await other.stdout[Symbol.asyncIterator]().next();
  assert.equal(String(first.value), 'taken\n');
  assert.equal(tryLockFile(path), undefined);
  assert.equal(lockFileOwner(path), other.pid);
  process.kill(other.pid, 'SIGKILL');
  await other.result;
  {
    using mine = tryLockFile(path);
    assert.ok(mine);
    assert.equal(lockFileOwner(path), process.pid);
    assert.equal(tryLockFile(path), undefined);
  }
  using again = tryLockFile(path);
  assert.ok(again);
});

test('a folder that is missing is an error', () => {
  assert.throws(() => tryLockFile('/absent/plan.lock'), { code: 'ENOENT' });
});
