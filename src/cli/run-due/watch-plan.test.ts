import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { watchPlan } from './watch-plan.ts';

test('a change is said once, when it has settled', () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'lifeboat.yaml');
  writeFileSync(file, 'one');
  const watch = watchPlan([file]);
  assert.equal(watch.poll(), 'same');
  writeFileSync(file, 'half of');
  assert.equal(watch.poll(), 'settling');
  writeFileSync(file, 'half of two');
  assert.equal(watch.poll(), 'settling');
  assert.equal(watch.poll(), 'changed');
  assert.equal(watch.poll(), 'same');
});

test('a file that is renamed into place, or is gone, is a change', () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'lifeboat.yaml');
  writeFileSync(file, 'one');
  const watch = watchPlan([file]);
  writeFileSync(`${file}.new`, 'two');
  renameSync(`${file}.new`, file);
  assert.deepEqual([watch.poll(), watch.poll()], ['settling', 'changed']);
  rmSync(file);
  assert.deepEqual([watch.poll(), watch.poll(), watch.poll()], ['settling', 'changed', 'same']);
});
