/**
 * What the rest of Lifeboat sees of a repository: readonly values and the roles its consumers ask for.
 *
 * Glossary: *blob*: a chunk of a file or one directory listing (a *tree*), named by the SHA-256 of its bytes;
 * *pack*: an object that holds many blobs; *index*: which blob lies where; *snapshot*: a root tree with its
 * circumstances. All as in restic's repository format, version 2.
 */

import type { LifeboatError } from '../error/lifeboat-error.ts';
import type { CaptureEvent, CaptureProblem } from '../source/source.ts';
import type { PruneOptions, PrunePreview, PruneReport } from './prune-types.ts';
import type { WorkProgress } from './work-progress.ts';

export interface Snapshot {
  /** 64 hex digits: the SHA-256 of the stored file. */
  readonly id: string;
  /** RFC 3339 with up to nine fractional digits, as stored. */
  readonly time: string;
  readonly timeMs: number;
  readonly parent?: string;
  readonly tree: string;
  readonly paths: readonly string[];
  readonly hostname?: string;
  readonly username?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly excludes?: readonly string[];
  readonly tags?: readonly string[];
  readonly original?: string;
  readonly programVersion?: string;
  readonly summary?: SnapshotSummary;
}

export interface SnapshotSummary {
  readonly backupStart: string;
  readonly backupEnd: string;
  readonly filesNew: number;
  readonly filesChanged: number;
  readonly filesUnmodified: number;
  readonly dirsNew: number;
  readonly dirsChanged: number;
  readonly dirsUnmodified: number;
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  /** Bytes of new blobs before compression. */
  readonly dataAdded: number;
  /** The same as stored. */
  readonly dataAddedPacked: number;
  readonly totalFilesProcessed: number;
  readonly totalBytesProcessed: number;
}

/** One entry of a snapshot, with its full path as bytes (`/srv/db/orders.sqlite`). */
export interface SnapshotEntry {
  readonly path: Buffer;
  readonly node: import('./tree/node.ts').Node;
}

export interface SnapshotFilter {
  readonly hostname?: string;
  /** All of these must be on the snapshot. */
  readonly tags?: readonly string[];
  /** Exactly these paths, in any order. */
  readonly paths?: readonly string[];
}

/** Role: finding and reading snapshots. */
export interface SnapshotList {
  /** Oldest first. Raises OBJECT_DAMAGED naming the file that cannot be read. */
  snapshots(filter?: SnapshotFilter, signal?: AbortSignal): Promise<readonly Snapshot[]>;
  /** Ids of all snapshots there are, sorted, without reading them. */
  snapshotIds(signal?: AbortSignal): Promise<readonly string[]>;
  /** `latest` or a prefix of an id. Raises SNAPSHOT_NOT_FOUND, SNAPSHOT_AMBIGUOUS. */
  snapshot(selector: string, filter?: SnapshotFilter, signal?: AbortSignal): Promise<Snapshot>;
}

/** Role: reading what snapshots hold. */
export interface SnapshotReader extends SnapshotList {
  /** Every entry below `path` (default all), parents before children, siblings by bytes of the name. */
  list(snapshot: Snapshot, options?: ListOptions): AsyncIterable<SnapshotEntry>;
  /** The bytes of one regular file. Raises PATH_NOT_FOUND. */
  dump(snapshot: Snapshot, path: string | Buffer, signal?: AbortSignal): AsyncIterable<Buffer>;
  diff(older: Snapshot, newer: Snapshot, signal?: AbortSignal): AsyncIterable<DiffEntry>;
  /** `contentDigest` of what a snapshot holds, leaving out the root entries named; see content-digest.ts. */
  contentDigest(snapshot: Snapshot, leaveOut: readonly string[], signal?: AbortSignal): Promise<string>;
  stats(snapshots: readonly Snapshot[], signal?: AbortSignal): Promise<RepositoryStats>;
  /** Raises OBJECT_COLD, before anything is written, when it needs what must be thawed first. */
  restore(snapshot: Snapshot, options: RestoreOptions): Promise<RestoreReport>;
  /** What a restore reads beside the folders. Raises OBJECT_COLD when the folders themselves must be thawed. */
  packsOfRestore(snapshot: Snapshot, selection?: PathSelection): Promise<readonly NeededPack[]>;
  /** What holds the folders of all snapshots. */
  packsOfFolders(signal?: AbortSignal): Promise<readonly NeededPack[]>;
}

export interface ListOptions {
  readonly path?: string | Buffer;
  readonly recursive?: boolean;
  readonly signal?: AbortSignal;
}

