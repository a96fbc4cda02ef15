import { LifeboatError } from '../../error/lifeboat-error.ts';
import { environmentVariable } from '../../platform/environment.ts';
import { assertKey, assertPrefix } from '../key.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore, StoreFacts } from '../object-store.ts';
import { azureAccount } from './azure-account.ts';
import { type AzureContainer, azureContainer, blobOf, request } from './azure-container.ts';
import type { AzurePlace, AzureSettings } from './azure-place.ts';
import { azureRetention } from './azure-retention.ts';
import { azureStorageClasses, azureThaw, azureTiers, isAlwaysWarm } from './azure-tiers.ts';
import { azureVersions } from './azure-versions.ts';
import { badTransfer, downloadBlob } from './download-blob.ts';
import { listBlobs, listedSize } from './list-blobs.ts';
import { uploadBlob } from './upload-blob.ts';

const facts: StoreFacts = {
  kind: 'azure',
  atomicReplace: true,
  conditionalPut: true,
  objectLock: true,
  storageClasses: azureTiers,
  connections: 16,
};

/**
 * A store in a container of Azure Blob Storage, with the same names below the prefix as restic gives them. No
 * request is made before the first call, and none is made twice. The container must be there. Retention and
 * versions need an account that has them; STORE_UNFIT says where it does not.
 *
 * Raises CONFIG_INVALID when the account or its credentials cannot be known.
 */
export async function openAzureStore(
  place: AzurePlace,
  settings: AzureSettings = {},
  variable: (name: string) => string | undefined = environmentVariable,
): Promise<ObjectStore> {
  if (place.container === '$root') throw rootHasNoFolders();
  const container = await azureContainer(azureAccount(place, settings, variable), place, settings);
  return {
    location: container.location,
    facts,
    abilities: {
      createOnly: { create: createIn(container) },
      retention: azureRetention(container),
      storageClasses: azureStorageClasses(container),
      thaw: azureThaw(container),
      versions: azureVersions(container),
    },
    async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
      assertKey(key);
      await uploadBlob(container, key, bytes, {}, signal);
    },
    async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
      assertKey(key);
      return await downloadBlob(container, blobOf(container, key), key, range, signal);
    },
    async stat(key: string, signal?: AbortSignal): Promise<ObjectStat> {
      assertKey(key);
      return await statBlob(container, key, signal);
    },
    list: (prefix: string, signal?: AbortSignal) => listObjects(container, prefix, signal),
    async delete(key: string, signal?: AbortSignal): Promise<void> {
      assertKey(key);
      await request(container, { doing: `delete ${key}`, key }, signal, (watch) =>
        blobOf(container, key).deleteIfExists({ abortSignal: watch.signal }),
      );
    },
    async [Symbol.asyncDispose](): Promise<void> {
      // Connections that are not in use keep no process alive, and the library closes them.
    },
  };
}

function createIn(container: AzureContainer) {
  return async (key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<'created' | 'exists'> => {
    assertKey(key);
    const outcome = await uploadBlob(container, key, bytes, { createOnly: true }, signal);
    return outcome === 'done' ? 'created' : 'exists';
  };
}

async function statBlob(
  container: AzureContainer,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectStat> {
  const found = await request(container, { doing: `look at ${key}`, key }, signal, (watch) =>
    blobOf(container, key).getProperties({ abortSignal: watch.signal }),
  );
  if (found.contentLength === undefined) throw badTransfer(container, key, 'an answer came without a size');
  return {
    size: found.contentLength,
    ...(found.lastModified === undefined ? {} : { modifiedMs: found.lastModified.getTime() }),
  };
}

async function* listObjects(
  container: AzureContainer,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  assertPrefix(prefix);
  signal?.throwIfAborted();
  for await (const found of listBlobs(container, prefix, signal)) {
    const { accessTier, archiveStatus } = found.item.properties;
    const listed = { key: found.key, size: listedSize(container, found) };
    yield isAlwaysWarm(accessTier, archiveStatus) ? { ...listed, isWarm: true } : listed;
  }
}

function rootHasNoFolders(): LifeboatError {
  return new LifeboatError(
    'CONFIG_INVALID',
    'the container $root cannot hold a vault: its blobs have no folders',
    {
      hint: 'Make a container for the vault.',
    },
  );
}
