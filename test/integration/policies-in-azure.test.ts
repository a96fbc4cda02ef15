/**
 * The SAS of each role, with the permissions that `vault policy` prints. Azurite enforces them and keeps no versions; what
 * versions and immutability save from a thief is tried on the stand-in that has them.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { azurePolicy } from '../../src/cli/policy/azure-policy.ts';
import { policyPlace } from '../../src/cli/policy/policy-place.ts';
import { hasCode } from '../../src/error/lifeboat-error.ts';
import { appendOnly } from '../../src/object-store/append-only.ts';
import { openAzureStore } from '../../src/object-store/azure/azure-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { startAzurite } from '../support/azure-server.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { startFakeAzure } from '../support/fake-azure.ts';
import { makeRandomTree } from '../support/random-tree.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo } from '../support/vault.ts';

const seed = 20_260_401;
const hourMs = 3_600_000;
const server = await startAzurite();
after(() => server[Symbol.asyncDispose]());
const { account, accountKey, origin } = server;

type Role = 'backup' | 'prune' | 'restore' | 'audit';

async function storeFor(container: string, role: Role): Promise<ObjectStore> {
  const place = policyPlace({ kind: 'azure', account, container, prefix: 'vault' }, undefined);
  assert.equal(place.kind, 'azure');
  const { permissions } = azurePolicy(role, place).sas;
  const values = {
    containerName: container,
    permissions: ContainerSASPermissions.parse(permissions),
    expiresOn: new Date(Date.now() + hourMs),
  };
  const credential = new StorageSharedKeyCredential(account, accountKey);
  const token = generateBlobSASQueryParameters(values, credential).toString();
  const credentials = { kind: 'azure-sas', token } as const;
  return await openAzureStore({ account, container, prefix: 'vault' }, { endpoint: origin, credentials });
}

async function outcomeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return 'done';
  } catch (error) {
    assert.ok(hasCode(error, 'STORE_DENIED', 'OBJECT_EXISTS'), String(error));
    return 'refused';
  }
}

test('each role does its work with its SAS, and replaces nothing unless it prunes', async (t) => {
  t.diagnostic(`seed ${seed}`);
  using folder = temporaryFolder();
  const tree = join(folder.path, 'tree');
  mkdirSync(tree);
  makeRandomTree(tree, { seed, files: 12, fileBytesMax: 200_000, rawLinkTargets: false });
  const container = await server.makeContainer();
  const host = appendOnly(await storeFor(container, 'backup'));
  await (await makeVault(host))[Symbol.asyncDispose]();
  await using vault = await openVault(host);
  const first = await backUp(vault, tree);
  const second = await backUp(vault, tree);
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
  await assert.rejects(vault.forget([first.snapshot.id]), { code: 'STORE_APPEND_ONLY' });

  for (const role of ['backup', 'restore', 'audit'] as const) {
    const thief = await storeFor(container, role);
    for await (const { key } of thief.list('')) {
      const before = await thief.get(key);
      const put = () => thief.put(key, Buffer.from('rubbish'));
      assert.equal(await outcomeOf(put), 'refused', `${role} replaces ${key}`);
      const create = thief.abilities.createOnly?.create(key, Buffer.from('rubbish'));
      assert.equal(await create, 'exists', `${role} creates ${key}`);
      assert.deepEqual(await thief.get(key), before);
    }
  }

  await using kept = await openVault(await storeFor(container, 'prune'));
  await kept.forget([first.snapshot.id]);
  await kept.prune({ graceMs: 0 });
  await using reader = await openVault(await storeFor(container, 'restore'));
  const target = join(folder.path, 'target');
  await restoreTo(reader, second.snapshot.id, target);
  assert.deepEqual(compareTrees(tree, join(target, tree), { ignore: ['hard links'] }), []);
  assert.deepEqual(await Array.fromAsync(host.list('locks/')), []);
});

test('with versions and immutability a thief hides blobs, and every one of them comes back', async (t) => {
  t.diagnostic(`seed ${seed}`);
  using folder = temporaryFolder();
  const tree = join(folder.path, 'tree');
  mkdirSync(tree);
  makeRandomTree(tree, { seed, files: 12, fileBytesMax: 200_000, rawLinkTargets: false });
  await using fake = await startFakeAzure();
  const { name, blobs } = fake.makeContainer();
  const retainNew = { forMs: 24 * hourMs, mode: 'compliance' } as const;
  const open = () =>
    openAzureStore(
      { account, container: name, prefix: 'vault' },
      { endpoint: fake.origin, credentials: { kind: 'azure-key', accountKey }, retainNew },
    );
  assert.ok(blobs.nowMs() > 0);
  const store = await open();
  await (await makeVault(appendOnly(store)))[Symbol.asyncDispose]();
  await using vault = await openVault(appendOnly(store));
  const { snapshot } = await backUp(vault, tree);

  const { versions } = store.abilities;
  assert.ok(versions);
  for await (const { key } of store.list('')) await store.delete(key);
  assert.deepEqual(await Array.fromAsync(store.list('')), []);
  const hidden = await Array.fromAsync(versions.listVersions(''));
  for (const { key, versionId } of hidden.filter(({ key }) => !key.startsWith('locks/')))
    await assert.rejects(versions.deleteVersion(key, versionId), { code: 'OBJECT_RETAINED' }, key);
  for (const { key, versionId } of hidden.filter(({ key }) => !key.startsWith('locks/')))
    await store.put(key, await versions.getVersion(key, versionId));

  await using again = await openVault(await open());
  assert.deepEqual((await again.check({ readData: 'all' })).errors, []);
  const target = join(folder.path, 'target');
  await restoreTo(again, snapshot.id, target);
  assert.deepEqual(compareTrees(tree, join(target, tree), { ignore: ['hard links'] }), []);
});