export interface DiffEntry {
  readonly path: Buffer;
  /** `M` content, `U` metadata, `T` type, `+` only in the newer, `-` only in the older. */
  readonly change: 'M' | 'U' | 'T' | '+' | '-';
  readonly type: string;
  /** Bytes of the regular file in the older and the newer snapshot. */
  readonly sizeBefore?: number;
  readonly sizeAfter?: number;
}

export interface RepositoryStats {
  readonly snapshots: number;
  readonly files: number;
  /** Bytes after restore of all the snapshots. */
  readonly restoreBytes: number;
  /** Different blobs, their bytes before compression and as stored. */
  readonly blobs: number;
  readonly blobBytes: number;
  readonly storedBytes: number;
}

export interface PathSelection {
  /** Decides by full stored path and type; entries not chosen are left out, directories above chosen ones are made. */
  readonly select?: (path: Buffer, isDirectory: boolean) => 'take' | 'skip' | 'descend';
  readonly signal?: AbortSignal;
}

/** An object that must be read, and may have to be thawed before. */
export interface NeededPack {
  /** In the store: `data/ab/abcd…`. */
  readonly key: string;
  /** Of the whole object, of which a restore may need a part. */
  readonly bytes: number;
}

export interface RestoreOptions extends PathSelection {
  /** Folder that receives the stored absolute paths below it. Made when absent. */
  readonly target: string;
  /**
   * An empty folder on the file system of `target`, or on it itself. Everything is restored there first; then the
   * entries are renamed into `target` one by one, over what exists. Without it RESTORE_REFUSED is raised for what
   * exists, before anything is written.
   */
  readonly replaceFrom?: string;
  /**
   * With `replaceFrom`: files that are as in the snapshot already stay as they are, and what the snapshot does not have
   * in these folders is removed.
   */
  readonly mirror?: RestoreMirror;
  /** Read every restored file back and compare with its blobs. */
  readonly verify?: boolean;
  /** Turn runs of zeros into holes. Default true. */
  readonly sparse?: boolean;
  readonly progress?: (progress: WorkProgress) => void;
}

/** Stored paths. */
export interface RestoreMirror {
  readonly below: string;
  /** A file that is put in place after all others, so that nobody takes a half-made state for a whole one. */
  readonly last?: string;
}

export interface RestoreReport {
  readonly files: number;
  /** Of them, those that were there already. Only with `mirror`. */
  readonly unchanged?: number;
  readonly directories: number;
  readonly others: number;
  readonly bytes: number;
  /** Entries that could not be restored or lost some metadata. Not empty means incomplete. */
  readonly problems: readonly EntryProblem[];
  /** Keys of packs that were found damaged or missing, also where what they hold came from another one. */
  readonly damagedObjects: readonly string[];
}

export interface EntryProblem {
  readonly path: string;
  readonly reason: string;
  /** True when only metadata (owner, attributes) is missing and the bytes are right. */
  readonly metadataOnly: boolean;
  /** What the vault stores of it is damaged or missing; else the place it was to go to is to blame. */
  readonly isDamage?: true;
}

/** Role: writing inside the callback of `write`. */
export interface RepositoryWriter {
  /**
   * Stores one capture as a snapshot; the snapshot becomes visible only after all it refers to is durable.
   * A failing stream of the source raises its error and leaves no snapshot. So does a `patch` whose base is not whole:
   * PATH_NOT_FOUND, OBJECT_MISSING, OBJECT_DAMAGED naming what is missing.
   */
  saveSnapshot(request: SaveRequest): Promise<SavedSnapshot>;
}

