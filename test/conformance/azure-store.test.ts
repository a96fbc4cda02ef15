/** The Azure store against Microsoft's own emulator: every guarantee of the port, then what is Azure's own. */
import { after } from 'node:test';
import { openAzureStore } from '../../src/object-store/azure/azure-store.ts';
import { startAzurite } from '../support/azure-server.ts';
import { objectStoreConformance, type StoreUnderTest } from './object-store.ts';

const server = await startAzurite();
after(() => server[Symbol.asyncDispose]());

objectStoreConformance('azure', makeAzure, {
  facts: {
    kind: 'azure',
    atomicReplace: true,
    conditionalPut: true,
    objectLock: true,
    storageClasses: ['Hot', 'Cool', 'Cold', 'Archive'],
  },
  // more than a page of Azure
  listedKeys: 5_200,
  largeObjectBytes: 20 * 1024 * 1024,
});

async function makeAzure(): Promise<StoreUnderTest> {
  const container = await server.makeContainer();
  const store = await openAzureStore(
    { account: server.account, container, prefix: 'some/prefix' },
    { endpoint: server.origin, credentials: { kind: 'azure-key', accountKey: server.accountKey } },
  );
  return { store, dispose: async () => store[Symbol.asyncDispose]() };
}
