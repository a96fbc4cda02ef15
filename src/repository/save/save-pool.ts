/**
 * The main thread's side of the saving workers: hands out work, stores finished packs, keeps the index.
 * Backpressure: `ready` waits while every worker has enough to do; a worker waits while its packs are not stored.
 * After the first failure every call rejects with it.
 */
import type { Worker } from 'node:worker_threads';
import { assert, defined, unreachable } from '../../error/assert.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { siblingModule } from '../../platform/location.ts';
import { startThread } from '../../platform/start-thread.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import type { IndexWriter } from '../index/index-writer.ts';
import { putPack } from '../pack/put-pack.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { errorOf } from '../worker-pool.ts';
import { decodeFileBatch } from './file-batch.ts';
import type { ReadContent, ReadResult } from './read-result.ts';
import type { FromSaveWorker, SaveWorkerData, ToSaveWorker } from './save-protocol.ts';
import { SharedIdSet } from './shared-id-set.ts';
import { type PieceSaver, StreamIntake } from './stream-intake.ts';
import { Turnstile } from './turnstile.ts';

/** Work handed to one worker at once, in bytes; a file counts for at least one and at most another figure. */
const costPerWorkerMax = 16 * 1024 * 1024;
const costPerFileMin = 32 * 1024;
const costPerFileMax = 16 * 1024 * 1024;
/** Small files travel together: a message costs more than reading one of them. */
const filesPerBatchMax = 64;
const costPerBatchMax = 2 * 1024 * 1024;
/** Short-lived objects are few in a worker; the default would let them pile up. */
const workerLimits = { maxYoungGenerationSizeMb: 8 };

export interface SavePool extends AsyncDisposable {
  readonly stored: StoredTotals;
  saveFile(path: Buffer, size: number): Promise<ReadResult>;
  saveStream(bytes: AsyncIterable<Uint8Array>, cut?: 'pages'): Promise<ReadContent>;
  /** For contents that are made piece by piece; `whileReading` counts the work as a stream. */
  readonly pieces: PieceSaver;
  saveTree(id: string, bytes: Buffer): void;
  /** Sends what waits for company, because no more files come for the moment. */
  hurry(): void;
  /** Resolves when there is room for more files, or when the turnstile is closed. */
  ready(): Promise<void>;
  /** Everything given before is stored and indexed durably when the promise resolves. */
  flush(): Promise<void>;
  /** Work that needs the parent's trees goes through here, piece by piece, so that it can be held up. */
  readonly turnstile: Turnstile;
  /** Does the work when everything is stored and indexed, and stores nothing meanwhile. */
  whilePaused(work: () => Promise<void>): Promise<void>;
  /** Does the work when no pause is on, and lets none begin meanwhile. */
  unpaused<T>(work: () => Promise<T>): Promise<T>;
}

export interface StoredTotals {
  dataBlobs: number;
  treeBlobs: number;
  /** Bytes before compression and as stored. */
  bytes: number;
  packedBytes: number;
}

export interface SavePoolOptions {
  readonly access: RepositoryAccess;
  readonly index: BlobIndex;
  readonly indexWriter: IndexWriter;
  readonly polynomial: bigint;
  readonly workers: number;
  readonly verify: boolean;
  readonly packBytesTarget: number;
  readonly signal?: AbortSignal;
}

export function createSavePool(options: SavePoolOptions): SavePool {
  const pool = new Pool(options);
  return pool;
}

interface Member {
  /** Started when there is something for it to do: a backup of what has not changed needs none. */
  worker: Worker | undefined;
  cost: number;
  /** Paths and who waits for them, not sent yet. */
  batch: WaitingFile[];
  batchCost: number;
}

interface WaitingFile {
  readonly path: string;
  readonly ticket: Ticket;
}

interface Ticket {
  readonly member: Member;
  readonly cost: number;
  readonly result: PromiseWithResolvers<ReadResult>;
}

