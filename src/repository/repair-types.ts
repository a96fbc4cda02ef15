/**
 * What others see of the mending of a repository. Everything destructive is first a preview, a value that names what
 * would be written, removed and lost; applying it raises VAULT_LOCKED when the repository is not
 * as it was seen any more.
 *
 * Glossary: a *donor* is another repository that holds the same blobs under a key of its own; a blob is *lost* when
 * no pack of the repository and no donor can give it, and *needed* when a snapshot leads to it.
 */
import type { Repository, Snapshot } from './repository-types.ts';
import type { WorkProgress } from './work-progress.ts';

export interface RepairWork {
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

/** Of one moment: the names and sizes of packs, index files and snapshots. */
export interface Seen {
  readonly fingerprint: string;
}

export interface IndexPreview extends Seen {
  readonly readAllPacks: boolean;
  /** Index files that cannot be read; they are removed when everything is indexed anew. */
  readonly damagedIndexFiles: readonly string[];
  /** Packs that an index file names and that are not there: their entries go. */
  readonly missingPacks: readonly string[];
  /** Packs that no readable index file knows: read from their own headers. */
  readonly addedPacks: readonly string[];
  /** Packs whose header says something else than the index: the header counts. */
  readonly changedPacks: readonly string[];
  /** Packs that stand in several index files: one entry stays. */
  readonly duplicatePacks: readonly string[];
  /** Packs whose header cannot be read: what the index says of them stays. */
  readonly unreadablePacks: readonly string[];
  readonly removesIndexFiles: readonly string[];
  /** Blobs in the index files that would be written. */
  readonly writesBlobs: number;
}

export interface BlobName {
  readonly type: 'data' | 'tree';
  readonly id: string;
}

export interface PackState {
  readonly id: string;
  readonly state: 'missing' | 'damaged';
  /** Blobs that it should hold, and how many of them can still be read out of it. */
  readonly blobs: number;
  readonly readable: number;
  /** Neither readable here nor in another pack. */
  readonly lost: readonly BlobName[];
}

export interface PacksPreview extends Seen {
  readonly packs: readonly PackState[];
}

export interface PacksReport {
  readonly blobsMended: number;
  /** Keys of packs and index files that the store keeps until a date; what could be read of them lies in new packs too. */
  readonly kept: readonly string[];
}

export interface SnapshotChange {
  readonly id: string;
  readonly time: string;
  readonly paths: readonly string[];
  /** Full paths of files that lack something, and of folders whose listing cannot be read. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** `rewrite`: a new snapshot without them; `remove`: not even its root can be read; `unreadable`: the file itself. */
  readonly becomes: 'rewrite' | 'remove' | 'unreadable';
  /** Set once applied. */
  readonly newId?: string;
}

export interface SnapshotsPreview extends Seen {
  readonly keepPartialFiles: boolean;
  readonly looked: number;
  /** Only snapshots that would change. */
  readonly changes: readonly SnapshotChange[];
}

export interface RecoverPreview extends Seen {
  /** Trees that no snapshot and no other tree leads to. */
  readonly trees: readonly string[];
}

/** What is wrong with the objects of a repository, each by its key. */
export interface Diagnosis extends Seen {
  readonly damagedKeys: readonly string[];
  readonly damagedIndexFiles: readonly string[];
  readonly damagedSnapshots: readonly string[];
  readonly damagedLocks: readonly string[];
  /** Ids: there, but not with the right content; and named by the index, but not there. */
  readonly damagedPacks: readonly string[];
  readonly missingPacks: readonly string[];
  /** Packs that no readable index file knows, a sign of a lost index file or of an interrupted backup. */
  readonly unindexedPacks: readonly string[];
  /** How many blobs are needed and lie only in such packs: nobody finds them before the index is made anew. */
  readonly unindexedBlobs: number;
  /** Needed, and not even named by the index. */
  readonly missingBlobs: readonly BlobName[];
  readonly bytesRead: number;
  /** Packs that were read and are right. */
  readonly soundPacks: readonly string[];
}

/** What healing would do, as far as indexes tell: a donor's copy may turn out to be damaged itself. */
export interface HealPreview {
  readonly packs: readonly PackState[];
  /** Needed blobs that the donors would give, and those that nobody has. */
  readonly fromDonors: number;
  readonly lost: readonly BlobName[];
}

export interface SnapshotToMake {
  /** The id of the file that is damaged or gone. */
  readonly replaces: string;
  /** As a donor has it. */
  readonly donor: Snapshot;
}

export interface HealRequest extends RepairWork {
  readonly diagnosis: Diagnosis;
  readonly donors: readonly Repository[];
  readonly snapshots: readonly SnapshotToMake[];
  /** Other keys whose content is wrong, and may be that of a damaged object: two that changed places. */
  readonly wrongElsewhere: readonly string[];
}

export interface HealReport {
  /** Keys of objects that are right again, were made anew under another name, or are needed no more. */
  readonly mended: readonly string[];
  /** Keys of objects that stay as they are. */
  readonly lost: readonly string[];
  /** Keys of damaged objects that the store keeps until a date; what they held was made anew under other names. */
  readonly kept: readonly string[];
  readonly lostBlobs: readonly BlobName[];
  readonly blobsMended: number;
  readonly bytesMended: number;
  /** How many blobs each donor gave, by its location. */
  readonly fromDonors: ReadonlyMap<string, number>;
  /** The new snapshots by the id of the old. */
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  /** Packs that were written: their content is verified. */
  readonly newPacks: readonly string[];
}

export interface RepositoryRepair {
  previewIndex(options?: RepairWork & { readonly readAllPacks?: boolean }): Promise<IndexPreview>;
  applyIndex(preview: IndexPreview, work?: RepairWork): Promise<void>;
  previewPacks(packIds: readonly string[], work?: RepairWork): Promise<PacksPreview>;
  /** Writes what can be read into new packs, then drops the old ones, and with them what is lost. */
  applyPacks(preview: PacksPreview, work?: RepairWork): Promise<PacksReport>;
  previewSnapshots(
    options?: RepairWork & { readonly keepPartialFiles?: boolean; readonly snapshotIds?: readonly string[] },
  ): Promise<SnapshotsPreview>;
  /** `forget` removes the old ones; else the new ones carry the tag `repaired` beside them. */
  applySnapshots(
    preview: SnapshotsPreview,
    options: RepairWork & { readonly forget: boolean },
  ): Promise<readonly SnapshotChange[]>;
  previewRecover(work?: RepairWork): Promise<RecoverPreview>;
  applyRecover(preview: RecoverPreview, work?: RepairWork): Promise<Snapshot>;
  /** Reads everything. */
  diagnose(work?: RepairWork): Promise<Diagnosis>;
  previewHeal(diagnosis: Diagnosis, donors: readonly Repository[], work?: RepairWork): Promise<HealPreview>;
  /** Under an exclusive lock here and shared ones on the donors. */
  heal(request: HealRequest): Promise<HealReport>;
  /** Whether the bytes are the config of this repository. */
  isConfig(bytes: Buffer): boolean;
  /** The key that opened the repository, though its file may be missing. */
  isKeyInUse(id: string): boolean;
}
