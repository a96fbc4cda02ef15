import { PutObjectCommand, PutObjectRetentionCommand, type StorageClass } from '@aws-sdk/client-s3';
import { sleep } from '../../platform/timers.ts';
import { objectAt, onKey, requireTag, type S3Access, stoppedBy } from './s3-access.ts';
import { isNamed } from './s3-errors.ts';
import { headOf } from './s3-get.ts';
import { modeName } from './s3-retention.ts';
import { type PutOptions, uploadInParts } from './s3-upload-parts.ts';

export interface PutWishes {
  readonly storageClass?: StorageClass;
  /** The server refuses when there is an object already. */
  readonly createOnly?: boolean;
}

/** Above it an object goes up in parts. Packs of usual size go up in one request, for requests cost money. */
export const singlePutBytesMax = 32 * 1024 * 1024;
/** Such a put is not cut short at once: when the server already has it all, the object would appear after the refusal. */
const smallBytesMax = 1024 * 1024;
const smallPutGraceMs = 5_000;

/** All or nothing, durable when it ends. `exists` only where `createOnly` is wished. */
export async function putObject(
  access: S3Access,
  key: string,
  bytes: Uint8Array,
  wishes: PutWishes,
  signal: AbortSignal | undefined,
): Promise<'created' | 'exists'> {
  return await onKey(access, { doing: 'write', key, signal }, async () => {
    const options = optionsOf(access, key, wishes);
    try {
      if (bytes.length > singlePutBytesMax) await putInParts(access, key, bytes, options, signal);
      else await putInOne(access, key, bytes, options, signal);
      return 'created';
    } catch (error) {
      if (wishes.createOnly && isNamed(error, 'PreconditionFailed')) return 'exists';
      throw error;
    }
  });
}

/** Some servers forget the retention that a large object was begun with. */
async function putInParts(
  access: S3Access,
  key: string,
  bytes: Uint8Array,
  options: PutOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  await uploadInParts(access, key, bytes, options, signal);
  const { ObjectLockMode: Mode, ObjectLockRetainUntilDate: RetainUntilDate } = options;
  if (Mode === undefined || RetainUntilDate === undefined) return;
  const head = await headOf(access, key, signal);
  if (head.ObjectLockRetainUntilDate !== undefined) return;
  const Retention = { Mode, RetainUntilDate };
  const command = new PutObjectRetentionCommand({ ...objectAt(access, key), Retention });
  await access.client.send(command, stoppedBy(signal));
}

async function putInOne(
  access: S3Access,
  key: string,
  bytes: Uint8Array,
  options: PutOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const command = new PutObjectCommand({ ...objectAt(access, key), ...options, Body: bytes });
  const ended = new AbortController();
  const stop = bytes.length > smallBytesMax ? signal : delayed(signal, ended.signal);
  try {
    const { ETag } = await access.client.send(command, stoppedBy(stop));
    requireTag(access, key, ETag);
  } finally {
    ended.abort();
  }
}

/** Aborted a while after `signal`, unless `ended` is by then. */
function delayed(signal: AbortSignal | undefined, ended: AbortSignal): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  const late = new AbortController();
  const wait = (): void => {
    sleep(smallPutGraceMs, ended).then(
      () => late.abort(signal.reason),
      () => undefined,
    );
  };
  signal.addEventListener('abort', wait, { once: true, signal: ended });
  return late.signal;
}

function optionsOf({ retainNew, nowMs }: S3Access, key: string, wishes: PutWishes): PutOptions {
  return {
    ...(wishes.storageClass === undefined ? {} : { StorageClass: wishes.storageClass }),
    ...(wishes.createOnly ? { IfNoneMatch: '*' } : {}),
    ...(retainNew === undefined || isLock(key)
      ? {}
      : {
          ObjectLockMode: modeName(retainNew.mode),
          ObjectLockRetainUntilDate: new Date(nowMs() + retainNew.forMs),
        }),
  };
}

/** Of any repository in the vault. Locks are deleted all the time. */
function isLock(key: string): boolean {
  return /(^|\/)locks\//.test(key);
}