class Pool implements SavePool {
  readonly stored: StoredTotals = { dataBlobs: 0, treeBlobs: 0, bytes: 0, packedBytes: 0 };
  readonly #options: SavePoolOptions;
  readonly #members: Member[];
  readonly #tickets = new Map<number, Ticket>();
  readonly pieces: StreamIntake<Member>;
  readonly #storing = new Set<Promise<void>>();
  readonly turnstile = new Turnstile();
  /** Packs that came while nothing may be stored; workers hold back after a few. */
  readonly #heldBack: (() => void)[] = [];
  #storesNothing = false;
  /** Flushes, pauses and what must not be paused take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  #nextNumber = 1;
  #failure: { readonly error: unknown } | undefined;
  #onRoom: PromiseWithResolvers<void> | undefined;
  #flushes: PromiseWithResolvers<void>[] = [];
  /** Made when the first worker starts. */
  #known: SharedIdSet | undefined;

  constructor(options: SavePoolOptions) {
    this.#options = options;
    this.#members = Array.from({ length: options.workers }, () => ({
      worker: undefined,
      cost: 0,
      batch: [],
      batchCost: 0,
    }));
    this.pieces = new StreamIntake<Member>({
      workers: options.workers,
      leastLoaded: () => this.#leastLoaded(),
      post: (member, message) => this.#post(member, message),
      onRoom: () => this.#wake(),
      throwFailure: () => this.#throwFailure(),
    });
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  async saveFile(path: Buffer, size: number): Promise<ReadResult> {
    this.#throwFailure();
    const member = this.#leastLoaded();
    const cost = Math.min(Math.max(size, costPerFileMin), costPerFileMax);
    const result = Promise.withResolvers<ReadResult>();
    member.cost += cost;
    member.batch.push({ path: path.toString('latin1'), ticket: { member, cost, result } });
    member.batchCost += cost;
    if (member.batch.length >= filesPerBatchMax || member.batchCost >= costPerBatchMax)
      this.#sendBatch(member);
    return await result.promise;
  }

  saveStream(source: AsyncIterable<Uint8Array>, cut?: 'pages'): Promise<ReadContent> {
    return this.pieces.saveStream(source, cut);
  }

  saveTree(id: string, tree: Buffer): void {
    this.#throwFailure();
    const bytes = new Uint8Array(tree);
    this.#post(this.#leastLoaded(), { type: 'tree', id, bytes }, [bytes.buffer]);
  }

  async ready(): Promise<void> {
    this.#throwFailure();
    this.pieces.linger();
    while (!this.#hasRoom() && !this.turnstile.isClosed) {
      this.#sendBatches();
      this.pieces.sendWaiting();
      this.#onRoom ??= Promise.withResolvers<void>();
      await this.#onRoom.promise;
      this.#throwFailure();
    }
  }

  #hasRoom(): boolean {
    return this.#leastLoaded().cost < costPerWorkerMax && this.pieces.hasRoom;
  }

  flush(): Promise<void> {
    return this.unpaused(() => this.#flushNow());
  }

  async whilePaused(work: () => Promise<void>): Promise<void> {
    await this.unpaused(async () => {
      try {
        const closed = this.turnstile.close();
        // who waits for room inside may wait for a stream that waits outside
        this.#wake();
        await closed;
        await this.#flushNow();
        this.#storesNothing = true;
        while (this.#storing.size > 0) await Promise.all(this.#storing);
        this.#throwFailure();
        await this.#options.indexWriter.flush();
        await work();
      } catch (error) {
        // without the lock nothing more may be stored
        this.#fail(error);
        throw error;
      } finally {
        this.#storesNothing = false;
        const heldBack = this.#heldBack.splice(0);
        if (!this.#failure) for (const store of heldBack) store();
        this.turnstile.open();
      }
    });
  }

  async unpaused<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    const mine = before.then(work);
    // who comes next waits for the end, whatever it is
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }

  async #flushNow(): Promise<void> {
    this.#throwFailure();
    this.hurry();
    await Promise.all(
      this.#members.map(async (member) => {
        if (member.worker === undefined) return;
        const flushed = Promise.withResolvers<void>();
        this.#flushes.push(flushed);
        this.#post(member, { type: 'flush' });
        await flushed.promise;
      }),
    );
    await Promise.all(this.#storing);
    this.#throwFailure();
    await this.#options.indexWriter.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#fail(new LifeboatError('INTERRUPTED', 'the work was given up before its end'));
    await Promise.all(this.#members.map(({ worker }) => worker?.terminate()));
    await Promise.allSettled(this.#storing);
  }

  hurry(): void {
    this.#sendBatches();
    this.pieces.hurry();
  }

  #sendBatches(): void {
    for (const member of this.#members) this.#sendBatch(member);
  }

  #sendBatch(member: Member): void {
    if (member.batch.length === 0) return;
    const first = this.#nextNumber;
    this.#nextNumber += member.batch.length;
    for (const [at, { ticket }] of member.batch.entries()) this.#tickets.set(first + at, ticket);
    this.#post(member, { type: 'files', first, paths: member.batch.map((file) => file.path).join('\0') });
    member.batch = [];
    member.batchCost = 0;
  }

  #knownIds(): SharedIdSet {
    if (this.#known) return this.#known;
    const { index } = this.#options;
    this.#known = SharedIdSet.create(index.size * 2);
    for (const id of index.dataIds()) this.#known.claim(id);
    return this.#known;
  }

  #startWorker(member: Member): Worker {
    const { access, polynomial, verify, packBytesTarget } = this.#options;
    const workerData: SaveWorkerData = {
      key: access.key,
      polynomial,
      version: access.version,
      verify,
      packBytesTarget,
      knownIds: this.#knownIds().memory,
    };
    const worker = startThread(siblingModule(import.meta.url, './save-worker'), {
      workerData,
      resourceLimits: workerLimits,
    });
    worker.on('message', (message: FromSaveWorker) => this.#receive(member, message));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new LifeboatError('INTERNAL', 'a worker thread ended unexpectedly')));
    return worker;
  }

  #receive(member: Member, message: FromSaveWorker): void {
    switch (message.type) {
      case 'files':
        for (const { ticket, result } of decodeFileBatch(message.batch)) this.#finishFile(ticket, result);
        return;
      case 'pieces':
      case 'stream-progress':
      case 'stream':
        this.pieces.receive(message);
        return;
      case 'pack':
        this.#storeOrHoldBack(() => this.#track(this.#storePack(member, message)));
        return;
      case 'flushed':
        defined(this.#flushes.shift(), 'a flush that was asked for').resolve();
        return;
      case 'failed':
        this.#fail(errorOf(message.error));
        return;
      default:
        unreachable(message);
    }
  }

  #finishFile(number: number, result: ReadResult): void {
    const ticket = defined(this.#tickets.get(number), 'the file that was read');
    this.#tickets.delete(number);
    ticket.member.cost -= ticket.cost;
    ticket.result.resolve(result);
    this.#wake();
  }

  #wake(): void {
    this.#onRoom?.resolve();
    this.#onRoom = undefined;
  }

  async #storePack(member: Member, pack: Extract<FromSaveWorker, { type: 'pack' }>): Promise<void> {
    const { access, indexWriter, signal } = this.#options;
    await putPack(access, pack, signal);
    this.#throwFailure();
    for (const blob of pack.blobs) {
      this.stored[blob.type === 'data' ? 'dataBlobs' : 'treeBlobs']++;
      this.stored.bytes += blob.uncompressedLength === 0 ? blob.length : blob.uncompressedLength;
      this.stored.packedBytes += blob.length;
    }
    await indexWriter.addPack(pack.id, pack.blobs);
    this.#post(member, { type: 'pack-stored', buffer: pack.buffer }, [pack.buffer]);
  }

  #storeOrHoldBack(store: () => void): void {
    if (this.#storesNothing) this.#heldBack.push(store);
    else store();
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#storing.delete(tracked));
    this.#storing.add(tracked);
  }

  #leastLoaded(): Member {
    const [first, ...others] = this.#members;
    assert(first, 'the pool has a worker');
    return others.reduce((least, member) => (member.cost < least.cost ? member : least), first);
  }

  #post(member: Member, message: ToSaveWorker, transfer: ArrayBuffer[] = []): void {
    if (this.#failure) return;
    member.worker ??= this.#startWorker(member);
    member.worker.postMessage(message, transfer);
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  #onAbort = (): void => this.#fail(this.#options.signal?.reason);

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    for (const ticket of this.#tickets.values()) ticket.result.reject(error);
    for (const { batch } of this.#members) for (const { ticket } of batch) ticket.result.reject(error);
    this.pieces.fail(error);
    for (const flush of this.#flushes) flush.reject(error);
    this.#onRoom?.resolve();
  }
}
