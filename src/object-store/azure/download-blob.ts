/** Reads a blob, whole or in part, and compares what came with what was said to come. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobClient, BlobDownloadResponseParsed } from '@azure/storage-blob';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { checkRange } from '../object-errors.ts';
import type { ByteRange } from '../object-store.ts';
import { type AzureContainer, request } from './azure-container.ts';
import { azureErrorName } from './azure-errors.ts';
import type { Watch } from './watch-request.ts';

/** Of larger parts Azure computes no checksum. */
const checkedRangeBytesMax = 4 * 1024 * 1024;

/**
 * Raises OBJECT_MISSING, OBJECT_COLD, OBJECT_DAMAGED for a range that leaves the blob, and what may pass by
 * itself, which bytes that are too few, too many or not those of the checksum are.
 */
export async function downloadBlob(
  container: AzureContainer,
  blob: BlobClient,
  key: string,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const about = { doing: `read ${key}`, key };
  if (range !== undefined && !isReadable(range)) {
    const { contentLength } = await request(container, about, signal, (watch) =>
      blob.getProperties({ abortSignal: watch.signal }),
    );
    if (contentLength === undefined) throw badTransfer(container, key, 'an answer came without a size');
    checkRange(range, contentLength, key, container.location);
    return Buffer.alloc(0);
  }
  return await request(container, about, signal, async (watch) => {
    const answer = await download(container, blob, key, range, watch);
    const total = totalBytes(answer);
    if (range !== undefined) checkPart(container, key, range, answer);
    const bytes = await bodyOf(container, key, answer, watch);
    if (bytes.length !== (range?.length ?? total)) {
      throw badTransfer(container, key, `${bytes.length} bytes came where ${range?.length ?? total} were to`);
    }
    const expected = answer.contentMD5 ?? (range === undefined ? answer.blobContentMD5 : undefined);
    if (expected !== undefined && !createHash('md5').update(bytes).digest().equals(expected)) {
      throw badTransfer(container, key, 'the bytes that came are not those of the checksum');
    }
    return bytes;
  });
}

/** Nothing, and what is no range, cannot be asked for. */
function isReadable({ offset, length }: ByteRange): boolean {
  return Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length > 0;
}

async function download(
  container: AzureContainer,
  blob: BlobClient,
  key: string,
  range: ByteRange | undefined,
  { signal, moved }: Watch,
): Promise<BlobDownloadResponseParsed> {
  try {
    return await blob.download(range?.offset ?? 0, range?.length, {
      abortSignal: signal,
      onProgress: moved,
      maxRetryRequests: 0,
      ...(range !== undefined && range.length <= checkedRangeBytesMax ? { rangeGetContentMD5: true } : {}),
    });
  } catch (error) {
    if (range === undefined || azureErrorName(error) !== 'InvalidRange') throw error;
    const { contentLength } = await blob.getProperties({ abortSignal: signal });
    if (contentLength !== undefined) checkRange(range, contentLength, key, container.location);
    throw error;
  }
}

/** Of the whole blob: `bytes 0-9/100` says it for a part. */
function totalBytes({ contentRange, contentLength }: BlobDownloadResponseParsed): number {
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return total === undefined ? (contentLength ?? 0) : Number(total);
}

function checkPart(
  container: AzureContainer,
  key: string,
  range: ByteRange,
  answer: BlobDownloadResponseParsed,
): void {
  const total = totalBytes(answer);
  const start = firstByte(answer);
  if (start === range.offset && range.offset + range.length <= total) return;
  dropBody(answer);
  checkRange(range, total, key, container.location);
  throw badTransfer(container, key, `what came begins at ${start} instead of ${range.offset}`);
}

/** A part says where it begins; without a word about it, it is the whole. */
function firstByte({ contentRange }: BlobDownloadResponseParsed): number {
  return Number(/^bytes (\d+)-/.exec(contentRange ?? '')?.[1] ?? 0);
}

async function bodyOf(
  container: AzureContainer,
  key: string,
  answer: BlobDownloadResponseParsed,
  { signal }: Watch,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of answer.readableStreamBody ?? []) pieces.push(Buffer.from(piece));
  } catch (error) {
    if (signal.aborted) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw badTransfer(container, key, `the answer broke off (${words.slice(0, 100)})`);
  }
  return Buffer.concat(pieces);
}

/** So that its connection is not held, and no error of it comes when nobody listens. */
function dropBody({ readableStreamBody: body }: BlobDownloadResponseParsed): void {
  if (!(body instanceof Readable)) return;
  body.on('error', () => undefined);
  body.destroy();
}

export function badTransfer({ location }: AzureContainer, key: string, what: string): LifeboatError {
  return new LifeboatError('STORE_UNAVAILABLE', `could not read ${key} in ${location}: ${what}`, {
    hint: 'Check the network and what stands in between, then run the command again.',
    retryable: true,
    details: { key, location },
  });
}
