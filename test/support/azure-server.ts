/** Azurite, Microsoft's own emulator of Blob Storage, as a child on a free port with its data in a temporary folder. */
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { startProgram } from '../../src/platform/child-process.ts';
import { monotonicMs } from '../../src/platform/clock.ts';
import { sleep } from '../../src/platform/timers.ts';
import { seededRandom } from './seeded-random.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface AzureServer extends AsyncDisposable {
  /** Of the account, as `AzureSettings.endpoint` wants it, or as a proxy in front of it does: `http://host:port`. */
  readonly origin: string;
  readonly port: number;
  readonly account: string;
  readonly accountKey: string;
  /** For `AZURE_STORAGE_CONNECTION_STRING`, by way of another origin where one is given. */
  connectionString(origin?: string): string;
  /** With the right to everything; makes containers and SAS. */
  readonly service: BlobServiceClient;
  /** A new, empty one. */
  makeContainer(): Promise<string>;
}

const startMsMax = 30_000;
const account = 'lifeboattest';

export async function startAzurite(): Promise<AzureServer> {
  const folder = temporaryFolder();
  const accountKey = seededRandom(1).bytes(64).toString('base64');
  const port = await freePort();
  const running = await startProgram(
    {
      kind: 'argv',
      file: process.execPath,
      arguments: [
        azuriteProgram(),
        ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder.path],
        // so that no connection is closed just when a request is put on it
        ...['--blobKeepAliveTimeout', '600'],
        ...['--silent', '--skipApiVersionCheck', '--disableTelemetry', '--disableProductStyleUrl'],
      ],
    },
    { environment: { AZURITE_ACCOUNTS: `${account}:${accountKey}` }, folder: folder.path },
  );
  // An exit is seen by whoever asks it next; what it says is of no use.
  running.result.catch(() => undefined);
  drain(running.stdout).catch(() => undefined);
  const stop = async (): Promise<void> => {
    await running[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  };
  const origin = `http://127.0.0.1:${port}`;
  const service = new BlobServiceClient(
    `${origin}/${account}`,
    new StorageSharedKeyCredential(account, accountKey),
    { retryOptions: { maxTries: 1 } },
  );
  try {
    await answers(service);
  } catch (error) {
    await stop();
    throw error;
  }
  let containers = 0;
  return {
    origin,
    port,
    account,
    accountKey,
    service,
    connectionString: (at = origin) =>
      `AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${at}/${account};`,
    async makeContainer() {
      containers += 1;
      const name = `container-${containers}`;
      await service.createContainer(name);
      return name;
    },
    [Symbol.asyncDispose]: stop,
  };
}

function azuriteProgram(): string {
  const manifest = createRequire(import.meta.url).resolve('azurite/package.json');
  return join(dirname(manifest), 'dist/src/blob/main.js');
}

async function answers(service: BlobServiceClient): Promise<void> {
  const startMs = monotonicMs();
  for (;;) {
    try {
      await service.listContainers().byPage({ maxPageSize: 1 }).next();
      return;
    } catch (error) {
      if (monotonicMs() - startMs > startMsMax) throw error;
      await sleep(50);
    }
  }
}

async function drain(output: AsyncIterable<Buffer>): Promise<void> {
  for await (const _piece of output);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
