import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { randomBytes } from '../../platform/random.ts';
import { holdsPieces } from './holds-pieces.ts';

test('a file holds its pieces only when every byte is as it was, and no more are there', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'file');
  const content = randomBytes(3_000_000);
  const cuts = [0, 1_200_000, 1_200_001, content.length];
  const pieces = cuts.slice(1).map((end, at) => {
    const piece = content.subarray(cuts[at], end);
    return { id: hash('sha256', piece, 'hex'), bytes: piece.length };
  });
  const holds = async (now: Uint8Array) => {
    writeFileSync(file, now);
    return await holdsPieces(Buffer.from(file), pieces);
  };
  assert.equal(await holds(content), true);
  for (const at of [0, 1_200_000, content.length - 1]) {
    const other = Buffer.from(content);
    other.writeUInt8(other.readUInt8(at) ^ 1, at);
    assert.equal(await holds(other), false, `byte ${at}`);
  }
  assert.equal(await holds(content.subarray(0, -1)), false);
  assert.equal(await holds(Buffer.concat([content, Buffer.from('x')])), false);
  assert.equal(await holdsPieces(Buffer.from(join(folder.path, 'gone')), pieces), false);
});

test('a comparison ends when it is told to', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'file');
  writeFileSync(file, 'x');
  const pieces = [{ id: hash('sha256', 'x', 'hex'), bytes: 1 }];
  await assert.rejects(holdsPieces(Buffer.from(file), pieces, AbortSignal.abort()), { name: 'AbortError' });
});
