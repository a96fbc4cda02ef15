/**
 * Brings a snapshot, or parts of it, back below a folder. Packs are read in stretches and written to files out
 * of order by worker threads; small files are made, filled and finished in one go, larger ones are finished
 * when all their blobs are in. A file that lacks a blob is removed again and reported: better no file than
 * half of one.
 */
import { hasCode, LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { siblingModule } from '../../platform/location.ts';
import { forEachInLanes, forEachLimited } from '../for-each-limited.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { objectKey } from '../layout.ts';
import { ownMemory } from '../own-memory.ts';
import { readBlob } from '../read/dump-file.ts';
import type { TreeReader } from '../read/tree-reader.ts';
import type {
  EntryProblem,
  RestoreMirror,
  RestoreOptions,
  RestoreReport,
  Snapshot,
} from '../repository-types.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { createWorkerPool, type WorkerPool } from '../worker-pool.ts';
import { type DestinationFolder, openDestination } from './destination-folder.ts';
import { createFileWriter } from './file-writer.ts';
import { comparableFiles, inOrder, removeLast, removeStrangers } from './mirror-target.ts';
import { refuseColdPacks } from './needed-packs.ts';
import type { PackPiece, WantedBlob } from './pack-pieces.ts';
import { type PlannedFile, planRestore, type RestorePlan } from './restore-plan.ts';
import type { BlobTarget, ReadReply, ReadRequest, ReadWorkerData, RestorePiece } from './restore-protocol.ts';
import { wantedBlobs } from './wanted-blobs.ts';

export interface RestoreContext {
  readonly access: RepositoryAccess;
  readonly index: BlobIndex;
  readonly trees: TreeReader;
  readonly workers: number;
}

type Pool = WorkerPool<ReadRequest, ReadReply>;

/** Pieces on their way between store and workers, for each worker. */
const piecesPerWorker = 2;
const verifyFilesPerRequest = 64;
const verifyBytesPerRequest = 64 * 1024 * 1024;

export async function restoreSnapshot(
  context: RestoreContext,
  snapshot: Snapshot,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const plan = await planRestore(context.trees, snapshot, options);
  await refuseColdPacks(context.access.store, context.index, plan, options.signal);
  using target = openDestination(options.target);
  refuseWhatIsInTheWay(target, plan, options);
  if (options.replaceFrom === undefined) return await restoreInto(context, plan, target, options);
  using staged = openDestination(options.replaceFrom);
  return await restoreInto(context, plan, staged, options, target);
}

/** With a `target` the entries move there from `destination` when all are in. */
async function restoreInto(
  context: RestoreContext,
  plan: RestorePlan,
  destination: DestinationFolder,
  options: RestoreOptions,
  target?: DestinationFolder,
): Promise<RestoreReport> {
  const run = new RestoreRun(context, plan, destination, options);
  await using pool: Pool = createWorkerPool(
    readWorkerModule,
    { key: context.access.key } satisfies ReadWorkerData,
    context.workers,
  );
  if (target && options.mirror) await run.findSame(pool, target, options.mirror);
  run.makeDirectories();
  await run.restoreFiles(pool);
  run.finishLargeFiles();
  if (options.verify) await run.verify(pool);
  run.dropFailedFiles();
  run.makeLinksAndOthers();
  if (target) run.moveTo(target);
  run.finishDirectories(target ?? destination);
  return run.report();
}

export const readWorkerModule = siblingModule(import.meta.url, './read-worker');

/** Before anything is written. A folder in the place of a file is never replaced. */
function refuseWhatIsInTheWay(
  destination: DestinationFolder,
  plan: RestorePlan,
  options: RestoreOptions,
): void {
  if (destination.isEmpty) return;
  const entries = [...plan.files, ...plan.hardLinks, ...plan.others];
  const inTheWay = entries.filter(({ path }) => destination.exists(path) !== undefined);
  const blocking = plan.directories.filter(({ path }) => destination.exists(path) === 'other');
  const [first] = [...inTheWay, ...blocking];
  if (first === undefined) return;
  if (options.replaceFrom === undefined)
    throw wouldOverwrite(options.target, first.path, inTheWay.length + blocking.length);
  const folder = inTheWay.find(({ path }) => destination.exists(path) === 'directory');
  if (folder) throw folderInTheWay(options.target, folder.path);
}

/** Replacing a file loses one file; a folder may hold anything. */
function folderInTheWay(target: string, path: string): LifeboatError {
  return new LifeboatError(
    'RESTORE_REFUSED',
    `a folder stands where a file must be restored below ${target}: ${shown(path)}`,
    { hint: 'Move the folder away, or restore to an empty folder.' },
  );
}

function wouldOverwrite(target: string, path: string, count: number): LifeboatError {
  return new LifeboatError(
    'RESTORE_REFUSED',
    `${count === 1 ? 'an entry exists' : `${count} entries exist`} already below ${target}, such as ${shown(path)}`,
    {
      hint: 'Restore to an empty folder, or say that existing files may be replaced.',
    },
  );
}

class RestoreRun {
  readonly #context: RestoreContext;
  readonly #plan: RestorePlan;
  readonly #destination: DestinationFolder;
  readonly #options: RestoreOptions;
  readonly #problems: EntryProblem[];
  /** Files that were given up, by number. */
  readonly #failed = new Set<number>();
  /** Files that the target has already, by number. */
  readonly #same = new Set<number>();
  /** Ids of packs that were found damaged or missing. */
  readonly #damagedPacks = new Set<string>();
  #doneBytes = 0;

  constructor(
    context: RestoreContext,
    plan: RestorePlan,
    destination: DestinationFolder,
    options: RestoreOptions,
  ) {
    this.#context = context;
    this.#plan = plan;
    this.#destination = destination;
    this.#options = options;
    this.#problems = [...plan.problems];
  }

  async findSame(pool: Pool, target: DestinationFolder, mirror: RestoreMirror): Promise<void> {
    const numbers = comparableFiles(target, this.#plan, mirror);
    const different = new Set<number>();
    await forEachLimited(
      this.#verifyBatches(numbers),
      this.#context.workers * piecesPerWorker,
      async (batch) => {
        this.#options.signal?.throwIfAborted();
        const files = batch.map((number) => ({ file: number, ...this.#chunksOf(number) }));
        const reply = await pool.run({ type: 'verify', rootFd: target.rootFd, files });
        for (const { file } of reply.problems) different.add(file);
        this.#progress('compare', this.#sizeOf(batch));
      },
    );
    for (const number of numbers) if (!different.has(number)) this.#same.add(number);
    this.#doneBytes = 0;
  }

  makeDirectories(): void {
    for (const directory of this.#plan.directories)
      this.#attempt(directory.path, () => this.#destination.makeDirectory(directory.path));
  }

  async restoreFiles(pool: Pool): Promise<void> {
    const files = this.#plan.files.map((file, at) => (this.#same.has(at) ? { ...file, content: [] } : file));
    const { lanes, missing } = wantedBlobs(files, this.#context.index);
    for (const [number, file] of this.#plan.files.entries()) {
      if (file.content.length !== 1 && !this.#same.has(number))
        this.#attempt(file.path, () => this.#destination.makeFile(file.path, file.size), number);
    }
    for (const { file, id } of missing)
      this.#giveUpDamaged(file, `needs the data blob ${id}, which no index file knows`);
    await forEachInLanes(lanes(this.#context.workers), piecesPerWorker, (piece, worker) =>
      this.#restorePiece(pool, piece, worker),
    );
  }

  finishLargeFiles(): void {
    for (const [number, file] of this.#plan.files.entries()) {
      if (file.content.length === 1 || this.#failed.has(number) || this.#same.has(number)) continue;
      this.#attempt(file.path, () => this.#note(file.path, this.#destination.finishFile(file)), number);
    }
  }

  dropFailedFiles(): void {
    for (const number of this.#failed) {
      const file = this.#plan.files[number];
      if (file && this.#destination.exists(file.path) === 'other') this.#destination.remove(file.path);
    }
  }

  makeLinksAndOthers(): void {
    for (const { path, file } of this.#plan.hardLinks) {
      const existing = this.#plan.files[file];
      if (!existing) continue;
      if (this.#failed.has(file))
        this.#problem(path, 'is a further name of a file that could not be restored');
      else this.#attempt(path, () => this.#destination.makeHardLink(existing.path, path));
    }
    for (const entry of this.#plan.others)
      this.#attempt(entry.path, () => this.#note(entry.path, this.#destination.makeOther(entry)));
  }

  /** What was not restored is not moved, so that the old one stays. */
  moveTo(target: DestinationFolder): void {
    const { directories, files, hardLinks, others } = this.#plan;
    const { mirror } = this.#options;
    if (mirror) removeLast(target, mirror);
    for (const { path } of directories) {
      this.#attempt(path, () => {
        if (target.exists(path) === 'other') target.remove(path);
        target.makeDirectory(path);
      });
    }
    for (const number of this.#same) {
      const file = files[number];
      if (file) this.#attempt(file.path, () => this.#note(file.path, target.finishFile(file)));
    }
    if (mirror) this.#problems.push(...removeStrangers(this.#options.target, this.#plan, mirror));
    for (const { path } of inOrder([...files, ...hardLinks, ...others], mirror)) {
      this.#attempt(path, () => {
        if (this.#destination.exists(path) !== undefined) this.#destination.moveTo(target, path);
      });
    }
  }

  /** Deepest first, so that nothing is made in a directory after its times are set. */
  finishDirectories(destination: DestinationFolder): void {
    for (const directory of this.#plan.directories.toReversed()) {
      this.#attempt(directory.path, () => this.#note(directory.path, destination.finishDirectory(directory)));
    }
  }

  async verify(pool: Pool): Promise<void> {
    this.#doneBytes = 0;
    const own = [...this.#plan.files.keys()].filter((at) => !this.#failed.has(at) && !this.#same.has(at));
    await forEachLimited(
      this.#verifyBatches(own),
      this.#context.workers * piecesPerWorker,
      async (numbers) => {
        const files = numbers.map((number) => ({ file: number, ...this.#chunksOf(number) }));
        const reply = await pool.run({ type: 'verify', rootFd: this.#destination.rootFd, files });
        for (const { file, reason } of reply.problems) this.#giveUp(file, reason);
        this.#progress('verify', this.#sizeOf(numbers));
      },
    );
  }

  report(): RestoreReport {
    const { files, hardLinks, directories, others } = this.#plan;
    const linked = hardLinks.filter(({ file }) => !this.#failed.has(file)).length;
    return {
      files: files.length - this.#failed.size + linked,
      ...(this.#options.mirror === undefined ? {} : { unchanged: this.#same.size }),
      directories: directories.length,
      others: others.length,
      bytes:
        this.#plan.bytes - [...this.#failed].reduce((sum, number) => sum + (files[number]?.size ?? 0), 0),
      problems: this.#problems,
      damagedObjects: [...this.#damagedPacks].map((id) => objectKey('pack', id)).sort(),
    };
  }

  async #restorePiece(pool: Pool, piece: PackPiece, worker: number): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const bytes = await this.#readPiece(piece);
    if (!bytes) {
      for (const blob of piece.blobs)
        await this.#restoreFromElsewhere(piece, blob, `${objectKey('pack', piece.packId)} cannot be read`);
      return;
    }
    const request = this.#request(piece, bytes);
    const reply = await pool.run(request, [bytes.buffer], worker);
    for (const { file, reason, metadataOnly } of reply.problems) {
      if (metadataOnly) this.#note(this.#plan.files[file]?.path ?? '', [reason]);
      else this.#giveUp(file, reason);
    }
    for (const { at, reason } of reply.badBlobs) {
      const blob = piece.blobs[at];
      if (blob) await this.#restoreFromElsewhere(piece, blob, reason);
    }
    this.#progress(
      'restore',
      piece.blobs.reduce((sum, blob) => sum + this.#plaintextBytes(blob) * blob.targets.length, 0),
    );
  }

  /** `undefined` when the pack is missing or cut short; its blobs may lie in another pack as well. */
  async #readPiece(piece: PackPiece): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const { access } = this.#context;
      return ownMemory(await access.store.get(objectKey('pack', piece.packId), piece, this.#options.signal));
    } catch (error) {
      if (
        error instanceof LifeboatError &&
        (error.code === 'OBJECT_MISSING' || error.code === 'OBJECT_DAMAGED')
      )
        return undefined;
      throw error;
    }
  }

  #request(piece: PackPiece, bytes: Uint8Array): RestorePiece {
    return {
      type: 'restore',
      rootFd: this.#destination.rootFd,
      sparse: this.#options.sparse ?? true,
      packId: piece.packId,
      bytes,
      blobs: piece.blobs.map((blob) => ({
        id: blob.id,
        start: blob.place.offset - piece.offset,
        length: blob.place.length,
        uncompressedLength: blob.place.uncompressedLength,
        targets: blob.targets
          .filter(({ file }) => !this.#failed.has(file))
          .map((target) => this.#target(target)),
      })),
    };
  }

  #target({ file, offset, whole }: WantedBlob['targets'][number]): BlobTarget {
    const planned = this.#plan.files[file] as PlannedFile;
    const { path } = planned;
    return whole ? { file, path, offset, whole: planned.attributes } : { file, path, offset };
  }

  /** The pack is named also when another one has what it should hold: other points may need more of it. */
  async #restoreFromElsewhere({ packId }: PackPiece, blob: WantedBlob, reason: string): Promise<void> {
    this.#damagedPacks.add(packId);
    using writer = createFileWriter(this.#destination.rootFd, this.#options.sparse ?? true);
    try {
      const plaintext = await readBlob(this.#context, 'data', blob.id, this.#options.signal, (id) =>
        this.#damagedPacks.add(id),
      );
      for (const target of blob.targets) {
        const planned = this.#target(target);
        this.#attempt(
          planned.path,
          () => this.#note(planned.path, writer.write(planned, plaintext)),
          target.file,
        );
      }
    } catch (error) {
      if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
      for (const { file } of blob.targets)
        this.#giveUpDamaged(file, `${reason}; no other copy in this vault`);
    }
  }

  #sizeOf(numbers: readonly number[]): number {
    return numbers.reduce((sum, number) => sum + (this.#plan.files[number]?.size ?? 0), 0);
  }

  *#verifyBatches(numbers: readonly number[]): Generator<number[]> {
    let batch: number[] = [];
    let bytes = 0;
    for (const number of numbers) {
      batch.push(number);
      bytes += this.#plan.files[number]?.size ?? 0;
      if (batch.length < verifyFilesPerRequest && bytes < verifyBytesPerRequest) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) yield batch;
  }

  #chunksOf(number: number): {
    readonly path: string;
    readonly chunks: readonly { readonly id: string; readonly length: number }[];
  } {
    const file = this.#plan.files[number] as PlannedFile;
    const chunks = file.content.map((id) => ({
      id,
      length: this.#context.index.plaintextBytes('data', id) ?? 0,
    }));
    return { path: file.path, chunks };
  }

  #plaintextBytes(blob: WantedBlob): number {
    return blob.place.uncompressedLength === 0 ? blob.place.length : blob.place.uncompressedLength;
  }

  #giveUpDamaged(file: number, reason: string): void {
    this.#giveUp(file, reason, { isDamage: true });
  }

  #giveUp(file: number, reason: string, blame: Pick<EntryProblem, 'isDamage'> = {}): void {
    const planned = this.#plan.files[file];
    if (!planned || this.#failed.has(file)) return;
    this.#failed.add(file);
    this.#problems.push({ path: `/${shown(planned.path)}`, reason, metadataOnly: false, ...blame });
  }

  #attempt(path: string, act: () => void, file?: number): void {
    try {
      act();
    } catch (error) {
      const name = systemErrorName(error);
      if (name === 'ENOSPC' || name === 'EDQUOT') throw diskFull(error);
      if (name === undefined && !(error instanceof LifeboatError)) throw error;
      const reason = `cannot be made: ${name ?? (error as Error).message}`;
      if (file === undefined) this.#problem(path, reason);
      else this.#giveUp(file, reason);
    }
  }

  #note(path: string, reasons: readonly string[]): void {
    for (const reason of reasons)
      this.#problems.push({ path: `/${shown(path)}`, reason, metadataOnly: true });
  }

  #problem(path: string, reason: string): void {
    this.#problems.push({ path: `/${shown(path)}`, reason, metadataOnly: false });
  }

  #progress(phase: string, bytes: number): void {
    this.#doneBytes += bytes;
    const { files, bytes: totalBytes } = this.#plan;
    this.#options.progress?.({
      phase,
      doneFiles: 0,
      doneBytes: Math.min(this.#doneBytes, totalBytes),
      totalFiles: files.length,
      totalBytes,
    });
  }
}

/** For people: the bytes read as UTF-8. */
function shown(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

function diskFull(cause: unknown): LifeboatError {
  return new LifeboatError('DISK_FULL', 'the disk of the destination is full', {
    hint: 'Free some space or restore to another disk, then run the command again.',
    cause,
  });
}
