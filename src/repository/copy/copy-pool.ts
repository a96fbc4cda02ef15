/**
 * Reads what is wanted from the source, hands it to worker threads, and stores the packs they give back. Memory is
 * bounded by the pieces under way (`piecesPerWorker`) and by two open packs per worker and target.
 */

import { defined } from '../../error/assert.ts';
import { hasCode } from '../../error/lifeboat-error.ts';
import { siblingModule } from '../../platform/location.ts';
import { releaseMemory } from '../../platform/release-memory.ts';
import { forEachLimited } from '../for-each-limited.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { objectKey } from '../layout.ts';
import { ownMemory } from '../own-memory.ts';
import type { PackedBlob } from '../pack/pack-header.ts';
import { type PackPiece, packPieces } from '../restore/pack-pieces.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { createWorkerPool, type WorkerPool } from '../worker-pool.ts';
import type { CopyReply, CopyRequest, CopyWorkerData, PlainTree } from './copy-protocol.ts';
import { type CopyTargetState, storePack } from './copy-targets.ts';

/** More threads than this wait for the stores anyhow, and each holds two open packs per target. */
const workersMax = 4;
const piecesPerWorker = 2;

export interface CopyPoolOptions {
  readonly source: { readonly access: RepositoryAccess; readonly index: BlobIndex };
  readonly targets: readonly CopyTargetState[];
  readonly workers: number;
  readonly verify: boolean;
  readonly signal: AbortSignal;
}

export interface CopyPool extends AsyncDisposable {
  /** Bytes of source packs read so far. */
  readonly bytesRead: () => number;
  copyTrees(trees: readonly PlainTree[]): Promise<void>;
  /** Copies the blobs; those that no pack of the source has whole are told. */
  copyBlobs(wanted: readonly WantedBlob[], told: CopyTold): Promise<void>;
  /** What was given before is stored in every target that has not failed; their index writers know it. */
  flush(): Promise<void>;
}

export interface CopyTold {
  readonly bad: (blobId: string, reason: string) => void;
  /** So many stored bytes that were wanted are done with. */
  readonly copied: (bytes: number) => void;
}

export interface WantedBlob {
  readonly id: string;
  readonly type: 'data';
  readonly packId: string;
  readonly mask: number;
  readonly place: Pick<PackedBlob, 'offset' | 'length' | 'uncompressedLength'>;
}

type Worker = WorkerPool<CopyRequest, CopyReply>;

export function createCopyPool(options: CopyPoolOptions): CopyPool {
  return new Pool(options);
}

class Pool implements CopyPool {
  readonly #options: CopyPoolOptions;
  readonly #workers: readonly { readonly pool: Worker; waiting: number }[];
  #bytesRead = 0;

  constructor(options: CopyPoolOptions) {
    this.#options = options;
    const data = workerDataOf(options);
    const count = Math.min(options.workers, workersMax);
    // one thread each, because a flush must reach every one of them
    this.#workers = Array.from({ length: count }, () => ({
      pool: createWorkerPool<CopyRequest, CopyReply>(copyWorkerModule, data, 1),
      waiting: 0,
    }));
  }

  bytesRead = (): number => this.#bytesRead;

  async copyTrees(trees: readonly PlainTree[]): Promise<void> {
    await this.#run({ type: 'trees', trees });
  }

  async copyBlobs(wanted: readonly WantedBlob[], told: CopyTold): Promise<void> {
    const byPack = Map.groupBy(wanted, ({ packId }) => packId);
    await forEachLimited(piecesOf(byPack), this.#workers.length * piecesPerWorker, async (piece) => {
      for (const { blob, reason } of await this.#copyPiece(piece)) {
        if (!(await this.#copyFromElsewhere(blob))) told.bad(blob.id, reason);
      }
      told.copied(piece.blobs.reduce((sum, { place }) => sum + place.length, 0));
    });
  }

  async flush(): Promise<void> {
    await Promise.all(this.#workers.map(async ({ pool }) => this.#store(await pool.run({ type: 'flush' }))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map(({ pool }) => pool[Symbol.asyncDispose]()));
  }

  /** Gives the blobs that could not be copied from this piece. */
  async #copyPiece(piece: PackPiece<WantedBlob>): Promise<readonly { blob: WantedBlob; reason: string }[]> {
    const { source, signal } = this.#options;
    signal.throwIfAborted();
    const key = objectKey('pack', piece.packId);
    let stored: Buffer;
    try {
      stored = await source.access.store.get(key, piece, signal);
    } catch (error) {
      if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING', 'OBJECT_COLD')) throw error;
      return piece.blobs.map((blob) => ({ blob, reason: error.message }));
    }
    this.#bytesRead += stored.length;
    const bytes = ownMemory(stored);
    const blobs = piece.blobs.map(({ id, type, mask, place }) => ({
      id,
      type,
      mask: mask & this.#aliveMask(),
      start: place.offset - piece.offset,
      length: place.length,
      uncompressedLength: place.uncompressedLength,
    }));
    const bad = await this.#run({ type: 'piece', packId: piece.packId, bytes, blobs }, [bytes.buffer]);
    return bad.map(({ at, reason }) => ({ blob: defined(piece.blobs[at], 'blob of the piece'), reason }));
  }

  /** A blob may lie in several packs; one of them may be whole. */
  async #copyFromElsewhere(blob: WantedBlob): Promise<boolean> {
    const { source } = this.#options;
    for (const { packId, ...place } of source.index.findAll('data', blob.id)) {
      if (packId === blob.packId && place.offset === blob.place.offset) continue;
      const [piece] = packPieces(packId, [{ ...blob, packId, place }]);
      if (piece !== undefined && (await this.#copyPiece(piece)).length === 0) return true;
    }
    return false;
  }

  async #run(request: CopyRequest, transfer: readonly ArrayBuffer[] = []): Promise<CopyReply['bad']> {
    const worker = this.#workers.reduce((least, other) => (other.waiting < least.waiting ? other : least));
    worker.waiting++;
    try {
      const reply = await worker.pool.run(request, transfer);
      await this.#store(reply);
      return reply.bad;
    } finally {
      worker.waiting--;
    }
  }

  async #store({ packs }: CopyReply): Promise<void> {
    const { targets, signal } = this.#options;
    await Promise.all(
      packs.map(async (pack) => {
        await storePack(defined(targets[pack.target], 'target of a pack'), pack, signal);
        releaseMemory(new Uint8Array(pack.buffer));
      }),
    );
  }

  #aliveMask(): number {
    return this.#options.targets.reduce(
      (mask, { number, opened, failure }) =>
        opened === undefined || failure !== undefined ? mask : mask | (1 << number),
      0,
    );
  }
}

function* piecesOf(byPack: ReadonlyMap<string, readonly WantedBlob[]>): Generator<PackPiece<WantedBlob>> {
  for (const [packId, blobs] of byPack) yield* packPieces(packId, blobs);
}

const copyWorkerModule = siblingModule(import.meta.url, './copy-worker');

function workerDataOf({ source, targets, verify }: CopyPoolOptions): CopyWorkerData {
  return {
    source: source.access.key,
    targets: targets.map(({ session }) => ({
      key: session.access.key,
      version: session.access.version,
      packBytesTarget: session.packBytesTarget,
    })),
    verify,
  };
}
