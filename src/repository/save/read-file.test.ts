import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { newMasterKey } from '../../seal/key-file.ts';
import { type ChunkSaver, createChunkSaver } from './chunk-saver.ts';
import { readFile } from './read-file.ts';
import { SharedIdSet } from './shared-id-set.ts';

function someSaver(): ChunkSaver {
  return createChunkSaver({
    key: newMasterKey(),
    polynomial: 0x3da3358b4dc173n,
    version: 2,
    verify: false,
    packBytesTarget: 1 << 20,
    known: SharedIdSet.create(1),
    takeBuffer: (bytesMin) => new Uint8Array(bytesMin),
    emit: () => undefined,
  });
}

const never = () => undefined;

test('a file that is away while it is replaced is read at the next attempt', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'saved-by-rename');
  // the first attempt is over, without the file, when readFile gives its promise
  const reading = readFile(someSaver(), Buffer.from(path), never);
  writeFileSync(path, 'the new one');
  const result = await reading;
  assert.equal(result.kind, 'content');
  assert.equal(result.kind === 'content' && result.size, 11);
});

test('a file that stays away is reported as gone', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'gone');
  writeFileSync(path, 'x');
  rmSync(path);
  const result = await readFile(someSaver(), Buffer.from(path), never);
  assert.deepEqual(result, { kind: 'unreadable', reason: 'cannot be read: ENOENT', vanished: true });
});
