/** Files that were cut at pages, and patched: stock restic checks, restores, and backs up beside them. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Repository, SavedSnapshot, Snapshot } from '../../src/repository/repository-types.ts';
import type { EntryMetadata } from '../../src/source/entry-metadata.ts';
import type { CaptureEvent, Content } from '../../src/source/source.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeVault, restoreTo } from '../support/vault.ts';

const bytesBefore = seededRandom(11).bytes(1_300_000);
const changed = { at: 700_000, length: 8192 };
const sizeAfter = 1_500_000;

function metadata(type: 'dir' | 'file'): EntryMetadata {
  const mode = type === 'dir' ? 0o40700 : 0o100600;
  return { type, mode, mtimeNs: 1n, ctimeNs: 1n, uid: 0, gid: 0, user: '', group: '', size: 0 };
}

async function save(vault: Repository, content: Content, base?: Snapshot): Promise<SavedSnapshot> {
  const entries: CaptureEvent[] = [
    { kind: 'enter', name: Buffer.from('base'), metadata: metadata('dir') },
    { kind: 'entry', name: Buffer.from('16384'), metadata: metadata('file'), content },
    { kind: 'leave' },
  ];
  const events = (async function* () {
    yield entries;
  })();
  return await vault.write((writer) =>
    writer.saveSnapshot({
      events,
      time: new Date().toISOString(),
      paths: ['/base'],
      hostname: 'h',
      username: 'u',
      uid: 0,
      gid: 0,
      ...(base === undefined ? {} : { base }),
    }),
  );
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

test('restic checks, restores and goes on beside files that were cut at pages and patched', async () => {
  using folder = temporaryFolder();
  const repository = join(folder.path, 'vault');
  await using vault = await makeVault(repository);
  const first = await save(vault, { kind: 'stream', cut: 'pages', open: () => once(bytesBefore) });
  const page = seededRandom(12).bytes(changed.length);
  const patch: Content = { kind: 'patch', size: sizeAfter, ranges: [changed], open: () => once(page) };
  const second = await save(vault, patch, first.snapshot);
  const bytesAfter = Buffer.alloc(sizeAfter);
  bytesBefore.copy(bytesAfter);
  page.copy(bytesAfter, changed.at);

  await resticMustSucceed({ repository }, 'check', '--read-data');
  for (const [saved, bytes] of [
    [first, bytesBefore],
    [second, bytesAfter],
  ] as const) {
    const target = join(folder.path, saved.snapshot.id.slice(0, 8));
    await resticMustSucceed({ repository }, 'restore', saved.snapshot.id, '--target', target);
    assert.ok(readFileSync(join(target, 'base', '16384')).equals(bytes));
  }

  const tree = join(folder.path, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, '16384'), bytesAfter);
  await resticMustSucceed({ repository }, 'backup', tree);
  await resticMustSucceed({ repository }, 'check', '--read-data');
  const ours = join(folder.path, 'ours');
  await restoreTo(vault, second.snapshot, ours, { verify: true });
  assert.ok(readFileSync(join(ours, 'base', '16384')).equals(bytesAfter));
});
