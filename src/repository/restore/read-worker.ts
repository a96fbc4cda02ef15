/** A thread that opens what was stored: restores blobs into files, reads files back, checks packs. */
import { parentPort, workerData } from 'node:worker_threads';
import { defined, unreachable } from '../../error/assert.ts';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { releaseMemory } from '../../platform/release-memory.ts';
import type { SealKey } from '../../seal/seal.ts';
import { checkPack } from '../check/check-pack.ts';
import { createBlobOpener } from '../read/open-blob.ts';
import { type Envelope, plainError, type ReplyEnvelope } from '../worker-pool.ts';
import { createFileWriter, type FileWriter } from './file-writer.ts';
import type { PieceBlob, ReadReply, ReadRequest, ReadWorkerData, RestorePiece } from './restore-protocol.ts';
import { verifyFile } from './verify-file.ts';

const port = defined(parentPort, 'the port of the parent thread');
const { key: keyBytes } = workerData as ReadWorkerData;
const key: SealKey = {
  encrypt: Buffer.from(keyBytes.encrypt),
  macK: Buffer.from(keyBytes.macK),
  macR: Buffer.from(keyBytes.macR),
};
const openBlob = createBlobOpener(key);

port.on('message', ({ number, body }: Envelope<ReadRequest>) => {
  port.postMessage({ number, body: answer(body) } satisfies ReplyEnvelope<ReadReply>);
  if (body.type !== 'verify') releaseMemory(body.bytes);
});

function answer(request: ReadRequest): ReplyEnvelope<ReadReply>['body'] {
  try {
    return { reply: handle(request) };
  } catch (error) {
    return { error: plainError(error) };
  }
}

function handle(request: ReadRequest): ReadReply {
  switch (request.type) {
    case 'restore':
      return restorePiece(request);
    case 'verify': {
      const problems = request.files.flatMap(({ file, path, chunks }) =>
        verifyFile(request.rootFd, path, chunks).map((reason) => ({ file, reason, metadataOnly: false })),
      );
      return { problems, badBlobs: [], packErrors: [] };
    }
    case 'check-pack':
      return {
        problems: [],
        badBlobs: [],
        packErrors: checkPack(
          key,
          request.packId,
          Buffer.from(request.bytes.buffer),
          request.blobs,
          openBlob,
        ),
      };
    default:
      return unreachable(request);
  }
}

function restorePiece(piece: RestorePiece): ReadReply {
  const problems: ReadReply['problems'][number][] = [];
  const badBlobs: ReadReply['badBlobs'][number][] = [];
  using writer = createFileWriter(piece.rootFd, piece.sparse);
  for (const [at, blob] of piece.blobs.entries()) {
    const plaintext = plaintextOf(piece, blob);
    if (typeof plaintext === 'string') badBlobs.push({ at, reason: plaintext });
    else writeTargets(writer, blob, plaintext, problems);
  }
  return { problems, badBlobs, packErrors: [] };
}

/** A text says why the blob cannot be used. */
function plaintextOf(piece: RestorePiece, blob: PieceBlob): Buffer | string {
  const sealed = piece.bytes.subarray(blob.start, blob.start + blob.length);
  try {
    return openBlob(sealed, {
      id: blob.id,
      type: 'data',
      packId: piece.packId,
      uncompressedLength: blob.uncompressedLength,
    });
  } catch (error) {
    if (error instanceof LifeboatError) return error.message;
    throw error;
  }
}

function writeTargets(
  writer: FileWriter,
  blob: PieceBlob,
  plaintext: Buffer,
  problems: ReadReply['problems'][number][],
): void {
  for (const target of blob.targets) {
    try {
      for (const reason of writer.write(target, plaintext))
        problems.push({ file: target.file, reason, metadataOnly: true });
    } catch (error) {
      problems.push({ file: target.file, reason: writeFailure(error), metadataOnly: false });
    }
  }
}

function writeFailure(error: unknown): string {
  const name = systemErrorName(error);
  if (name === 'ENOSPC' || name === 'EDQUOT') {
    throw new LifeboatError('DISK_FULL', 'the disk of the destination is full', {
      hint: 'Free some space or restore to another disk, then run the command again.',
      cause: error,
    });
  }
  if (name === undefined && !(error instanceof LifeboatError)) throw error;
  return `cannot be written: ${name ?? (error as Error).message}`;
}
