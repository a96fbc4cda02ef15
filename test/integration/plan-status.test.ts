/** What stands in `status` beside the objectives: a vault that is away and a backup that failed are never silent. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, test } from 'node:test';
import { wrongWith } from '../../src/cli/plan/plan-history.ts';
import { withFaults } from '../../src/object-store/fault.ts';
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
  fs.rmSync(scene.vaultPath('here'), { recursive: true });
  await scene.makeVault('here');
  const { status, concern } = await stateOf(false);
  assert.equal(status, 'unknown');
  assert.match(concern, /what lies in the place of the vault here is another vault/);
});

test('what cannot be opened is not called another vault', async () => {
  await provenScene(['here']);
  const file = `${scene.vaultPath('here')}/lifeboat/vault.json`;
  const text = fs.readFileSync(file, 'latin1');
  fs.rmSync(file);
  fs.writeFileSync(file, text.replace(/"id": ".{8}/, '"id": "00000000'), 'latin1');
  scene.wraps.set('here', (store) =>
    withFaults(store, [{ kind: 'fail', operation: 'get', keyPrefix: 'keys/', nth: 1 }]),
  );
  assert.match(await wrongWithHere(), /^STORE_UNAVAILABLE /);
  scene.wraps.clear();
  assert.match(await wrongWithHere(), /^VAULT_DAMAGED .*does not hold what was written/);
});

/** What both ways of reading say is wrong with the vault, which must be the same. */
async function wrongWithHere(): Promise<string> {
  const both = [await scene.histories(false), await scene.histories(true)].map(([history]) => {
    const wrong = history === undefined ? undefined : wrongWith(history);
    return wrong === undefined ? 'nothing' : `${wrong.code} ${wrong.message}`;
  });
  assert.equal(both[0], both[1]);
  return both[0] ?? '';
}

const pieces: readonly (readonly [string, (text: string) => string | undefined, RegExp])[] = [
  ['vault.json', () => undefined, /vault\.json is missing/],
  ['vault.json', () => 'x', /vault\.json cannot be read/],
  ['vault.json', (text) => text.replace(/"id": ".{8}/, '"id": "00000000'), /does not hold what was written/],
  ['vault.json', (text) => text.replace('"20', '"30'), /does not hold what was written/],
  ['../config', () => undefined, /config is missing/],
];

test('what is wrong beside the data is told at once, the same by all, and takes no point away', async () => {
  await provenScene(['here']);
  assert.equal(await wrongWithHere(), 'nothing');
  for (const [name, change, told] of pieces) {
    const file = `${scene.vaultPath('here')}/lifeboat/${name}`;
    const before = fs.readFileSync(file, 'latin1');
    const after = change(before);
    fs.rmSync(file);
    if (after !== undefined) fs.writeFileSync(file, after, 'latin1');
    const wrong = await wrongWithHere();
    assert.match(wrong, /^VAULT_DAMAGED the vault here is damaged: /);
    assert.match(wrong, told);
    const state = await stateOf(false);
    assert.equal(state.status, 'at-risk');
    assert.match(state.concern, told);
    fs.writeFileSync(file, before, 'latin1');
    assert.equal(await wrongWithHere(), 'nothing');
  }
});

test('a config that is gone with its second copy is not said to be mended by healing', async () => {
  await provenScene(['here']);
  await scene.histories(true);
  for (const file of ['config', 'lifeboat/spare/config']) fs.rmSync(`${scene.vaultPath('here')}/${file}`);
  const [history] = await scene.histories(false);
  const wrong = history && wrongWith(history);
  assert.equal(wrong?.code, 'VAULT_DAMAGED');
  assert.match(wrong.message, /config is missing, and so is its second copy/);
  assert.doesNotMatch(wrong.hint ?? '', /repair heal/);
});

for (const [what, places, expected] of [
  ['snapshots that are gone', ['snapshots'], 'breached'],
  ['records that are gone', ['lifeboat/evidence', 'lifeboat/spare/evidence'], 'unknown'],
] as const)
  test(`an earlier reading hides no ${what}`, async () => {
    await provenScene(['here']);
    assert.deepEqual(await stateOf(true), { status: 'met', concern: '' });
    assert.deepEqual(await stateOf(false), { status: 'met', concern: '' });
    for (const place of places) fs.rmSync(`${scene.vaultPath('here')}/${place}`, { recursive: true });
    const before = await stateOf(false);
    assert.equal(before.status, expected);
    assert.deepEqual(await stateOf(true), before);
  });

test('a vault that has lost its folder lifeboat/ is not believed from an earlier reading', async () => {
  await provenScene(['here']);
  assert.equal(await wrongWithHere(), 'nothing');
  fs.renameSync(`${scene.vaultPath('here')}/lifeboat`, scene.path('kept'));
  assert.match(await wrongWithHere(), /^VAULT_DAMAGED lifeboat\/ of .* is gone/);
  assert.equal((await stateOf(false)).status, 'unknown');
  fs.renameSync(scene.path('kept'), `${scene.vaultPath('here')}/lifeboat`);
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
