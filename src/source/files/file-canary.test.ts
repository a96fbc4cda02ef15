import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { hasCode } from '../../error/lifeboat-error.ts';
import { readFileCanary, writeFileCanary } from './file-canary.ts';

const fileIn = (folder: string) => path.join(folder, 'canary.json');

test('a canary is read back as it was written, the newest one', async () => {
  using folder = temporaryFolder();
  assert.equal(await readFileCanary(fileIn(folder.path)), undefined);
  await writeFileCanary(fileIn(folder.path), { timeMs: 1_763_600_000_123, sequence: 41 });
  await writeFileCanary(fileIn(folder.path), { timeMs: 1_763_600_060_456, sequence: 42 });
  assert.deepEqual(await readFileCanary(fileIn(folder.path)), { timeMs: 1_763_600_060_456, sequence: 42 });
  assert.deepEqual(fs.readdirSync(folder.path), ['canary.json']);
});

test('a file that is no canary is an error and not a measurement', async () => {
  using folder = temporaryFolder();
  for (const text of [
    '',
    '{}',
    '{"time":"never","sequence":1}\n',
    '{"time":"2025-01-01T00:00:00Z","sequence":',
  ]) {
    fs.writeFileSync(fileIn(folder.path), text);
    await assert.rejects(readFileCanary(fileIn(folder.path)), (error) => hasCode(error, 'SOURCE_INVALID'));
  }
});

test('a folder that is not there cannot hold a canary', async () => {
  using folder = temporaryFolder();
  const writing = writeFileCanary(fileIn(path.join(folder.path, 'gone')), { timeMs: 0, sequence: 1 });
  await assert.rejects(writing, (error) => hasCode(error, 'SOURCE_DENIED'));
});
