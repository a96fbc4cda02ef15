/** Whoever prunes must know what is held and damaged: without all records nothing goes. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { newRun } from '../../src/cli/plan/new-run.ts';
import { goOnDespiteDamage } from '../../src/cli/prune/damage-pause.ts';
import { previewVault } from '../../src/cli/prune/preview-vault.ts';
import { pruneAndRecord } from '../../src/cli/prune/prune-vault.ts';
import { recordTimes } from '../../src/evidence/record-common.ts';
import { sharedFields } from '../../src/evidence/run-context.ts';
import { planScene, storedFiles } from './plan-scene.ts';

test('with a record that cannot be read nothing is removed, and a preview says why', async () => {
  using scene = await planScene({ systems: '  files: { source: { kind: files, paths: [data] } }' });
  scene.write('data/file', 'first');
  const [first] = await scene.backup();
  scene.write('data/file', 'second');
  await scene.backup();
  const snapshotId = first?.outcome?.record.snapshotId;
  assert.ok(snapshotId);
  {
    await using vault = await scene.open('here');
    await vault.repository.forget([snapshotId]);
  }
  // every record has a second copy
  const [name = ''] = storedFiles(scene, 'here', 'lifeboat/evidence').map((path) => basename(path));
  const copies = storedFiles(scene, 'here', 'lifeboat').filter((path) => basename(path) === name);
  assert.equal(copies.length, 2);
  for (const copy of copies) {
    chmodSync(copy, 0o600);
    writeFileSync(copy, 'damaged');
  }
  const before = storedFiles(scene, 'here', 'data');
  const options = { graceMs: 0 };
  await scene.run(async (session, vaults) => {
    const run = newRun(scene.context, session, 'schedule');
    const vault = await vaults.open('here');
    await assert.rejects(pruneAndRecord(scene.context, { run, name: 'here', vault, pauses: [], options }), {
      code: 'VAULT_DAMAGED',
      message: /the records of .* are damaged, so nobody knows what is held there/,
    });
    await previewVault(scene.context, 'here', vault, options);
  });
  assert.deepEqual(storedFiles(scene, 'here', 'data'), before);
  assert.match(scene.said.join(''), /nothing is removed from here while its records are damaged/);
});

test('where more is damaged than a record names, no reason lets a prune go on', async () => {
  using scene = await planScene({ systems: '  files: { source: { kind: files, paths: [data] } }' });
  scene.write('data/file', 'content');
  await scene.backup();
  await scene.run(async (session, vaults) => {
    const run = newRun(scene.context, session, 'manual');
    const vault = await vaults.open('here');
    const atMs = scene.context.nowMs();
    await vault.append({
      ...{ type: 'check', ...sharedFields(run, vault.id), ...recordTimes(atMs, atMs), verdict: 'fail' },
      ...{ scope: 'all', snapshotIds: [], damagedSnapshotIds: [], packsRead: 1, bytesRead: 1 },
      ...{ damagedObjects: [`data/aa/${'a'.repeat(64)}`], damagedObjectCount: 1200 },
    });
    const refused = { code: 'DELETION_PAUSED', message: /more is damaged there than the record/ };
    await assert.rejects(goOnDespiteDamage(run, vault, 'the disk is full', scene.context.signal), refused);
    // as one of an older version left it
    await vault.append({
      ...{
        type: 'pause',
        ...sharedFields(run, vault.id),
        ...recordTimes(atMs + 1, atMs + 1),
        verdict: 'pass',
      },
      ...{ action: 'clear', reason: 'the disk is full' },
    });
    const request = { run, name: 'here', vault, pauses: [], options: { graceMs: 0 }, despiteLoss: true };
    scene.aheadMs = 10;
    await assert.rejects(pruneAndRecord(scene.context, request), refused);
  });
});
