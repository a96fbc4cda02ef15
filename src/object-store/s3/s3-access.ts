/** What every request of the store shares: where objects are, and how refusals are told. */
import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { LifeboatError } from '../../error/lifeboat-error.ts';
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
  /** Raises STORE_UNAVAILABLE when it is known that the bucket does not exist; asks until it has been seen. */
  readonly requireBucket: (signal: AbortSignal | undefined) => Promise<void>;
}

export function accessS3(client: S3Client, place: S3Place, settings: S3StoreSettings): S3Access {
  const { bucket, prefix } = place;
  let isThere = false;
  return {
    client,
    bucket,
    location: placeText(place),
    folder: prefix === '' ? '' : `${prefix}/`,
    retainNew: settings.retainNew,
    nowMs,
    requireBucket: async () => {
      if (!isThere) isThere = await isBucket(client, bucket, placeText(place));
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

/**
 * Every S3 server gives a tag to what it took in. What answers with success and without one, the page of a proxy or of a
 * console for example, has stored nothing.
 */
export function requireTag(access: S3Access, key: string, tag: string | undefined): string {
  if (tag !== undefined && tag !== '') return tag;
  throw noServer(access, `writing ${key}`);
}

export function noServer({ location }: S3Access, doing: string): LifeboatError {
  return new LifeboatError('STORE_UNAVAILABLE', `what answered to ${doing} in ${location} is no S3 server`, {
    hint: 'Check the endpoint, and what stands between this machine and the store.',
    retryable: true,
    details: { location },
  });
}

/** What a client's `send` takes beside the command. */
export function stoppedBy(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function saysMissing(error: unknown): boolean {
  if (isNamed(error, 'NoSuchKey', 'NotFound', 'NoSuchVersion')) return true;
  return statusOf(error) === 404 && !isNamed(error, 'NoSuchBucket', 'NoSuchUpload');
}

/** An answer to HEAD has no body, so that a missing bucket looks like a missing object. False: no answer to rely on. */
async function isBucket(client: S3Client, bucket: string, location: string): Promise<boolean> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    return true;
  } catch (error) {
    // Whoever may not ask gets no answer, and what else is wrong shows in the next request.
    if (statusOf(error) !== 404) return isRefusal(error);
    throw s3Error(Object.assign(new Error(), { name: 'NoSuchBucket' }), 'open the bucket', location);
  }
}

function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status < 500;
}
