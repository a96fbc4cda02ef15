/** A key that was taken away, by whatever program, opens nothing any more, though vaults keep second copies of keys. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordTimes } from '../../src/evidence/record-common.ts';
import { sharedFields } from '../../src/evidence/run-context.ts';
import { healVault } from '../../src/heal/heal-vault.ts';
import { previewHealing } from '../../src/heal/preview-healing.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { initVault, openVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { type CliOptions, cliEnds, jsonLines, lastLine } from '../e2e/cli-process.ts';
import { startServing } from '../support/serve-process.ts';
import { newerRestic, type ResticOptions, resticMustSucceed, testPassword } from '../support/stock-restic.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { testRun } from '../support/test-run.ts';
import { quickKdf, quickLocks } from '../support/vault.ts';

const newer = newerRestic();
const programs = ['restic', ...(newer === undefined ? [] : [newer])];
const other = 'the password of somebody who leaves';
const fresh = 'the password after that';

const run = testRun(Date.now);

interface Scene {
  readonly folder: TemporaryFolder;
  readonly path: string;
  /** Of the key that `other` opens. */
  readonly id: string;
}

function optionsOf(folder: TemporaryFolder, password: string) {
  return {
    ...{ store: openLocalStore(join(folder.path, 'vault')), password, workers: 1, lockTiming: quickLocks },
    nowMs: () => Date.now(),
    stateFolder: join(folder.path, 'state'),
    cacheDirectory: join(folder.path, 'cache'),
  };
}

/** A vault with two keys, each with its copy. */
async function makeScene(folder: TemporaryFolder): Promise<Scene> {
  const made = await initVault({ ...optionsOf(folder, testPassword), role: 'primary', kdf: quickKdf });
  const { id } = await made.repository.addKey(other);
  await made[Symbol.asyncDispose]();
  await remember(folder, testPassword, id);
  const path = join(folder.path, 'vault');
  assert.deepEqual(namesIn(path, 'lifeboat/spare/keys'), namesIn(path, 'keys'));
  assert.equal(namesIn(path, 'keys').length, 2);
  return { folder, path, id };
}

/** Writes a record, as every run does, and with it the copies that are not there yet. */
async function remember(folder: TemporaryFolder, password: string, keyId: string): Promise<void> {
  await using vault = await openVault(optionsOf(folder, password));
  const times = { ...recordTimes(run.nowMs(), run.nowMs()), verdict: 'pass' } as const;
  await vault.append({ type: 'key', ...sharedFields(run, vault.id), ...times, action: 'add', keyId });
}

function namesIn(path: string, folder: string): readonly string[] {
  return readdirSync(join(path, folder)).sort();
}

async function expectRefused({ folder }: Scene, password: string): Promise<void> {
  await assert.rejects(openVault(optionsOf(folder, password)), { code: 'WRONG_PASSWORD' });
}

async function heal(vault: Vault, lostKeys: readonly string[] = []): Promise<readonly string[]> {
  const healing = { vault, donors: [], lostKeys: new Set(lostKeys) };
  const { lost } = await healVault(run, healing, await previewHealing(healing, run.nowMs()));
  return lost;
}

/** Nothing of ours lets the password in or brings the key back, and check says what is left to do. */
async function expectGone(scene: Scene, password = testPassword): Promise<void> {
  const { folder, path, id } = scene;
  await expectRefused(scene, other);
  await remember(folder, password, id);
  await expectRefused(scene, other);
  await using vault = await openVault(optionsOf(folder, password));
  const findings = (await vault.spares?.check(false)) ?? [];
  assert.deepEqual(
    findings.map(({ key, mayBeRemoved }) => [key, mayBeRemoved]),
    [[`keys/${id}`, true]],
  );
  assert.deepEqual(await heal(vault), [`keys/${id}`]);
  assert.ok(!existsSync(join(path, 'keys', id)));
  await expectRefused(scene, other);
  assert.equal(await vault.repository.removeKey(id.slice(0, 12)), id);
  assert.ok(!existsSync(join(path, 'lifeboat/spare/keys', id)));
  assert.deepEqual(await vault.spares?.check(true), []);
  assert.deepEqual(await heal(vault), []);
  await expectRefused(scene, other);
}

for (const program of programs) {
  const version = program === 'restic' ? 'of this system' : 'of a newer release';

  test(`key remove by restic ${version}: the copy that it leaves opens nothing`, async () => {
    using folder = temporaryFolder();
    const scene = await makeScene(folder);
    await resticMustSucceed({ repository: scene.path, program }, 'key', 'remove', scene.id);
    assert.ok(existsSync(join(scene.path, 'lifeboat/spare/keys', scene.id)), 'restic knows of no copy');
    await expectGone(scene);
  });

  test(`key passwd by restic ${version}: the old password opens nothing, the new one does`, async () => {
    using folder = temporaryFolder();
    const scene = await makeScene(folder);
    const file = join(folder.path, 'new-password');
    writeFileSync(file, fresh);
    const restic: ResticOptions = { repository: scene.path, program, password: other };
    await resticMustSucceed(restic, 'key', 'passwd', '--new-password-file', file);
    await expectGone(scene, fresh);
  });

  test(`key remove by restic ${version} through our server takes the copy as well`, async () => {
    using folder = temporaryFolder();
    const { path, id } = await makeScene(folder);
    const options: CliOptions = { folder: folder.path };
    await using server = await startServing(
      options,
      ...['--data', '.', '--no-auth', '--listen', '127.0.0.1:0'],
    );
    const restic = { repository: `rest:${server.url}vault/`, program };
    await resticMustSucceed(restic, 'key', 'remove', id);
    assert.ok(!namesIn(path, 'keys').includes(id));
    assert.deepEqual(namesIn(path, 'lifeboat/spare/keys'), namesIn(path, 'keys'));
  });
}

