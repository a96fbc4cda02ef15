/** Earlier contents of blobs. Azure makes no mark for a deletion: a deleted blob has versions and no current one. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ObjectVersion, ObjectVersions } from '../abilities.ts';
import { assertKey, assertPrefix } from '../key.ts';
import { type AzureContainer, blobOf, request } from './azure-container.ts';
import { azureErrorName } from './azure-errors.ts';
import { downloadBlob } from './download-blob.ts';
import { type FoundBlob, listBlobs, listedSize } from './list-blobs.ts';

export function azureVersions(container: AzureContainer): ObjectVersions {
  return {
    listVersions: (prefix, signal) => newestFirst(container, prefix, signal),
    async deleteVersion(key, versionId, signal): Promise<void> {
      assertKey(key);
      checkVersion(container, key, versionId);
      await request(container, { doing: `delete a version of ${key}`, key }, signal, (watch) =>
        deleteVersion(container, key, versionId, watch.signal),
      );
    },
    async getVersion(key, versionId, signal): Promise<Buffer> {
      assertKey(key);
      checkVersion(container, key, versionId);
      const version = blobOf(container, key).withVersion(versionId);
      return await downloadBlob(container, version, key, undefined, signal);
    },
  };
}

/** Azure lists the oldest of a name first. */
async function* newestFirst(
  container: AzureContainer,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectVersion> {
  assertPrefix(prefix);
  let ofOneKey: ObjectVersion[] = [];
  for await (const found of listBlobs(container, prefix, signal, { includeVersions: true })) {
    const version = versionOf(container, found);
    if (ofOneKey[0]?.key !== version.key) {
      yield* ofOneKey.toReversed();
      ofOneKey = [];
    }
    ofOneKey.push(version);
  }
  yield* ofOneKey.toReversed();
}

function versionOf(container: AzureContainer, found: FoundBlob): ObjectVersion {
  const { key, item } = found;
  return {
    key,
    size: listedSize(container, found),
    versionId: item.versionId ?? '',
    // a blob that was written before versions were kept is the current one and has no id
    isCurrent: item.isCurrentVersion ?? item.versionId === undefined,
    isDeletion: false,
    modifiedMs: item.properties.lastModified.getTime(),
  };
}

/** The current version cannot be deleted by its id: it is made an earlier one first. */
async function deleteVersion(
  container: AzureContainer,
  key: string,
  versionId: string,
  signal: AbortSignal,
): Promise<void> {
  const blob = blobOf(container, key);
  const options = { abortSignal: signal };
  try {
    await blob.withVersion(versionId).deleteIfExists(options);
  } catch (error) {
    if (azureErrorName(error) !== 'OperationNotAllowedOnRootBlob') throw error;
    await blob.deleteIfExists(options);
    await blob.withVersion(versionId).deleteIfExists(options);
  }
}

function checkVersion({ location }: AzureContainer, key: string, versionId: string): void {
  if (versionId !== '') return;
  throw new LifeboatError('STORE_UNFIT', `${key} in ${location} was written before versions were kept`, {
    hint: 'Turn on blob versioning for the storage account; what is written after that has versions.',
  });
}
