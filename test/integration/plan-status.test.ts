/** What stands in `status` beside the objectives: a vault that is away and a backup that failed are never silent. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, test } from 'node:test';
import { type PlanScene, planScene } from './plan-scene.ts';

let scene: PlanScene;
afterEach(() => scene[Symbol.dispose]());

async function provenScene(vaults: readonly string[]): Promise<void> {
  const uploads =
    '  uploads: { source: { kind: files, paths: [./uploads] }, checks: [files], objectives: { rpo: 1 h } }';
  scene = await planScene({ systems: uploads, vaults });
  scene.write('uploads/a.txt', 'a');
  await scene.backup();
  for (const vault of vaults) await scene.verify({ vault });
}

async function stateOf(refresh: boolean) {
  const system = (await scene.status(refresh)).get('uploads');
  return { status: system?.status, concern: system?.concern ?? '' };
}

test('a vault that is away puts its systems at risk, whether the vaults are read or not', async () => {
  await provenScene(['here', 'away']);
  assert.deepEqual(await stateOf(false), { status: 'met', concern: '' });
  fs.renameSync(scene.vaultPath('away'), scene.path('unmounted'));
  for (const refresh of [false, true]) {
    const { status, concern } = await stateOf(refresh);
    assert.equal(status, 'at-risk');
    assert.match(concern, /its vault away cannot be counted on: the vault away is not at /);
  }
  fs.renameSync(scene.path('unmounted'), scene.vaultPath('away'));
  assert.deepEqual(await stateOf(false), { status: 'met', concern: '' });
});

test('without its vaults nothing is known of a system', async () => {
  await provenScene(['here']);
  fs.renameSync(scene.vaultPath('here'), scene.path('unmounted'));
  for (const refresh of [false, true]) assert.equal((await stateOf(refresh)).status, 'unknown');
});

test('another vault in the place of the known one is not taken for it', async () => {
  await provenScene(['here']);
  const file = `${scene.vaultPath('here')}/lifeboat/vault.json`;
  const other = fs
    .readFileSync(file, 'utf8')
    .replace(/"id": "[^"]*"/, '"id": "00000000-0000-4000-8000-000000000000"');
  fs.chmodSync(file, 0o600);
  fs.writeFileSync(file, other);
  const { status, concern } = await stateOf(false);
  assert.equal(status, 'unknown');
  assert.match(concern, /says that it is another vault than here/);
});

test('a vault whose vault.json is damaged or gone is said to be damaged, not away', async () => {
  await provenScene(['here', 'away']);
  const file = `${scene.vaultPath('away')}/lifeboat/vault.json`;
  const before = fs.readFileSync(file);
  fs.chmodSync(file, 0o600);
  fs.writeFileSync(file, 'x');
  assert.match((await stateOf(false)).concern, /is damaged: lifeboat\/vault\.json cannot be read/);
  fs.rmSync(file);
  const { status, concern } = await stateOf(false);
  assert.equal(status, 'at-risk');
  assert.match(concern, /is damaged: lifeboat\/vault\.json is missing/);
  fs.writeFileSync(file, before);
  assert.deepEqual(await stateOf(false), { status: 'met', concern: '' });
});

test('a system whose last backup failed is at risk until one succeeds', async () => {
  await provenScene(['here']);
  fs.renameSync(scene.path('uploads'), scene.path('elsewhere'));
  await scene.backup();
  const { status, concern } = await stateOf(true);
  assert.equal(status, 'at-risk');
  assert.match(concern, /its last backup into here failed: .*uploads/);
  fs.renameSync(scene.path('elsewhere'), scene.path('uploads'));
  await scene.backup();
  assert.equal((await stateOf(true)).concern, '');
});
