/** A forget that dies after any of its operations on the store: nothing that stays is lost, and the next one finishes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AppContext } from '../../src/cli/cli-context.ts';
import type { CommandEnd } from '../../src/cli/command.ts';
import { forget } from '../../src/cli/commands/forget.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { isStoreCut, withFaults } from '../../src/object-store/fault.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { thisProcess } from '../../src/repository/lock/lock-owner.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import { resticMustSucceed, testPassword } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { quickLocks } from '../support/vault.ts';
import { type PlanScene, planScene, storedFiles } from './plan-scene.ts';

const dayMs = 86_400_000;
const operationsMax = 200;

async function run(context: AppContext): Promise<CommandEnd> {
  const parsed = parseInput('forget', forget, ['--yes']);
  assert.ok(parsed.kind === 'run');
  return await forget.run(context, parsed.input);
}

/** A process that is no more, once its store is cut off. */
function dyingContext(scene: PlanScene, operations: number): AppContext {
  const owner = { ...thisProcess(), pid: spawnSync('true').pid };
  return {
    ...scene.context,
    openVault: () =>
      openVault({
        store: withFaults(openLocalStore(scene.vaultPath('here')), [{ kind: 'cut', after: operations }]),
        password: testPassword,
        lockTiming: quickLocks,
        owner,
        stateFolder: join(scene.folder, '../state/chain'),
        cacheDirectory: join(scene.folder, '../caches/lifeboat'),
        nowMs: scene.context.nowMs,
      }),
  };
}

async function points(scene: PlanScene): Promise<readonly string[]> {
  const [history] = await scene.histories(true);
  assert.equal(history?.trouble, undefined);
  return history?.points.map(({ id }) => id) ?? [];
}

test('cut off after each operation, the next forget takes the rest and no more', async () => {
  using scene = await planScene({
    systems:
      '  uploads: { source: { kind: files, paths: [./uploads] }, checks: [files], retention: { last: 2 } }',
  });
  using copies = temporaryFolder();
  for (let day = -4; day <= 0; day++) {
    scene.aheadMs = day * dayMs;
    scene.write('uploads/a.txt', `day ${day}`);
    await scene.backup();
  }
  scene.aheadMs = 0;
  await scene.verify();
  const all = await points(scene);
  const kept = all.slice(3);
  // what this machine remembers goes back as well, or the vault would look as if somebody had rolled it back
  const places = [scene.vaultPath('here'), join(scene.folder, '../state'), join(scene.folder, '../caches')];
  for (const [index, place] of places.entries())
    fs.cpSync(place, join(copies.path, String(index)), { recursive: true });
  let cuts = 0;
  let halfway = 0;
  for (let isCut = true; isCut && cuts < operationsMax; cuts++) {
    for (const [index, place] of places.entries()) {
      fs.rmSync(place, { recursive: true });
      fs.cpSync(join(copies.path, String(index)), place, { recursive: true });
    }
    isCut = await dies(scene, cuts);
    const between = await points(scene);
    assert.ok(
      kept.every((id) => between.includes(id)),
      `cut after ${cuts}: what is kept is still there`,
    );
    const files = storedFiles(scene, 'here', 'snapshots').length;
    if (files > kept.length && between.length === kept.length) halfway += 1;
    assert.ok(files >= between.length, `cut after ${cuts}: no point is listed whose snapshot is gone`);
    const end = await run(scene.context);
    assert.equal(end.error, undefined, `cut after ${cuts}`);
    assert.deepEqual(await points(scene), kept, `cut after ${cuts}`);
    assert.equal(storedFiles(scene, 'here', 'snapshots').length, kept.length, `cut after ${cuts}`);
    // where nothing was left to do nobody needed the lock of the dead
    if (files > kept.length) assert.deepEqual(storedFiles(scene, 'here', 'locks'), [], `cut after ${cuts}`);
  }
  assert.ok(cuts > 10 && cuts < operationsMax, 'a forget has several operations, and at last it was not cut');
  assert.ok(halfway > 0, 'some were cut between the record and the deletion');
  await resticMustSucceed({ repository: scene.vaultPath('here') }, 'check', '--read-data');
});

/** Whether it was cut off. A lock that cannot be deleted is no failure of the work. */
async function dies(scene: PlanScene, operations: number): Promise<boolean> {
  try {
    const { error, summary } = await run(dyingContext(scene, operations));
    return (
      error !== undefined || summary['forgotten'] !== 3 || storedFiles(scene, 'here', 'locks').length > 0
    );
  } catch (error) {
    if (!isStoreCut(error)) throw error;
    return true;
  }
}
