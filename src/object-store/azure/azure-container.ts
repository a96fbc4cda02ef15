/** The container that holds the vault, as Microsoft's library reaches it, and what every request to it shares. */
import {
  AnonymousCredential,
  BlobServiceClient,
  type BlockBlobClient,
  type ContainerClient,
  newPipeline,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { AzureAccount } from './azure-account.ts';
import { azureError } from './azure-errors.ts';
import type { AzurePlace, AzureSettings } from './azure-place.ts';
import { type Watch, watched } from './watch-request.ts';

/** The most that Azure gives. */
const pageBlobsMax = 5_000;

export interface AzureContainer {
  /** For people: `azure://account/container/prefix`. */
  readonly location: string;
  readonly client: ContainerClient;
  /** Before every key: empty, or with a slash at its end. */
  readonly prefix: string;
  /** False when the credentials can only create. */
  readonly canReplace: boolean;
  /** When the SAS ends that opens the container: milliseconds since the epoch; absent for other credentials. */
  readonly sasEndsMs?: number;
  readonly retainNew: AzureSettings['retainNew'];
  readonly pageBlobs: number;
}

export async function azureContainer(
  account: AzureAccount,
  place: AzurePlace,
  settings: AzureSettings,
): Promise<AzureContainer> {
  const { container, prefix } = place;
  const below = prefix === '' ? '' : `/${prefix}`;
  const service = await serviceClient(account);
  const { credential } = account;
  const sasEndsMs = credential.kind === 'sas' ? endOf(credential.token) : undefined;
  return {
    location: `azure://${account.name}/${container}${below}`,
    client: service.getContainerClient(container),
    prefix: prefix === '' ? '' : `${prefix}/`,
    canReplace: credential.kind !== 'sas' || mayWrite(credential.token),
    ...(sasEndsMs === undefined ? {} : { sasEndsMs }),
    retainNew: settings.retainNew,
    pageBlobs: settings.pageBlobs ?? pageBlobsMax,
  };
}

export function blobOf(container: AzureContainer, key: string): BlockBlobClient {
  return container.client.getBlockBlobClient(container.prefix + key);
}

/**
 * One request, or several that belong together, under the time limits of `watched`; its error is said in our
 * words. `doing` reads like "read data/ab/cd".
 */
export async function request<T>(
  container: AzureContainer,
  about: { readonly doing: string; readonly key?: string },
  signal: AbortSignal | undefined,
  act: (watch: Watch) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await watched(signal, act);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const { location, sasEndsMs } = container;
    throw azureError(error, { ...about, location, sasEndsMs });
  }
}

/** Whatever answers with success and without the mark of Azure, such as the page of a proxy, has done nothing. */
export function requireAzure(
  { location }: AzureContainer,
  doing: string,
  { requestId }: { readonly requestId?: string },
): void {
  if (requestId !== undefined) return;
  throw new LifeboatError(
    'STORE_UNAVAILABLE',
    `could not ${doing} in ${location}: what answered is not Azure`,
    {
      hint: 'Check the endpoint, and what stands between this machine and the storage account.',
      retryable: true,
      details: { location },
    },
  );
}

/** Retries are the wrapper's: the library makes one try. */
async function serviceClient({ name, serviceUrl, credential }: AzureAccount): Promise<BlobServiceClient> {
  const once = { retryOptions: { maxTries: 1 } };
  switch (credential.kind) {
    case 'key': {
      const shared = new StorageSharedKeyCredential(name, credential.accountKey);
      return new BlobServiceClient(serviceUrl, newPipeline(shared, once));
    }
    case 'sas':
      return new BlobServiceClient(
        `${serviceUrl}?${credential.token}`,
        newPipeline(new AnonymousCredential(), once),
      );
    case 'identity': {
      if (!serviceUrl.startsWith('https:')) throw identityNeedsTls();
      // slow to load, and most vaults have a key
      const { DefaultAzureCredential } = await import('@azure/identity');
      return new BlobServiceClient(serviceUrl, newPipeline(new DefaultAzureCredential(), once));
    }
  }
}

/** A SAS of a stored policy does not say what it permits. */
function mayWrite(token: string): boolean {
  const permissions = new URLSearchParams(token).get('sp');
  return permissions === null || permissions.includes('w');
}

function endOf(token: string): number | undefined {
  const endsMs = Date.parse(new URLSearchParams(token).get('se') ?? '');
  return Number.isNaN(endsMs) ? undefined : endsMs;
}

function identityNeedsTls(): LifeboatError {
  return new LifeboatError('CONFIG_INVALID', 'a login of Azure is not sent over an unencrypted connection', {
    hint: 'Use an https endpoint, or give an account key or a SAS.',
  });
}