export interface SaveRequest {
  readonly events: AsyncIterable<readonly CaptureEvent[]>;
  /** Called after the last event; a further file at the root, such as our manifest, made from what was seen. */
  readonly extraFile?: (
    seen: SeenContent,
  ) => Promise<{ readonly path: readonly string[]; readonly bytes: Buffer } | undefined>;
  readonly time: string;
  readonly paths: readonly string[];
  readonly hostname: string;
  readonly username: string;
  readonly uid: number;
  readonly gid: number;
  readonly tags?: readonly string[];
  readonly excludes?: readonly string[];
  /** Skip unchanged files by this snapshot's stat data; `undefined` reads everything. */
  readonly parent?: Snapshot;
  /** What `patch` contents are patches of: the file of the same path in it. */
  readonly base?: Snapshot;
  /** Read every file, also those that seem unchanged; the parent then only tells what changed. */
  readonly readAll?: boolean;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

/** Totals over everything in the snapshot, and one digest over all contents. */
export interface SeenContent {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly others: number;
  readonly bytes: number;
  /** `contentDigest` of the tree, hex; see content-digest.ts. */
  readonly digest: string;
}

export interface SavedSnapshot {
  readonly snapshot: Snapshot;
  readonly summary: SnapshotSummary;
  readonly seen: SeenContent;
  /** Files that changed or vanished while they were read. Not empty means incomplete. */
  readonly problems: readonly CaptureProblem[];
  /** Files whose content differs from the parent's although size and modification time are the same. */
  readonly silentChanges: readonly string[];
}

export interface CheckOptions {
  /** Read this share of the packs back: all, `n/t`, or a percentage drawn by the given random source. */
  readonly readData?:
    | 'all'
    | { readonly part: number; readonly of: number }
    | { readonly percent: number }
    | { readonly choose: (sizes: ReadonlyMap<string, number>) => readonly string[] };
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface CheckReport {
  readonly packs: number;
  readonly packsRead: number;
  readonly bytesRead: number;
  readonly blobs: number;
  readonly snapshots: number;
  /** Bytes of the packs that the index knows, by id, and which of them were read now and found right. */
  readonly packSizes: ReadonlyMap<string, number>;
  readonly soundPackIds: readonly string[];
  /** Packs that were to be read and lie in an archive class: nothing is known of their bytes. */
  readonly coldPackIds: readonly string[];
  /** Of index files that cannot be read, and of packs that may be needed and none names: they count as not read. */
  readonly unknownBytes: number;
  /** Damage: something needed is missing or wrong. */
  readonly errors: readonly CheckFinding[];
  /** Harmless: unreferenced packs and the like. */
  readonly hints: readonly CheckFinding[];
}

export interface ReadBackOptions {
  /** Packs that were read back before and need not be read again. */
  readonly alreadyRead?: ReadonlySet<string>;
  /** Of those, some that are drawn at random are read all the same: at most so many packs and bytes. */
  readonly sample?: { readonly packs: number; readonly bytes: number };
  /** Packs that are known to be damaged: what lies elsewhere too is read there. */
  readonly suspectedPacks?: ReadonlySet<string>;
  /** What a reading just before found wrong: such packs are not read again, and whatever needs one does not read back. */
  readonly knownErrors?: readonly CheckFinding[];
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ReadBackReport {
  readonly snapshots: readonly SnapshotFindings[];
  /** Packs read now and found right. */
  readonly readPackIds: readonly string[];
  readonly packsNeeded: number;
  readonly bytesRead: number;
}

/** Without errors and cold packs: every byte that the snapshot needs is there and right. */
export interface SnapshotFindings {
  readonly id: string;
  readonly errors: readonly CheckFinding[];
  /** Packs that it needs, that lie in an archive class and were not read before either. */
  readonly coldPacks: number;
}

export interface NeededOptions {
  /** Ids of packs that may be damaged: of what lies elsewhere too, the other place is needed. Default none. */
  readonly suspectedPacks?: ReadonlySet<string>;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

/** Snapshots whose needs are told together, such as those of one system. */
export interface NeededBy {
  readonly group: string;
  readonly snapshotIds: readonly string[];
}

export interface NeededObjects {
  /** By key. */
  readonly objects: readonly NeededObject[];
  /** Index files that a prune will write anew, because they name packs that go too. They can be made from the packs. */
  readonly replaceable: readonly string[];
}

export interface NeededObject {
  readonly key: string;
  /** Bytes; known of packs. */
  readonly size?: number;
  readonly groups: readonly string[];
}

export interface CheckFinding {
  /** The object's key in the store (`data/ab/abcd…`), or the blob's id. */
  readonly object: string;
  readonly what: string;
  readonly hint: string;
}

export interface KeyInfo {
  readonly id: string;
  readonly username: string;
  readonly hostname: string;
  readonly created: string;
  /** The key that this process opened the repository with. */
  readonly current: boolean;
  /** What one try of a password costs: scrypt's N, r and p. Absent for a damaged file. */
  readonly cost?: { readonly N: number; readonly r: number; readonly p: number };
  /** Why the key file is damaged; then it opens nothing and tells nothing. Absent for every sound one. */
  readonly problem?: string;
}

/** Small sealed objects beside the repository: records, plans. The bytes are compressed and sealed. */
export interface SealedObjects {
  put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Raises OBJECT_MISSING, OBJECT_DAMAGED. */
  get(key: string, signal?: AbortSignal): Promise<Buffer>;
  list(prefix: string, signal?: AbortSignal): AsyncIterable<{ readonly key: string; readonly size: number }>;
  /** What `put` would store, for objects that have several sealed parts. `quick`: compressed in half the time, and less. */
  seal(bytes: Uint8Array, effort?: 'usual' | 'quick'): Buffer;
  /** The way back; `name` is of the object. Quicker where it is known how long it is at most. Raises OBJECT_DAMAGED. */
  open(sealed: Uint8Array, name: string, bytesMax?: number): Buffer;
}

/** An open repository: the key fits and the format is known. */
export interface Repository extends SnapshotReader, AsyncDisposable {
  /** 64 hex digits from the config. */
  readonly id: string;
  readonly version: 1 | 2;
  readonly location: string;
  /** The chunker polynomial, secret, so that a second vault can be made to deduplicate against the first. */
  readonly chunkerPolynomial: bigint;
  readonly sealed: SealedObjects;
  /** Takes a shared lock; packs and index are durable when the promise resolves. */
  write<T>(work: (writer: RepositoryWriter) => Promise<T>, options?: WriteOptions): Promise<T>;
  check(options?: CheckOptions): Promise<CheckReport>;
  /** Reads back all that the snapshots need. Raises OBJECT_DAMAGED when not even the index can be read. */
  readBack(snapshotIds: readonly string[], options?: ReadBackOptions): Promise<ReadBackReport>;
  /**
   * Deletes snapshots under an exclusive lock and touches no pack; those that are gone already are no error.
   * Raises VAULT_LOCKED, OBJECT_RETAINED, STORE_APPEND_ONLY.
   */
  forget(snapshotIds: readonly string[], signal?: AbortSignal, confirm?: ForgetConfirmation): Promise<void>;
  /** What a prune would do at this moment; see prune/. */
  previewPrune(options: PruneOptions): Promise<PrunePreview>;
  /**
   * Marks what no snapshot needs, and removes what was marked longer ago than the grace. Raises VAULT_LOCKED,
   * VAULT_DAMAGED, OBJECT_DAMAGED, OBJECT_MISSING, STORE_APPEND_ONLY; then nothing that is needed was removed.
   */
  prune(options: PruneOptions): Promise<PruneReport>;
  /**
   * What each group of snapshots cannot be restored without. Raises VAULT_DAMAGED, OBJECT_DAMAGED, OBJECT_MISSING when
   * it cannot be known.
   */
  neededObjects(groups: readonly NeededBy[], options?: NeededOptions): Promise<NeededObjects>;
  /** Runs work while nobody can delete anything: under a shared lock. Raises VAULT_LOCKED. */
  undisturbed<T>(work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>;
  keys(signal?: AbortSignal): Promise<readonly KeyInfo[]>;
  addKey(password: string, signal?: AbortSignal): Promise<KeyInfo>;
  /** Gives the whole id. Raises KEY_NOT_FOUND, KEY_IN_USE. */
  removeKey(idPrefix: string, signal?: AbortSignal): Promise<string>;
  /** Removes locks that are provably stale; `all` removes every lock. Returns how many. */
  unlock(all: boolean, signal?: AbortSignal): Promise<number>;
}

/** Called when the lock is held, before anything is deleted: the ids that are to go after all. */
export type ForgetConfirmation = (signal: AbortSignal) => Promise<readonly string[]>;

export interface WriteOptions {
  /** Decrypt, decompress and re-hash everything before it is uploaded. Default true. */
  readonly verifyUploads?: boolean;
  readonly signal?: AbortSignal;
}

/** One repository that receives copies. */
export interface CopyTarget {
  readonly repository: Repository;
  /** Of the source: what it is to have. */
  readonly snapshotIds: readonly string[];
}

export interface CopyOptions {
  /** Decrypt, decompress and re-hash everything before it is uploaded. Default true. */
  readonly verifyUploads?: boolean;
  /** Stored bytes after which the index is written, so that a copy cut short resumes there. Smaller in tests only. */
  readonly batchBytes?: number;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface CopyReport {
  /** In the order of the targets. */
  readonly targets: readonly TargetReport[];
  /** Of packs of the source, beside its trees. */
  readonly bytesRead: number;
}

export interface TargetReport {
  /** What is there now. */
  readonly copied: readonly CopiedSnapshot[];
  /** What cannot be copied, because the source has not all of it whole: COPY_INCOMPLETE. */
  readonly failed: readonly FailedCopy[];
  readonly bytesStored: number;
  /** Why nothing more could be written there. What is neither copied nor failed waits for another time. */
  readonly error?: LifeboatError;
}

export interface CopiedSnapshot {
  /** The id in the source. */
  readonly from: string;
  readonly snapshot: Snapshot;
  /** False when it was there before. */
  readonly isNew: boolean;
}

export interface FailedCopy {
  readonly from: string;
  readonly error: LifeboatError;
}
