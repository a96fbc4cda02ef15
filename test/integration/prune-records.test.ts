/** Whoever prunes must know what is held and damaged: without all records nothing goes. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { newRun } from '../../src/cli/plan/new-run.ts';
import { previewVault } from '../../src/cli/prune/preview-vault.ts';
import { pruneAndRecord } from '../../src/cli/prune/prune-vault.ts';
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
