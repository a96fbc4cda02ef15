import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { seededRandom } from '../../../../test/support/seeded-random.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { hasCode } from '../../../error/lifeboat-error.ts';
import { readTar } from './tar-reader.ts';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** `type path size mode` and the content of each entry. */
async function listed(pieces: AsyncIterable<Buffer>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const entry of readTar(pieces)) {
    const content = Buffer.concat(await Array.fromAsync(entry.read()));
    found.push(
      `${entry.type} ${entry.path} ${entry.size} ${entry.mode.toString(8)} ${content.toString('hex')}`,
    );
  }
  return found;
}

function archiveOf(files: Readonly<Record<string, Buffer>>): Buffer {
  using folder = temporaryFolder();
  fs.mkdirSync(path.join(folder.path, 'base', '5'), { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder.path, name), content, { mode: 0o600 });
  }
  const args = ['--format=ustar', '--sort=name', '-cf', '-', 'base', ...Object.keys(files)];
  const { stdout, status } = spawnSync('tar', args, { cwd: folder.path });
  assert.equal(status, 0);
  return stdout;
}

const random = seededRandom(7);
const files = {
  a: Buffer.alloc(0),
  b: random.bytes(1),
  c: random.bytes(512),
  d: random.bytes(1300),
};
const expected = [
  'folder base 0 700 ',
  'folder base/5 0 700 ',
  ...Object.entries(files).map(
    ([name, content]) => `file ${name} ${content.length} 600 ${content.toString('hex')}`,
  ),
];

test('an archive reads the same wherever it is cut, and with or without the blocks at its end', async () => {
  const archive = archiveOf(files);
  for (const size of [1, 7, 511, 512, 513, 1000, archive.length]) {
    assert.deepEqual(await listed(inPieces(archive, size)), expected, `pieces of ${size}`);
  }
  const end = archive.length - [...archive].reverse().findIndex((byte) => byte !== 0);
  const withoutEnd = archive.subarray(0, Math.ceil(end / 512) * 512);
  assert.deepEqual(await listed(inPieces(withoutEnd, 600)), expected);
});

test('names that begin with a dot and a slash are the same as those that do not', async () => {
  const archive = archiveOf({ b: files.b });
  const at = archive.indexOf(Buffer.from('base/5/\0'));
  archive.write('./base/5/\0', at);
  writeSum(archive, at);
  assert.ok((await listed(inPieces(archive, 512))).includes('folder base/5 0 700 '));
});

test('a size beyond eight gigabytes is read in base 256', async () => {
  const archive = archiveOf({ b: files.b });
  const at = archive.indexOf(Buffer.from('b\0'));
  const size = 9n * 1024n ** 3n;
  archive.writeUInt32BE(0x80000000, at + 124);
  archive.writeBigUInt64BE(size, at + 128);
  writeSum(archive, at);
  for await (const entry of readTar(inPieces(archive, 512))) {
    if (entry.type !== 'file') continue;
    assert.equal(BigInt(entry.size), size);
    await assert.rejects(Array.fromAsync(entry.read()), isInvalid);
    break;
  }
});

test('an archive that is cut off or damaged is refused', async () => {
  const archive = archiveOf(files);
  await assert.rejects(listed(inPieces(archive.subarray(0, 700), 512)), isInvalid);
  const inFile = archive.indexOf(Buffer.from('d\0')) + 512 + 100;
  await assert.rejects(listed(inPieces(archive.subarray(0, inFile), 512)), isInvalid);
  const damaged = Buffer.from(archive);
  damaged[3] = 0x41;
  await assert.rejects(listed(inPieces(damaged, 512)), isInvalid);
});

function writeSum(archive: Buffer, at: number): void {
  archive.fill(' ', at + 148, at + 156);
  const sum = archive.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148);
}

function isInvalid(error: unknown): boolean {
  return hasCode(error, 'SOURCE_INVALID');
}
