/** The servers that stores are tried against under faults, and what each of them and its store can notice. */
import { openAzureStore } from '../../src/object-store/azure/azure-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { openS3Store } from '../../src/object-store/s3/s3-store.ts';
import { startAzurite } from './azure-server.ts';
import { type S3Server, startMoto, startSwift } from './s3-server.ts';

export interface FaultyServer extends AsyncDisposable {
  /** `http://host:port` */
  readonly origin: string;
  /** What it says when it is overworked, and when it does not know what is wrong. */
  readonly names: { readonly busy: string; readonly internal: string };
  /** Whether what arrives is compared with a checksum, by the server and by the store. */
  readonly checksWrites: boolean;
  readonly checksReads: boolean;
  /** Of one page of a list. */
  readonly pageKeys: number;
  /** An empty one; the store there is reached by way of the origin given. */
  makePlace(): Promise<(origin: string) => Promise<ObjectStore>>;
}

export const faultyServers: Readonly<Record<string, () => Promise<FaultyServer>>> = {
  azurite: async () => {
    const server = await startAzurite();
    const { account, accountKey, origin } = server;
    return {
      origin,
      names: { busy: 'ServerBusy', internal: 'InternalError' },
      checksWrites: true,
      checksReads: true,
      pageKeys: 100,
      async makePlace() {
        const container = await server.makeContainer();
        const credentials = { kind: 'azure-key', accountKey } as const;
        return (endpoint) =>
          openAzureStore({ account, container, prefix: 'a/b' }, { endpoint, credentials, pageBlobs: 100 });
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  moto: async () => s3(await startMoto(), { checksWrites: false }),
  swift: async () => s3(await startSwift(), { checksWrites: true }),
};

function s3(server: S3Server, { checksWrites }: Pick<FaultyServer, 'checksWrites'>): FaultyServer {
  const { accessKeyId, secretAccessKey } = server;
  return {
    origin: server.endpoint,
    names: { busy: 'SlowDown', internal: 'InternalError' },
    checksWrites,
    checksReads: false,
    pageKeys: 1_000,
    async makePlace() {
      const bucket = await server.makeBucket();
      const credentials = { kind: 's3', accessKeyId, secretAccessKey } as const;
      return async (endpoint) => openS3Store({ endpoint, bucket, prefix: 'a/b' }, { credentials });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
