/** Goes through the blobs below a prefix, page by page. */
import type { BlobItem, ContainerListBlobsOptions } from '@azure/storage-blob';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { isKey } from '../key.ts';
import { type AzureContainer, request } from './azure-container.ts';

/** A page that leads to itself is asked for again so often; more would never end. */
const standstillsMax = 3;

export interface FoundBlob {
  readonly key: string;
  readonly item: BlobItem;
}

/** Names that no key has are left out: they are not ours. */
export async function* listBlobs(
  container: AzureContainer,
  prefix: string,
  signal: AbortSignal | undefined,
  options: ContainerListBlobsOptions = {},
): AsyncGenerator<FoundBlob> {
  // Pages that come twice, and pages of a list that changes, must not give a blob twice.
  const seen = new Set<string>();
  let continuationToken: string | undefined;
  let standstills = 0;
  do {
    const page = await pageAfter(container, prefix, signal, options, continuationToken);
    for (const item of page.items) {
      signal?.throwIfAborted();
      const key = item.name.slice(container.prefix.length);
      const mark = `${key} ${item.versionId ?? ''}`;
      if (!item.name.startsWith(container.prefix + prefix) || !isKey(key) || seen.has(mark)) continue;
      seen.add(mark);
      yield { key, item };
    }
    standstills = page.next !== undefined && page.next === continuationToken ? standstills + 1 : 0;
    if (standstills > standstillsMax) throw standsStill(container, prefix);
    continuationToken = page.next;
  } while (continuationToken !== undefined);
}

interface Page {
  readonly items: readonly BlobItem[];
  readonly next: string | undefined;
}

async function pageAfter(
  container: AzureContainer,
  prefix: string,
  signal: AbortSignal | undefined,
  options: ContainerListBlobsOptions,
  continuationToken: string | undefined,
): Promise<Page> {
  return await request(container, { doing: `list ${prefix || 'everything'}` }, signal, async (watch) => {
    const pages = container.client
      .listBlobsFlat({ ...options, prefix: container.prefix + prefix, abortSignal: watch.signal })
      .byPage({
        maxPageSize: container.pageBlobs,
        ...(continuationToken === undefined ? {} : { continuationToken }),
      });
    const { value: page } = await pages.next();
    return { items: page?.segment.blobItems ?? [], next: page?.continuationToken || undefined };
  });
}

/** In bytes. */
export function listedSize({ location }: AzureContainer, { key, item }: FoundBlob): number {
  const { contentLength } = item.properties;
  if (contentLength !== undefined) return contentLength;
  throw new LifeboatError('STORE_UNAVAILABLE', `the list of ${location} has ${key} without its size`, {
    hint: 'Check what stands between this machine and the storage account, then run the command again.',
    retryable: true,
  });
}

function standsStill({ location }: AzureContainer, prefix: string): LifeboatError {
  return new LifeboatError(
    'STORE_UNAVAILABLE',
    `the list of ${prefix || 'everything'} in ${location} does not end`,
    {
      hint: 'Check what stands between this machine and the storage account, then run the command again.',
      retryable: true,
    },
  );
}
