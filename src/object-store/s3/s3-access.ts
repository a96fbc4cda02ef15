/** What every request of the store shares: where objects are, and how refusals are told. */
import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { nowMs } from '../../platform/clock.ts';
import { assertKey } from '../key.ts';
import { objectMissing } from '../object-errors.ts';
import { isNamed, s3Error, statusOf } from './s3-errors.ts';
import { placeText, type S3Place, type S3StoreSettings } from './s3-place.ts';

export interface S3Access {
  readonly client: S3Client;
  readonly bucket: string;
  /** For people. */
  readonly location: string;
  /** Empty, or with a slash at its end. */
  readonly folder: string;
  readonly retainNew: S3StoreSettings['retainNew'];
  /** Wall clock of this machine. */
  readonly nowMs: () => number;
  /** Raises STORE_UNAVAILABLE when it is known that the bucket does not exist; asks once. */
  readonly requireBucket: (signal: AbortSignal | undefined) => Promise<void>;
}

export function accessS3(client: S3Client, place: S3Place, settings: S3StoreSettings): S3Access {
  const { bucket, prefix } = place;
  let asked: Promise<void> | undefined;
  return {
    client,
    bucket,
    location: placeText(place),
    folder: prefix === '' ? '' : `${prefix}/`,
    retainNew: settings.retainNew,
    nowMs,
    requireBucket: async () => {
      asked ??= checkBucket(client, bucket, placeText(place));
      await asked;
    },
  };
}

/** The place of an object, as requests name it. */
export function objectAt(access: S3Access, key: string): { readonly Bucket: string; readonly Key: string } {
  return { Bucket: access.bucket, Key: `${access.folder}${key}` };
}

/** One call of the port about one key: the key is checked, and errors are the port's. */
export async function onKey<T>(
  access: S3Access,
  {
    doing,
    key,
    signal,
  }: { readonly doing: string; readonly key: string; readonly signal: AbortSignal | undefined },
  act: () => Promise<T>,
): Promise<T> {
  assertKey(key);
  return await request(access, { doing: `${doing} ${key}`, signal }, async () => {
    try {
      return await act();
    } catch (error) {
      if (!saysMissing(error)) throw error;
      await access.requireBucket(signal);
      throw objectMissing(key, access.location, error);
    }
  });
}

/** Errors of the client become the port's; an aborted signal raises its reason, whatever the client made of it. */
export async function request<T>(
  access: S3Access,
  { doing, signal }: { readonly doing: string; readonly signal: AbortSignal | undefined },
  act: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await act();
  } catch (error) {
    signal?.throwIfAborted();
    throw s3Error(error, doing, access.location);
  }
}

/** What a client's `send` takes beside the command. */
export function stoppedBy(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function saysMissing(error: unknown): boolean {
  if (isNamed(error, 'NoSuchKey', 'NotFound', 'NoSuchVersion')) return true;
  return statusOf(error) === 404 && !isNamed(error, 'NoSuchBucket', 'NoSuchUpload');
}

/** An answer to HEAD has no body, so that a missing bucket looks like a missing object. */
async function checkBucket(client: S3Client, bucket: string, location: string): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    // Whoever may not ask gets no answer, and what else is wrong shows in the next request.
    if (statusOf(error) !== 404) return;
    throw s3Error(Object.assign(new Error(), { name: 'NoSuchBucket' }), 'open the bucket', location);
  }
}
