/** A thread that opens blobs of the source, proves them, and seals them for every target that lacks them. */
import { parentPort, workerData } from 'node:worker_threads';
import { defined, unreachable } from '../../error/assert.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { releaseMemory } from '../../platform/release-memory.ts';
import type { SealKey } from '../../seal/seal.ts';
import { createWholeBlobOpener } from '../read/open-blob.ts';
import { type Envelope, plainError, type ReplyEnvelope } from '../worker-pool.ts';
import type {
  CopyReply,
  CopyRequest,
  CopyWorkerData,
  PieceBlob,
  PlainKey,
  TargetPack,
} from './copy-protocol.ts';
import { createTargetPacker, type TargetPacker } from './target-packer.ts';

const port = defined(parentPort, 'the port of the parent thread');
const settings = workerData as CopyWorkerData;
const openBlob = createWholeBlobOpener(sealKeyOf(settings.source));
const packers: readonly TargetPacker[] = settings.targets.map((target) =>
  createTargetPacker({ ...target, key: sealKeyOf(target.key), verify: settings.verify }),
);

port.on('message', ({ number, body }: Envelope<CopyRequest>) => {
  const answered = answer(body);
  const packs = 'reply' in answered ? answered.reply.packs : [];
  port.postMessage(
    { number, body: answered } satisfies ReplyEnvelope<CopyReply>,
    packs.map(({ buffer }) => buffer),
  );
  if (body.type === 'piece') releaseMemory(body.bytes);
});

function answer(request: CopyRequest): ReplyEnvelope<CopyReply>['body'] {
  try {
    return { reply: handle(request) };
  } catch (error) {
    return { error: plainError(error) };
  }
}

function handle(request: CopyRequest): CopyReply {
  const packs: TargetPack[] = [];
  switch (request.type) {
    case 'piece':
      return { bad: sealPiece(request, packs), packs };
    case 'trees':
      for (const tree of request.trees) {
        const blob = { id: tree.id, type: 'tree' as const, plaintext: tree.bytes };
        forTargets(tree.mask, (packer, target) => take(packs, target, packer.add(blob)));
      }
      return { bad: [], packs };
    case 'flush':
      for (const [target, packer] of packers.entries()) take(packs, target, packer.finish());
      return { bad: [], packs };
    default:
      return unreachable(request);
  }
}

function sealPiece(
  piece: Extract<CopyRequest, { readonly type: 'piece' }>,
  packs: TargetPack[],
): CopyReply['bad'] {
  const bad: CopyReply['bad'][number][] = [];
  for (const [at, blob] of piece.blobs.entries()) {
    const opened = open(piece, blob);
    if (typeof opened === 'string') {
      bad.push({ at, reason: opened });
      continue;
    }
    const frame = blob.uncompressedLength > 0 ? { frame: opened.content } : {};
    const known = { id: blob.id, type: blob.type, plaintext: opened.plaintext, ...frame };
    forTargets(blob.mask, (packer, target) => take(packs, target, packer.add(known)));
  }
  return bad;
}

/** A text says why the blob cannot be used. */
function open(piece: { readonly packId: string; readonly bytes: Uint8Array }, blob: PieceBlob) {
  const sealed = piece.bytes.subarray(blob.start, blob.start + blob.length);
  try {
    return openBlob(sealed, { ...blob, packId: piece.packId });
  } catch (error) {
    if (error instanceof LifeboatError) return error.message;
    throw error;
  }
}

function forTargets(mask: number, act: (packer: TargetPacker, target: number) => void): void {
  for (const [target, packer] of packers.entries()) if ((mask & (1 << target)) !== 0) act(packer, target);
}

function take(packs: TargetPack[], target: number, finished: ReturnType<TargetPacker['finish']>): void {
  for (const { id, buffer, length, blobs } of finished)
    packs.push({ target, id, buffer: buffer.buffer, length, blobs });
}

function sealKeyOf(key: PlainKey): SealKey {
  return { encrypt: Buffer.from(key.encrypt), macK: Buffer.from(key.macK), macR: Buffer.from(key.macR) };
}
