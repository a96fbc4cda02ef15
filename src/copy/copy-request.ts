/** What is asked of copying points, and what comes of it. */
import type { LifeboatError } from '../error/lifeboat-error.ts';
import type { BackupRecord, CheckRecord, CopyRecord } from '../evidence/record.ts';
import type { RunContext } from '../evidence/run-context.ts';
import type { WorkProgress } from '../repository/work-progress.ts';
import type { Vault } from '../vault/vault.ts';

/** What the source's vault has recorded of the point. */
export type PointRecord = (BackupRecord | CopyRecord) & { readonly snapshotId: string };

export interface CopyPointsRequest {
  readonly run: RunContext;
  readonly from: Vault;
  readonly to: readonly CopyDestination[];
  readonly cacheDirectory: string;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface CopyDestination {
  readonly vault: Vault;
  readonly points: readonly PointRecord[];
}

export interface VaultCopies {
  readonly copied: readonly CopiedPoint[];
  /** COPY_INCOMPLETE, one for each point that the source has not whole. */
  readonly failed: readonly LifeboatError[];
  /** Snapshots that were given up in the source after they were asked for: there is nothing left to copy. */
  readonly gone: readonly string[];
  readonly bytesStored: number;
  /** Why not everything that could be copied is there and counts. */
  readonly error?: LifeboatError;
}

export interface CopiedPoint {
  readonly record: CopyRecord;
  readonly check: CheckRecord;
}

export interface CopyPointsOutcome {
  /** In the order of the destinations. */
  readonly vaults: readonly VaultCopies[];
  readonly bytesRead: number;
}
