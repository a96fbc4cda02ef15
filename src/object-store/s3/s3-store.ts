import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { hasCode } from '../../error/lifeboat-error.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from '../object-store.ts';
import { accessS3, objectAt, onKey, type S3Access, stoppedBy } from './s3-access.ts';
import { s3Classes, storageClassNames } from './s3-classes.ts';
import { connectS3 } from './s3-client.ts';
import { getObject, statObject } from './s3-get.ts';
import { listObjects } from './s3-list.ts';
import type { S3Place, S3StoreSettings } from './s3-place.ts';
import { putObject } from './s3-put.ts';
import { s3Retention } from './s3-retention.ts';
import { s3Thaw } from './s3-thaw.ts';
import { s3Versions } from './s3-versions.ts';

/**
 * A store below a prefix of an S3 bucket, laid out as restic does it. Nothing is touched before the first call. The
 * abilities are those of Amazon's S3; a server that lacks one answers with STORE_UNFIT when it is asked for.
 */
export function openS3Store(place: S3Place, settings: S3StoreSettings = {}): ObjectStore {
  const connection = connectS3(place, settings);
  const access = accessS3(connection.client, place, settings);
  return {
    location: access.location,
    facts: {
      kind: 's3',
      atomicReplace: true,
      conditionalPut: true,
      objectLock: true,
      storageClasses: storageClassNames,
      connections: 16,
    },
    abilities: {
      createOnly: {
        create: (key, bytes, signal) => putObject(access, key, bytes, { createOnly: true }, signal),
      },
      retention: s3Retention(access),
      storageClasses: s3Classes(access),
      thaw: s3Thaw(access),
      versions: s3Versions(access),
    },
    async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
      await putObject(access, key, bytes, {}, signal);
    },
    get: (key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> =>
      getObject(access, key, range, signal),
    stat: (key: string, signal?: AbortSignal): Promise<ObjectStat> => statObject(access, key, signal),
    list: (prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> =>
      listObjects(access, prefix, signal),
    delete: (key: string, signal?: AbortSignal): Promise<void> => deleteObject(access, key, signal),
    async [Symbol.asyncDispose](): Promise<void> {
      connection[Symbol.dispose]();
    },
  };
}

async function deleteObject(access: S3Access, key: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await onKey(access, { doing: 'delete', key, signal }, () =>
      access.client.send(new DeleteObjectCommand(objectAt(access, key)), stoppedBy(signal)),
    );
  } catch (error) {
    // Amazon calls this a success, others do not.
    if (!hasCode(error, 'OBJECT_MISSING')) throw error;
  }
}
