/**
 * A vault: one place that holds our data. It is a repository, and beside it under `lifeboat/` what runs wrote
 * about themselves and the plans under which they ran. Everything but `vault.json` is sealed with the
 * repository's key, so one key opens all of it, and stock restic never looks there.
 */

import type { ChainProblem } from '../evidence/chain.ts';
import type { RunRecord, StoreUse } from '../evidence/record.ts';
import type { LogFinding } from '../log-archive/log-access.ts';
import type { OpenLog } from '../log-archive/open-log-archive.ts';
import type { LogName } from '../log-archive/piece-key.ts';
import type { Repository } from '../repository/repository-types.ts';
import type { ArchiveAccess } from './archive-access.ts';
import type { VaultFile } from './vault-file.ts';
import type { VaultParts } from './vault-parts.ts';
import type { VaultSpares } from './vault-spares.ts';

export interface Vault extends AsyncDisposable {
  /** From `vault.json`; of a plain restic repository its own id. */
  readonly id: string;
  /** Absent for a plain restic repository: such a vault keeps no records. */
  readonly file?: VaultFile;
  readonly location: string;
  /** `local`, `s3`, `azure` …: of its `facts`. */
  readonly storeKind: string;
  /** What its store was asked for and what it carried since the vault was opened. */
  readonly storeUse: () => StoreUse;
  readonly repository: Repository;
  /** Absent where the store has no archive classes. */
  readonly archive?: ArchiveAccess;
  /** Appends one record to this machine's chain; durable in the vault when the promise resolves. */
  append(record: RunRecord): Promise<void>;
  /** All records of all writers, and what is wrong with their chains. Also refreshes the local cache. */
  records(signal?: AbortSignal): Promise<VaultRecords>;
  /** What of it lies where it should, whatever copies it was opened from. */
  parts(signal?: AbortSignal): Promise<VaultParts>;
  readonly plans: PlanArchive;
  /** The log of one system in one life of its cluster; nothing is asked or written before it is used. */
  log(name: LogName, tell?: (finding: LogFinding) => void): OpenLog;
  /** Which logs there are. Reads the names of all their pieces. */
  logs(signal?: AbortSignal): Promise<readonly LogName[]>;
  /** Absent for a plain restic repository. */
  readonly spares?: VaultSpares;
}

export interface VaultRecords {
  readonly records: readonly RunRecord[];
  readonly problems: readonly ChainProblem[];
  /** Snapshots that are there: a record of one that is gone proves nothing any more. */
  readonly snapshotIds: readonly string[];
  /** When they were read from the vault: milliseconds since the epoch. */
  readonly readAtMs: number;
}

/** Every plan version that ran, by hash. */
export interface PlanArchive {
  save(plan: ArchivedPlan, signal?: AbortSignal): Promise<void>;
  /**
   * Newest first. What is damaged or gone comes from its second copy; `tell` hears of it, and of plans that neither gives.
   * Raises OBJECT_DAMAGED when there are plans and none can be read.
   */
  list(signal?: AbortSignal, tell?: (trouble: string) => void): Promise<readonly ArchivedPlan[]>;
}

export interface ArchivedPlan {
  readonly planId: string;
  readonly planHash: string;
  readonly fileName: string;
  /**
   * The plan file as it was, comments and all, or what several files and a profile make up; secrets are references
   * in it.
   */
  readonly text: string;
  readonly savedAtMs: number;
}
