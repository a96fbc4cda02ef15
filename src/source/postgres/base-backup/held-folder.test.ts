import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { hasCode } from '../../../error/lifeboat-error.ts';
import type { BackupFile } from './backup-file.ts';
import { holdFiles } from './held-folder.ts';
import { fileMetadata, madeEntry } from './server-metadata.ts';

const megabyte = 1024 * 1024;

function file(content: Buffer, isLive: boolean): BackupFile {
  async function* open(): AsyncGenerator<Uint8Array> {
    yield content;
  }
  const metadata = fileMetadata(madeEntry('file', 0), content.length);
  return {
    event: {
      kind: 'entry',
      name: Buffer.from('1262'),
      metadata,
      content: { kind: 'stream', open, cut: 'pages' },
    },
    ...{ heldBytes: isLive ? 0 : content.length, isLive, passed: Promise.resolve() },
  };
}

test('what does not fit into memory, or comes from the connection, lies in a file until it is read', async () => {
  using folder = temporaryFolder();
  const contents = [Buffer.alloc(30 * megabyte, 1), Buffer.alloc(3 * megabyte, 2), Buffer.alloc(megabyte, 3)];
  {
    await using held = holdFiles(folder.path);
    const events = [];
    for (const [index, content] of contents.entries())
      events.push(await held.hold(file(content, index === 2)));
    const [own = ''] = fs.readdirSync(folder.path);
    assert.deepEqual(fs.readdirSync(`${folder.path}/${own}`).sort(), ['1', '2']);
    for (const [index, event] of events.entries()) {
      assert.ok(event.kind === 'entry' && event.content.kind === 'stream');
      assert.equal(event.content.cut, 'pages');
      const bytes = Buffer.concat(await Array.fromAsync(event.content.open()));
      assert.ok(contents[index]?.equals(bytes));
    }
  }
  assert.deepEqual(fs.readdirSync(folder.path), []);
});

test('a disk that is full is said', async () => {
  using folder = temporaryFolder();
  await using held = holdFiles(folder.path);
  await held.hold(file(Buffer.alloc(megabyte), true));
  const [own = ''] = fs.readdirSync(folder.path);
  // the next file is a device that is always full
  fs.symlinkSync('/dev/full', `${folder.path}/${own}/2`);
  await assert.rejects(held.hold(file(Buffer.alloc(megabyte), true)), (error) => hasCode(error, 'DISK_FULL'));
});
