import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { openAzureStore } from '../../src/object-store/azure/azure-store.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { openS3Store } from '../../src/object-store/s3/s3-store.ts';
import { type AzureServer, startAzurite } from '../support/azure-server.ts';
import { type FakeAzure, startFakeAzure } from '../support/fake-azure.ts';
import { type S3Server, startMoto } from '../support/s3-server.ts';
import { type ColdStoreUnderTest, thawConformance } from './thaw.ts';

let moto: S3Server;
let azurite: AzureServer;
let fakeAzure: FakeAzure;
before(async () => {
  [moto, azurite, fakeAzure] = await Promise.all([startMoto(), startAzurite(), startFakeAzure()]);
  // ready only when it was looked at a few times
  const answer = await fetch(`${moto.endpoint}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    body: JSON.stringify({
      model_name: 's3::keyrestore',
      transition: { progression: 'manual', times: 3 },
    }),
  });
  assert.equal(answer.status, 201);
});
after(async () => {
  for (const server of [moto, azurite, fakeAzure]) await server[Symbol.asyncDispose]();
});

const s3Speeds = ['expedited', 'standard', 'bulk'] as const;
thawConformance('memory', inMemory, { coldClass: 'GLACIER', speeds: s3Speeds, thaws: 'in-time' });
thawConformance('memory, deep archive', inMemory, {
  coldClass: 'DEEP_ARCHIVE',
  speeds: ['standard', 'bulk'],
  thaws: 'in-time',
});
thawConformance('S3 on moto', onMoto, { coldClass: 'GLACIER', speeds: s3Speeds, thaws: 'by-looks' });
const azure = { coldClass: 'Archive', speeds: ['expedited', 'standard'] } as const;
thawConformance('the stand-in for Azure', onFakeAzure, { ...azure, thaws: 'in-time' });
thawConformance('Azure on azurite', onAzurite, { ...azure, thaws: 'at-once' });

async function inMemory(): Promise<ColdStoreUnderTest> {
  let nowMs = Date.UTC(2026, 0, 1);
  const store = openMemoryStore([], { classes: true, nowMs: () => nowMs });
  return {
    store,
    nowMs: () => nowMs,
    advanceMs: async (ms) => {
      nowMs += ms;
    },
    dispose: async () => undefined,
  };
}

async function onMoto(): Promise<ColdStoreUnderTest> {
  const { endpoint, accessKeyId, secretAccessKey } = moto;
  const bucket = await moto.makeBucket();
  const credentials = { accessKeyId, secretAccessKey };
  const store = openS3Store({ endpoint, bucket, prefix: 'vault' }, { credentials });
  return { store, nowMs: () => Date.now(), dispose: async () => store[Symbol.asyncDispose]() };
}

async function onFakeAzure(): Promise<ColdStoreUnderTest> {
  const { name, blobs } = fakeAzure.makeContainer();
  const store = await openAzureStore(
    { account: 'standin', container: name, prefix: 'vault' },
    { endpoint: fakeAzure.origin, credentials: { kind: 'azure-key', accountKey: 'bm8ga2V5' } },
  );
  return {
    store,
    nowMs: () => blobs.nowMs(),
    advanceMs: async (ms) => {
      blobs.aheadMs += ms;
    },
    dispose: async () => store[Symbol.asyncDispose](),
  };
}

async function onAzurite(): Promise<ColdStoreUnderTest> {
  const container = await azurite.makeContainer();
  const { account, accountKey, origin } = azurite;
  const store = await openAzureStore(
    { account, container, prefix: 'vault' },
    { endpoint: `${origin}/${account}`, credentials: { kind: 'azure-key', accountKey } },
  );
  return { store, nowMs: () => Date.now(), dispose: async () => store[Symbol.asyncDispose]() };
}
