/** Puts a blob as a whole: in one request, or in blocks that one last request makes a blob. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlockBlobUploadOptions } from '@azure/storage-blob';
import { nowMs } from '../../platform/clock.ts';
import { type AzureContainer, blobOf, request } from './azure-container.ts';
import { azureErrorName } from './azure-errors.ts';
import { objectExists } from './object-exists.ts';
import type { Watch } from './watch-request.ts';

export interface UploadOptions {
  readonly tier?: string;
  /** Only where no blob is. */
  readonly createOnly?: boolean;
}

/** Azure takes more at once, but one lost connection would then cost more than this. */
const singlePutBytesMax = 16 * 1024 * 1024;
/** Credentials that can only create cannot stage blocks. Azure itself takes 5,000 MiB. */
const singleCreateBytesMax = 256 * 1024 * 1024;
const blockBytes = 8 * 1024 * 1024;
const blocksAtOnce = 4;
/** So much is handed to the connection at a time, which shows that it moves. */
const sliceBytes = 256 * 1024;

const existsNames = ['BlobAlreadyExists', 'ConditionNotMet', 'UnauthorizedBlobOverwrite'];

/** `exists` only where asked to create: there was a blob, and it is as it was. */
export async function uploadBlob(
  container: AzureContainer,
  key: string,
  bytes: Uint8Array,
  options: UploadOptions,
  signal: AbortSignal | undefined,
): Promise<'done' | 'exists'> {
  const { createOnly = !container.canReplace } = options;
  const act = async (watch: Watch): Promise<'done' | 'exists'> => {
    try {
      const upload = bytes.length <= singleBytesMax(container) ? putAtOnce : putInBlocks;
      await upload(container, key, bytes, { ...options, createOnly }, watch);
      return 'done';
    } catch (error) {
      if (createOnly && (await meansExists(container, key, error, watch))) return 'exists';
      throw error;
    }
  };
  const outcome = await request(container, { doing: `write ${key}`, key }, signal, act);
  if (outcome === 'exists' && options.createOnly !== true) throw objectExists(key, container.location);
  return outcome;
}

/** Credentials that can only create are refused before anybody looks whether there is a blob. */
async function meansExists(
  container: AzureContainer,
  key: string,
  error: unknown,
  { signal }: Watch,
): Promise<boolean> {
  const name = azureErrorName(error) ?? '';
  if (existsNames.includes(name)) return true;
  if (container.canReplace || name !== 'AuthorizationPermissionMismatch') return false;
  try {
    await blobOf(container, key).getProperties({ abortSignal: signal });
    return true;
  } catch {
    // they cannot look either, or nothing is there: the refusal stands
    return false;
  }
}

function singleBytesMax({ canReplace }: AzureContainer): number {
  return canReplace ? singlePutBytesMax : singleCreateBytesMax;
}

async function putAtOnce(
  container: AzureContainer,
  key: string,
  bytes: Uint8Array,
  options: UploadOptions,
  watch: Watch,
): Promise<void> {
  const body = () => slicesOf(bytes, watch.moved, watch.committed);
  await blobOf(container, key).upload(body, bytes.length, {
    ...writeOptions(container, key, bytes, options),
    abortSignal: watch.signal,
  });
}

/** Nothing is under the key before the last request; blocks that never get one, Azure drops after a week. */
async function putInBlocks(
  container: AzureContainer,
  key: string,
  bytes: Uint8Array,
  options: UploadOptions,
  watch: Watch,
): Promise<void> {
  const blob = blobOf(container, key);
  const starts = Array.from({ length: Math.ceil(bytes.length / blockBytes) }, (_, i) => i * blockBytes);
  const blocks = starts.map((start) => ({ id: blockId(start, bytes), start }));
  const queue = blocks.values();
  // when one block fails the others are of no more use
  const failed = new AbortController();
  const abortSignal = AbortSignal.any([watch.signal, failed.signal]);
  const stageBlocks = async (): Promise<void> => {
    for (const { id, start } of queue) {
      const block = bytes.subarray(start, start + blockBytes);
      const body = () => slicesOf(block, watch.moved);
      await blob.stageBlock(id, body, block.length, { abortSignal, transactionalContentMD5: md5(block) });
    }
  };
  try {
    await Promise.all(Array.from({ length: blocksAtOnce }, stageBlocks));
  } catch (error) {
    failed.abort();
    throw error;
  }
  watch.signal.throwIfAborted();
  watch.committed();
  await blob.commitBlockList(
    blocks.map(({ id }) => id),
    { ...writeOptions(container, key, bytes, options), abortSignal: watch.signal },
  );
}

/**
 * The ids of one blob are of one length, at most 64 bytes. The content is in them, so that two writers of a key
 * never put a block of each other's into their blob.
 */
function blockId(start: number, bytes: Uint8Array): string {
  const content = createHash('sha256')
    .update(bytes.subarray(start, start + blockBytes))
    .digest('hex');
  return Buffer.from(`${content.slice(0, 40)}-${String(start).padStart(16, '0')}`).toString('base64');
}

function writeOptions(
  container: AzureContainer,
  key: string,
  bytes: Uint8Array,
  { tier, createOnly }: UploadOptions,
): BlockBlobUploadOptions {
  const retainNew = isLock(key) ? undefined : container.retainNew;
  return {
    // kept with the blob, so that every reader can compare; compared with what arrived when it is put at once
    blobHTTPHeaders: { blobContentMD5: md5(bytes) },
    ...(createOnly === true ? { conditions: { ifNoneMatch: '*' } } : {}),
    ...(tier === undefined ? {} : { tier }),
    ...(retainNew === undefined
      ? {}
      : {
          immutabilityPolicy: {
            expiriesOn: new Date(nowMs() + retainNew.forMs),
            policyMode: retainNew.mode === 'compliance' ? 'Locked' : 'Unlocked',
          },
        }),
  };
}

/** Of any repository in the vault. Locks are deleted all the time. */
function isLock(key: string): boolean {
  return /(^|\/)locks\//.test(key);
}

/** `handedOver` is called before the last slice leaves: until then the store cannot have the whole. */
function slicesOf(bytes: Uint8Array, moved: () => void, handedOver?: () => void): Readable {
  function* slices(): Generator<Uint8Array> {
    for (let start = 0; start < bytes.length; start += sliceBytes) {
      moved();
      if (start + sliceBytes >= bytes.length) handedOver?.();
      yield bytes.subarray(start, start + sliceBytes);
    }
    if (bytes.length === 0) handedOver?.();
  }
  return Readable.from(slices(), { objectMode: false });
}

function md5(bytes: Uint8Array): Uint8Array {
  return createHash('md5').update(bytes).digest();
}
