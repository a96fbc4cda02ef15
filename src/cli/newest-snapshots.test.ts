import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { backupRecord } from '../../test/support/record-samples.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { quickKdf, quickLocks } from '../../test/support/vault.ts';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import { createFilesSource } from '../source/files/files-source.ts';
import { initVault } from '../vault/open-vault.ts';
import type { Vault } from '../vault/vault.ts';
import { newestSnapshots } from './newest-snapshots.ts';

const never = new AbortController().signal;

test('of every system the newest whole snapshot is taken, and who is not whole is named', async () => {
  using folder = temporaryFolder();
  await using vault = await vaultIn(folder.path);
  assert.deepEqual(await chosen(vault), { ids: ['none'], warnings: [] });
  const alone = await save(vault, folder.path, 1, []);
  assert.deepEqual(await chosen(vault), { ids: [alone], warnings: [] });
  const whole = await save(vault, folder.path, 2, ['plan:p', 'system:db']);
  const other = await save(vault, folder.path, 3, ['plan:p', 'system:uploads']);
  assert.deepEqual(await chosen(vault), { ids: [whole, other].sort(), warnings: [] });
  const half = await save(vault, folder.path, 4, ['plan:p', 'system:db']);
  assert.deepEqual(await chosen(vault), { ids: [half, other].sort(), warnings: [] });
  const problem = { verdict: 'incomplete', problemCount: 1, vault: vault.id, startMs: 4 } as const;
  await vault.append(backupRecord(half, problem));
  const { ids, warnings } = await chosen(vault);
  assert.deepEqual(ids, [whole, other].sort());
  assert.match(
    warnings.join(),
    new RegExp(`db, ${half.slice(0, 8)} .* is incomplete; ${whole.slice(0, 8)} of .* is taken`),
  );
});

async function vaultIn(folder: string): Promise<Vault> {
  return await initVault({
    store: openMemoryStore(),
    password: 'p',
    kdf: quickKdf,
    lockTiming: quickLocks,
    workers: 1,
    role: 'primary',
    stateFolder: join(folder, 'state'),
    cacheDirectory: join(folder, 'cache'),
    nowMs: Date.now,
  });
}

async function chosen(vault: Vault) {
  const warnings: string[] = [];
  const found = newestSnapshots(vault, never, (message) => warnings.push(message));
  const ids = await found.then(
    (snapshots) => snapshots.map(({ id }) => id).sort(),
    (error: unknown) => [(error as { code?: string }).code === 'SNAPSHOT_NOT_FOUND' ? 'none' : String(error)],
  );
  return { ids, warnings };
}

async function save(vault: Vault, folder: string, hour: number, tags: readonly string[]): Promise<string> {
  writeFileSync(join(folder, 'a.txt'), String(hour));
  const source = createFilesSource({ paths: [join(folder, 'a.txt')], nowMs: Date.now });
  await using capture = await source.capture();
  const { snapshot } = await vault.repository.write((writer) =>
    writer.saveSnapshot({
      events: capture.events,
      time: `2026-01-01T0${hour}:00:00Z`,
      paths: [folder],
      hostname: 'h',
      username: 'u',
      uid: 0,
      gid: 0,
      tags,
    }),
  );
  return snapshot.id;
}