test('our own key remove and key rotate leave no copy', async () => {
  using folder = temporaryFolder();
  const scene = await makeScene(folder);
  const options: CliOptions = { folder: folder.path, secrets: [other, fresh] };
  await cliEnds(0, options, 'key', 'remove', scene.id.slice(0, 10), '--vault', 'vault');
  assert.deepEqual(namesIn(scene.path, 'lifeboat/spare/keys'), namesIn(scene.path, 'keys'));
  await expectRefused(scene, other);
  const file = join(folder.path, 'new-password');
  writeFileSync(file, fresh, { mode: 0o600 });
  await cliEnds(0, options, 'key', 'rotate', '--vault', 'vault', '--new-password-file', file);
  assert.deepEqual(namesIn(scene.path, 'lifeboat/spare/keys'), namesIn(scene.path, 'keys'));
  await expectRefused(scene, testPassword);
});

test('a key that was lost comes back when a person says so, and not before', async () => {
  using folder = temporaryFolder();
  const { path, id } = await makeScene(folder);
  const options: CliOptions = { folder: folder.path };
  const bytes = readFileSync(join(path, 'keys', id));
  rmSync(join(path, 'keys', id));
  const checked = await cliEnds(13, options, 'check', '--vault', 'vault', '--json');
  const finding = jsonLines(checked).find(({ object }) => object === `keys/${id}`);
  assert.match(`${finding?.['hint']}`, /key remove .*--lost-key/);
  const words = ['repair', 'heal', '--vault', 'vault', '--yes', '--json'];
  await cliEnds(1, options, ...words, '--lost-key', 'zz');
  const unsaid = await cliEnds(13, options, ...words);
  assert.ok(jsonLines(unsaid).some(({ type, object }) => type === 'lost' && object === `keys/${id}`));
  assert.match(`${lastLine(unsaid)['hint']}`, /--lost-key/);
  assert.ok(!existsSync(join(path, 'keys', id)));
  await cliEnds(0, options, ...words, '--lost-key', id.slice(0, 8));
  assert.ok(readFileSync(join(path, 'keys', id)).equals(bytes));
  await using vault = await openVault(optionsOf(folder, other));
  assert.deepEqual(await vault.spares?.check(true), []);
});

test('a key that is there and damaged opens through its copy; another one that is missing does not', async () => {
  using folder = temporaryFolder();
  const scene = await makeScene(folder);
  const { path, id } = scene;
  const own = namesIn(path, 'keys').find((name) => name !== id) ?? '';
  const file = join(path, 'keys', own);
  const bytes = readFileSync(file);
  rmSync(file);
  writeFileSync(file, bytes.subarray(0, 50));
  rmSync(join(path, 'keys', id));
  await expectRefusedOrDamaged(scene);
  await using vault = await openVault(optionsOf(folder, testPassword));
  assert.deepEqual(await heal(vault), [`keys/${id}`]);
  assert.ok(readFileSync(file).equals(bytes));
  await expectRefused(scene, other);
});

async function expectRefusedOrDamaged({ folder }: Scene): Promise<void> {
  await assert.rejects(openVault(optionsOf(folder, other)), { code: 'OBJECT_DAMAGED' });
}

test('without any key file a copy opens the vault, and healing puts back that one alone', async () => {
  using folder = temporaryFolder();
  const { path, id } = await makeScene(folder);
  for (const name of namesIn(path, 'keys')) rmSync(join(path, 'keys', name));
  await using vault = await openVault(optionsOf(folder, testPassword));
  assert.deepEqual(await heal(vault), [`keys/${id}`]);
  assert.equal(namesIn(path, 'keys').length, 1);
  await using again = await openVault(optionsOf(folder, testPassword));
  assert.deepEqual(await heal(again, [id]), []);
  await using third = await openVault(optionsOf(folder, other));
  assert.deepEqual(await third.spares?.check(true), []);
});

test('a copy that belongs to another key stands in for none', async () => {
  using folder = temporaryFolder();
  const scene = await makeScene(folder);
  const { path, id } = scene;
  const own = namesIn(path, 'keys').find((name) => name !== id) ?? '';
  const leaving = readFileSync(join(path, 'keys', id));
  for (const place of [`lifeboat/spare/keys/${own}`, `keys/${own}`]) rmSync(join(path, place));
  writeFileSync(join(path, 'lifeboat/spare/keys', own), leaving);
  writeFileSync(join(path, 'keys', own), 'damaged');
  await using last = await openVault(optionsOf(folder, other));
  await last.repository.addKey(fresh);
  await using vault = await openVault(optionsOf(folder, fresh));
  await vault.repository.removeKey(id);
  await expectRefused(scene, other);
});
