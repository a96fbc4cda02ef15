/** What a backup of one system into one vault needs to know. */
import type { CanaryMark } from '../evidence/record.ts';
import type { RunContext, SystemIdentity } from '../evidence/run-context.ts';
import type { WorkProgress } from '../repository/work-progress.ts';
import type { Source } from '../source/source.ts';
import type { Vault } from '../vault/vault.ts';

export interface BackupRequest {
  readonly run: RunContext & { readonly plan: NonNullable<RunContext['plan']> };
  readonly system: SystemIdentity;
  readonly vault: Vault;
  readonly source: Source;
  /** What `paths` of the snapshot say: what the source reads, for people and for finding the parent. */
  readonly paths: readonly string[];
  readonly excludes?: readonly string[];
  /** Writes the mark into the source; only given when the plan asks for a canary. */
  readonly canary?: { readonly sequence: number; write(mark: CanaryMark): Promise<void> };
  /** Read every file even when its stat data say that it did not change. */
  readonly full: boolean;
  readonly identity: {
    readonly hostname: string;
    readonly username: string;
    readonly uid: number;
    readonly gid: number;
  };
  readonly cacheDirectory: string;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}
