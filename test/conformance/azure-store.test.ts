/** The Azure store against Microsoft's own emulator: every guarantee of the port, then what is Azure's own. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { hasCode } from '../../src/error/lifeboat-error.ts';
import type { AzureSettings } from '../../src/object-store/azure/azure-place.ts';
import { openAzureStore } from '../../src/object-store/azure/azure-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { startAzurite } from '../support/azure-server.ts';
import { listed } from '../support/listed.ts';
import { collect, objectStoreConformance } from './object-store.ts';
import { type AbleStoreUnderTest, storeAbilitiesConformance } from './store-abilities.ts';

const server = await startAzurite();
after(() => server[Symbol.asyncDispose]());
const { account, accountKey, origin } = server;
const withKey: AzureSettings = { endpoint: origin, credentials: { kind: 'azure-key', accountKey } };
const prefix = 'some/prefix';

objectStoreConformance('azure', makeAzure, {
  facts: {
    kind: 'azure',
    atomicReplace: true,
    conditionalPut: true,
    objectLock: true,
    storageClasses: ['Hot', 'Cool', 'Cold', 'Archive'],
  },
  // many pages: the emulator needs seconds for a full one of Azure's
  listedKeys: 2_300,
  largeObjectBytes: 20 * 1024 * 1024,
});

/** The emulator has neither versions nor immutability, and thaws at once. */
storeAbilitiesConformance('azure', async () => asEmulated(await makeAzure()), {
  createOnly: true,
  storageClasses: { usual: 'Hot', warm: ['Cool', 'Cold'] },
  thaw: { coldClass: 'Archive', speed: 'standard', isColdAgain: false },
  canAdvance: false,
});

async function makeAzure(): Promise<AbleStoreUnderTest> {
  const container = await server.makeContainer();
  const store = await openAzureStore({ account, container, prefix }, { ...withKey, pageBlobs: 500 });
  return { store, nowMs: () => Date.now(), dispose: async () => store[Symbol.asyncDispose]() };
}

function asEmulated(made: AbleStoreUnderTest): AbleStoreUnderTest {
  const { store } = made;
  const { createOnly, storageClasses, thaw } = store.abilities;
  assert.ok(createOnly && storageClasses && thaw);
  const abilities = { createOnly, storageClasses, thaw };
  return { ...made, store: { ...store, abilities, facts: { ...store.facts, objectLock: false } } };
}

test('reads out of the archive after a thaw', async () => {
  const { store } = await makeAzure();
  const { storageClasses, thaw } = store.abilities;
  await storageClasses?.putInto('Archive', 'key', Buffer.from('content'));
  await assert.rejects(store.get('key'), { code: 'OBJECT_COLD' });
  await thaw?.thaw('key', 'standard', 1);
  assert.equal((await store.get('key')).toString(), 'content');
  await assert.rejects(async () => thaw?.thaw('key', 'bulk', 1), { code: 'STORE_UNFIT' });
});

test('says STORE_UNFIT where the account has no immutability', async () => {
  const { store } = await makeAzure();
  await store.put('key', Buffer.from('x'));
  const { retention } = store.abilities;
  const unfit = { code: 'STORE_UNFIT', hint: /version-level immutability/ };
  await assert.rejects(async () => retention?.retain('key', Date.now() + 60_000), unfit);
  await assert.rejects(async () => retention?.setLegalHold('key', true), unfit);
  assert.deepEqual(await retention?.retentionOf('key'), { legalHold: false });
});

test('names the container that is not there, and tries nothing again', async () => {
  const store = await openAzureStore({ account, container: 'no-such', prefix }, withKey);
  const gone = {
    code: 'STORE_UNAVAILABLE',
    message: /ContainerNotFound/,
    hint: /az storage container create/,
    retryable: false,
  };
  for (const call of callsOf(store)) await assert.rejects(call, gone);
});

test('says STORE_DENIED for a wrong key, without the key', async () => {
  const container = await server.makeContainer();
  const wrong = Buffer.alloc(64, 'wrong key').toString('base64');
  const credentials = { kind: 'azure-key', accountKey: wrong } as const;
  const store = await openAzureStore({ account, container, prefix }, { ...withKey, credentials });
  for (const call of callsOf(store)) {
    await assert.rejects(call, (error) => {
      assert.ok(hasCode(error, 'STORE_DENIED'), String(error));
      assert.equal(error.retryable, false);
      return !shown(error).includes(wrong);
    });
  }
});

test('tells that nobody listens', async () => {
  const settings = { ...withKey, endpoint: 'http://127.0.0.1:1' };
  const store = await openAzureStore({ account, container: 'any', prefix }, settings);
  const refused = { code: 'STORE_UNAVAILABLE', message: /ECONNREFUSED/, retryable: true };
  for (const call of callsOf(store)) await assert.rejects(call, refused);
});

