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

test('every file of a plan is watched, also those that it includes later', () => {
  using folder = temporaryFolder();
  const [plan, part, later] = ['lifeboat.yaml', 'part.yaml', 'later.yaml'].map((name) =>
    join(folder.path, name),
  );
  assert.ok(plan !== undefined && part !== undefined && later !== undefined);
  writeFileSync(plan, 'one');
  const watch = watchPlan([plan, part]);
  assert.equal(watch.poll(), 'same');
  writeFileSync(part, 'it came');
  assert.deepEqual([watch.poll(), watch.poll(), watch.poll()], ['settling', 'changed', 'same']);
  watch.follow([plan, later]);
  rmSync(part);
  assert.equal(watch.poll(), 'same');
  writeFileSync(later, 'it came');
  assert.deepEqual([watch.poll(), watch.poll()], ['settling', 'changed']);
});

test('a change between the last look and the following of other files is not lost', () => {
  using folder = temporaryFolder();
  const [plan = '', part = ''] = ['lifeboat.yaml', 'part.yaml'].map((name) => join(folder.path, name));
  writeFileSync(plan, 'one');
  const watch = watchPlan([plan]);
  writeFileSync(plan, 'include the part');
  watch.follow([plan, part]);
  assert.deepEqual([watch.poll(), watch.poll()], ['settling', 'changed']);
});
