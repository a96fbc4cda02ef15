import { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand } from '@aws-sdk/client-s3';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { releaseMemory } from '../../platform/release-memory.ts';
import { checkRange, objectTooShort } from '../object-errors.ts';
import type { ByteRange, ObjectStat } from '../object-store.ts';
import { objectAt, onKey, type S3Access, stoppedBy } from './s3-access.ts';
import { isNamed, statusOf } from './s3-errors.ts';

/** Never short: a body that ends early, or is not the range that was asked for, is an error that may pass. */
export async function getObject(
  access: S3Access,
  key: string,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  return await onKey(access, { doing: 'read', key, signal }, async () => {
    if (range === undefined) return await getWhole(access, key, undefined, signal);
    checkRange(range, Number.MAX_SAFE_INTEGER, key, access.location);
    return await getRange(access, key, range, signal);
  });
}

export async function getWhole(
  access: S3Access,
  key: string,
  versionId: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const version = versionId === undefined ? {} : { VersionId: versionId };
  const command = new GetObjectCommand({ ...objectAt(access, key), ...version });
  const answer = await access.client.send(command, stoppedBy(signal));
  return await readBody(access, key, answer, answer.ContentLength, signal);
}

export async function statObject(
  access: S3Access,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectStat> {
  return await onKey(access, { doing: 'look at', key, signal }, async () => {
    const head = await headOf(access, key, signal);
    return {
      size: await sizeOf(access, key, head.ContentLength),
      ...(head.LastModified === undefined ? {} : { modifiedMs: head.LastModified.getTime() }),
    };
  });
}

export async function headOf(access: S3Access, key: string, signal: AbortSignal | undefined) {
  try {
    return await access.client.send(new HeadObjectCommand(objectAt(access, key)), stoppedBy(signal));
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && status < 500 && status !== 404) await tellWhy(access, key, signal);
    throw error;
  }
}

/** A refused HEAD has no body that says why; a refused GET has. Its error is raised in the other's place. */
async function tellWhy(access: S3Access, key: string, signal: AbortSignal | undefined): Promise<void> {
  const command = new GetObjectCommand({ ...objectAt(access, key), Range: 'bytes=0-0' });
  dropBody(await access.client.send(command, stoppedBy(signal)));
}

async function getRange(
  access: S3Access,
  key: string,
  range: ByteRange,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  // HTTP has no empty range.
  if (range.length === 0) return await checkedAgainstSize(access, key, range, signal);
  const Range = `bytes=${range.offset}-${range.offset + range.length - 1}`;
  const command = new GetObjectCommand({ ...objectAt(access, key), Range });
  try {
    const answer = await access.client.send(command, stoppedBy(signal));
    const { start, size } = rangeOf(answer);
    if (start !== undefined && start !== range.offset) {
      dropBody(answer);
      throw cutShort(access, key, `what begins at ${start} instead of ${range.offset}`);
    }
    if (size !== undefined && range.offset + range.length > size) {
      dropBody(answer);
      throw objectTooShort(key, access.location, size, range.offset + range.length);
    }
    return await readBody(access, key, answer, range.length, signal);
  } catch (error) {
    if (!isNamed(error, 'InvalidRange')) throw error;
    await checkedAgainstSize(access, key, range, signal);
    throw error;
  }
}

async function checkedAgainstSize(
  access: S3Access,
  key: string,
  range: ByteRange,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const head = await headOf(access, key, signal);
  checkRange(range, await sizeOf(access, key, head.ContentLength), key, access.location);
  return Buffer.alloc(0);
}

async function sizeOf(access: S3Access, key: string, size: number | undefined): Promise<number> {
  if (size !== undefined) return size;
  throw cutShort(access, key, 'an answer without the size of the object');
}

/** Where the part begins and the size of the whole object, as the answer to a range tells it. */
function rangeOf({ ContentRange }: GetObjectCommandOutput): {
  readonly start?: number;
  readonly size?: number;
} {
  const start = /^bytes (\d+)-/.exec(ContentRange ?? '')?.[1];
  const total = /\/(\d+)$/.exec(ContentRange ?? '')?.[1];
  return {
    ...(start === undefined ? {} : { start: Number(start) }),
    ...(total === undefined ? {} : { size: Number(total) }),
  };
}

async function readBody(
  access: S3Access,
  key: string,
  answer: GetObjectCommandOutput,
  expected: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const body = answer.Body;
  const promised = answer.ContentLength;
  if (expected === undefined || !(body instanceof Readable)) {
    throw cutShort(access, key, 'an answer without a length');
  }
  if (promised !== undefined && promised !== expected) {
    dropBody(answer);
    throw cutShort(access, key, `${promised} bytes instead of ${expected}`);
  }
  const bytes = Buffer.allocUnsafeSlow(expected);
  let filled = 0;
  const stop = (): void => {
    body.destroy(new Error('the request was stopped'));
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      if (filled + chunk.length > expected) throw cutShort(access, key, `more than ${expected} bytes`);
      bytes.set(chunk, filled);
      filled += chunk.length;
      // what comes from the network is of no further use, and would be collected by a search of the whole heap
      releaseMemory(chunk);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  if (filled < expected) throw cutShort(access, key, `${filled} of ${expected} bytes`);
  return bytes;
}

/** So that its connection is free again. */
function dropBody({ Body: body }: GetObjectCommandOutput): void {
  if (body instanceof Readable) body.destroy();
}

function cutShort({ location }: S3Access, key: string, came: string): LifeboatError {
  return new LifeboatError('STORE_UNAVAILABLE', `reading ${key} in ${location} gave ${came}`, {
    hint: 'Check the network to the store, then run the command again.',
    retryable: true,
    details: { key, location },
  });
}
