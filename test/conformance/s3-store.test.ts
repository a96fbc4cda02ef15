import { after, before, describe } from 'node:test';
import { openS3Store } from '../../src/object-store/s3/s3-store.ts';
import { type BucketOptions, type S3Server, startMoto, startSwift } from '../support/s3-server.ts';
import { objectStoreConformance, type StoreExpectations, type StoreUnderTest } from './object-store.ts';
import { storeAbilitiesConformance } from './store-abilities.ts';

const expectations: StoreExpectations = {
  facts: { kind: 's3', atomicReplace: true, conditionalPut: true, objectLock: true, connections: 16 },
  // Beyond the thousand that one page holds.
  listedKeys: 2_500,
  // Beyond what goes up in one request.
  largeObjectBytes: 40 * 1024 * 1024,
};

describe('moto', () => {
  const server = running(startMoto);
  objectStoreConformance('s3 on moto', () => freshPlace(server(), 'vaults/here'), expectations);
  objectStoreConformance('s3 without a prefix', () => freshPlace(server(), ''), {
    ...expectations,
    listedKeys: 10,
    largeObjectBytes: 5 * 1024 * 1024,
  });
  storeAbilitiesConformance(
    's3 on moto',
    async () => ({
      ...(await freshPlace(server(), 'vaults/here', { locked: true })),
      nowMs: () => Date.now(),
    }),
    {
      createOnly: true,
      retention: { mode: 'governance', onDelete: 'version-stays', legalHold: true },
      storageClasses: {
        usual: 'STANDARD',
        // GLACIER_IR is read at once too, but moto takes it for cold.
        warm: ['STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING'],
      },
      thaw: { coldClass: 'GLACIER', speed: 'standard', isColdAgain: true },
      versions: true,
      canAdvance: false,
    },
  );
});

describe('Swift', () => {
  const server = running(startSwift);
  objectStoreConformance('s3 on Swift', () => freshPlace(server(), 'here'), {
    ...expectations,
    listedKeys: 1_200,
  });
});

/** One server for all tests of the suite that this is called in. */
function running(start: () => Promise<S3Server>): () => S3Server {
  let server: S3Server | undefined;
  before(async () => {
    server = await start();
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  return () => {
    if (server === undefined) throw new Error('the server is started before the tests');
    return server;
  };
}

async function freshPlace(
  server: S3Server,
  prefix: string,
  options: BucketOptions = {},
): Promise<StoreUnderTest> {
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const bucket = await server.makeBucket(options);
  const credentials = { accessKeyId, secretAccessKey };
  const store = openS3Store({ endpoint, bucket, prefix }, { region, credentials });
  return { store, dispose: async () => store[Symbol.asyncDispose]() };
}
