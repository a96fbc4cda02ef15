import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type PutObjectCommandInput,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { defined } from '../../error/assert.ts';
import { objectAt, requireTag, type S3Access, stoppedBy } from './s3-access.ts';

export type PutOptions = Pick<
  PutObjectCommandInput,
  'StorageClass' | 'IfNoneMatch' | 'ObjectLockMode' | 'ObjectLockRetainUntilDate'
>;

const partBytes = 16 * 1024 * 1024;
const partsAtOnceMax = 4;

/**
 * A large object: nothing is to be seen of it until its last request, which is not cut short. When another one fails or is
 * cut short, the parts that are there are taken away again. (lib-storage ends before its requests do, and knows no
 * checksum of a part.)
 */
export async function uploadInParts(
  access: S3Access,
  key: string,
  bytes: Uint8Array,
  { IfNoneMatch, ...options }: PutOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { client } = access;
  const place = objectAt(access, key);
  // Not cut short either: the store would keep an upload whose name nobody knows.
  const made = await client.send(new CreateMultipartUploadCommand({ ...place, ...options }));
  const upload = { ...place, UploadId: defined(made.UploadId, 'the store names the upload') };
  try {
    signal?.throwIfAborted();
    const Parts = await uploadParts(access, key, upload, bytes, signal);
    signal?.throwIfAborted();
    const { ETag } = await client.send(
      new CompleteMultipartUploadCommand({
        ...upload,
        MultipartUpload: { Parts },
        ...(IfNoneMatch === undefined ? {} : { IfNoneMatch }),
      }),
    );
    requireTag(access, key, ETag);
  } catch (error) {
    // What remains when this fails too is no object; a life-cycle rule of the bucket takes it away.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

type Upload = ReturnType<typeof objectAt> & { readonly UploadId: string };

async function uploadParts(
  access: S3Access,
  key: string,
  upload: Upload,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<CompletedPart[]> {
  const count = Math.ceil(bytes.length / partBytes);
  const done = new Array<CompletedPart>(count);
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      const Body = bytes.subarray(index * partBytes, (index + 1) * partBytes);
      const PartNumber = index + 1;
      const command = new UploadPartCommand({ ...upload, PartNumber, Body });
      const { ETag } = await access.client.send(command, stoppedBy(stop));
      done[index] = { ETag: requireTag(access, key, ETag), PartNumber };
    }
  };
  const workers = Array.from({ length: Math.min(partsAtOnceMax, count) }, async () => {
    try {
      await work();
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  const ends = await Promise.allSettled(workers);
  for (const end of ends) if (end.status === 'rejected') throw failed.signal.reason;
  return done;
}
