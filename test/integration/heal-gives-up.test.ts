/** Snapshots that were given up and are there again: healing deletes them, but for those that nobody may delete. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunRecord } from '../../src/evidence/record.ts';
import { recordTimes } from '../../src/evidence/record-common.ts';
import { sharedFields } from '../../src/evidence/run-context.ts';
import { type HealingOutcome, healVault } from '../../src/heal/heal-vault.ts';
import { previewHealing } from '../../src/heal/preview-healing.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { initVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { testPassword } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testRun, tickingClock } from '../support/test-run.ts';
import { backUp, quickKdf, quickLocks } from '../support/vault.ts';

const nowMs = tickingClock();
const run = testRun(nowMs);

/** One snapshot that a record gives up and that is still there. */
async function withLeftover(
  folder: string,
  store: ReturnType<typeof openMemoryStore>,
): Promise<{ readonly vault: Vault; readonly id: string }> {
  const vault = await initVault({
    ...{ store, password: testPassword, nowMs, lockTiming: quickLocks, workers: 1 },
    ...{ role: 'primary' as const, kdf: quickKdf },
    ...{ stateFolder: join(folder, 'state'), cacheDirectory: join(folder, 'cache') },
  });
  writeFileSync(join(folder, 'file'), 'content');
  const { snapshot } = await backUp(vault.repository, join(folder, 'file'));
  const given = { type: 'forget', snapshotIds: [snapshot.id], bytesFreed: 0 } as const;
  await vault.append({ ...common(vault), ...given });
  return { vault, id: snapshot.id };
}

function common(vault: Vault) {
  return { ...sharedFields(run, vault.id), ...recordTimes(nowMs(), nowMs()), verdict: 'pass' as const };
}

async function heal(vault: Vault): Promise<HealingOutcome> {
  const healing = { vault, donors: [] };
  return await healVault(run, healing, await previewHealing(healing, run.nowMs()));
}

async function heals(vault: Vault): Promise<readonly string[]> {
  await heal(vault);
  return await vault.repository.snapshotIds();
}

test('what was given up and is there again goes, unless somebody holds it or something is suspicious', async () => {
  const reasons: readonly [string, (vault: Vault, id: string) => RunRecord | undefined][] = [
    ['nothing', () => undefined],
    [
      'a hold',
      (vault, id) => ({
        ...common(vault),
        ...{ type: 'hold', kind: 'legal-hold', action: 'set', reason: 'court', snapshotIds: [id] },
      }),
    ],
    [
      'a suspicion',
      (vault) => ({
        ...common(vault),
        system: 'uploads',
        type: 'pause',
        action: 'pause',
        reason: 'encrypted',
      }),
    ],
  ];
  for (const [what, recordOf] of reasons) {
    using folder = temporaryFolder();
    const { vault, id } = await withLeftover(folder.path, openMemoryStore());
    await using _vault = vault;
    const record = recordOf(vault, id);
    if (record !== undefined) await vault.append(record);
    assert.deepEqual(await heals(vault), what === 'nothing' ? [] : [id], what);
  }
});

test('what the store itself keeps does not keep a vault from being healed, and is not said to be mended', async () => {
  using folder = temporaryFolder();
  const store = openMemoryStore([], { locked: true });
  const { vault, id } = await withLeftover(folder.path, store);
  await using _vault = vault;
  const keys = await Array.fromAsync(store.list('data/'), ({ key }) => key);
  for (const key of keys) {
    const bytes = await store.get(key);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await store.put(key, bytes);
  }
  const retained = [...keys, `snapshots/${id}`].sort();
  for (const key of retained) await store.abilities.retention?.retain(key, Date.now() + 86_400_000);
  const { kept, mended, lost, record } = await heal(vault);
  assert.deepEqual(await vault.repository.snapshotIds(), [id]);
  assert.deepEqual([kept, lost, record.verdict], [retained, [], 'pass']);
  assert.deepEqual([record.objectsKept, record.objectsMended], [retained, mended]);
  assert.deepEqual(
    mended.filter((key) => retained.includes(key)),
    [],
  );
  const left = await Array.fromAsync(store.list('data/'), ({ key }) => key);
  assert.ok(
    keys.every((key) => left.includes(key)),
    'the damaged ones stay beside the new ones',
  );
});
