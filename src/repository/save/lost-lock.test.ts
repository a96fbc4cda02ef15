import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { createFilesSource } from '../../source/files/files-source.ts';
import { initRepository } from '../repository.ts';

test('a lock that others removed meanwhile leaves no snapshot', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'a.txt'), 'a');
  const store = openMemoryStore();
  const kdf = { N: 1024, r: 8, p: 1 };
  const lockTiming = { settleMs: 0, refreshMs: 60_000, expiryMs: 0 };
  await using repository = await initRepository({ store, password: 'p', kdf, workers: 1, lockTiming });
  const source = createFilesSource({ paths: [folder.path], nowMs: Date.now });
  await using capture = await source.capture();
  const saving = repository.write(async (writer) => {
    for (const key of [...store.objects.keys()]) if (key.startsWith('locks/')) await store.delete(key);
    return await writer.saveSnapshot({
      events: capture.events,
      time: new Date().toISOString(),
      paths: [folder.path],
      hostname: 'h',
      username: 'u',
      uid: 0,
      gid: 0,
    });
  });
  await assert.rejects(saving, { code: 'VAULT_LOCKED' });
  assert.deepEqual(await repository.snapshotIds(), []);
});