test('a SAS that can only create makes what is not there, and nothing else', async () => {
  const container = await server.makeContainer();
  const place = { account, container, prefix };
  const credentials = { kind: 'azure-sas', token: sasFor(container, 'c') } as const;
  const admin = await openAzureStore(place, withKey);
  const store = await openAzureStore(place, { ...withKey, credentials });
  await store.put('data/new', Buffer.from('first'));
  const large = Buffer.alloc(17 * 1024 * 1024, 1);
  assert.equal(await store.abilities.createOnly?.create('data/large', large), 'created');
  assert.ok(large.equals(await admin.get('data/large')));
  const denied: readonly (() => Promise<unknown>)[] = [
    () => store.put('data/new', Buffer.from('second')),
    async () => store.abilities.createOnly?.create('data/new', Buffer.from('second')),
    () => store.get('data/new'),
    () => store.delete('data/new'),
    () => collect(store.list('')),
  ];
  for (const call of denied) {
    await assert.rejects(call, (error) => {
      assert.ok(hasCode(error, 'STORE_DENIED'), String(error));
      return !shown(error).includes('sig=');
    });
  }
  assert.equal((await admin.get('data/new')).toString(), 'first');
});

test('a SAS that can create and read tells what is there from what it may not do', async () => {
  const container = await server.makeContainer();
  const credentials = { kind: 'azure-sas', token: sasFor(container, 'rcl') } as const;
  const store = await openAzureStore({ account, container, prefix }, { ...withKey, credentials });
  const { createOnly } = store.abilities;
  assert.equal(await createOnly?.create('key', Buffer.from('first')), 'created');
  assert.equal(await createOnly?.create('key', Buffer.from('second')), 'exists');
  await assert.rejects(store.put('key', Buffer.from('second')), { code: 'OBJECT_EXISTS' });
  assert.equal((await store.get('key')).toString(), 'first');
});

test('a SAS with every right does everything, and shows nowhere', async () => {
  const container = await server.makeContainer();
  const token = `?${sasFor(container, 'rcwdl')}`;
  const credentials = { kind: 'azure-sas', token } as const;
  const store = await openAzureStore({ account, container, prefix: '' }, { ...withKey, credentials });
  assert.equal(store.location, `azure://${account}/${container}`);
  await store.put('key', Buffer.from('first'));
  await store.put('key', Buffer.from('second'));
  assert.equal((await store.get('key')).toString(), 'second');
  assert.deepEqual(await listed(store), [{ key: 'key', size: 6 }]);
  await store.delete('key');
  await assert.rejects(
    store.get('key'),
    (error) => hasCode(error, 'OBJECT_MISSING') && !shown(error).includes('sig='),
  );
});

test('a SAS that has expired is denied', async () => {
  const container = await server.makeContainer();
  const token = sasFor(container, 'rcwdl', -60_000);
  const credentials = { kind: 'azure-sas', token } as const;
  const store = await openAzureStore({ account, container, prefix }, { ...withKey, credentials });
  for (const call of callsOf(store)) await assert.rejects(call, { code: 'STORE_DENIED', hint: /expired/ });
});

test('lists only names that keys have', async () => {
  const container = await server.makeContainer();
  const client = server.service.getContainerClient(container);
  for (const name of ['a/key', 'a/with space', 'a/x-tmp-12', 'ab/key', 'a/deep//er']) {
    await client.getBlockBlobClient(name).upload('x', 1);
  }
  const store = await openAzureStore({ account, container, prefix: 'a' }, withKey);
  assert.deepEqual(await listed(store), [{ key: 'key', size: 1 }]);
});

test('tells when an object was put', async () => {
  const { store } = await makeAzure();
  await store.put('key', Buffer.from('x'));
  const { modifiedMs = 0 } = await store.stat('key');
  assert.ok(Math.abs(modifiedMs - Date.now()) < 10_000);
});

function callsOf(store: ObjectStore): readonly (() => Promise<unknown>)[] {
  return [
    () => store.put('key', Buffer.from('x')),
    () => store.get('key'),
    () => store.get('key', { offset: 0, length: 0 }),
    () => store.stat('key'),
    () => store.delete('key'),
    () => collect(store.list('')),
    async () => store.abilities.createOnly?.create('key', Buffer.from('x')),
    async () => store.abilities.storageClasses?.classOf('key'),
  ];
}

/** As `az storage container generate-sas` makes it. */
function sasFor(container: string, permissions: string, lifeMs = 3_600_000): string {
  const credential = new StorageSharedKeyCredential(account, accountKey);
  const values = {
    containerName: container,
    permissions: ContainerSASPermissions.parse(permissions),
    startsOn: new Date(Date.now() - 3_600_000),
    expiresOn: new Date(Date.now() + lifeMs),
  };
  return generateBlobSASQueryParameters(values, credential).toString();
}

/** Everything that an error could show to somebody. */
function shown(error: unknown): string {
  const causes: unknown[] = [];
  for (let at = error; at instanceof Error && causes.length < 10; at = at.cause) {
    causes.push(at.message, at.stack, JSON.stringify(at), Object.getOwnPropertyNames(at).length);
  }
  return JSON.stringify(causes);
}
