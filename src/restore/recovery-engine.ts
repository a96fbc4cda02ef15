/**
 * What brings a restored copy of a database forward by its log, declared here and given by the composition root.
 *
 * Glossary: a *base* is a recovery point that a replay can begin at; a *branch* is one line of the database's history
 * (PostgreSQL: a timeline); a *target* says where the replay ends, in the engine's own grammar.
 */
import type { RecoveryFacts } from '../evidence/recovery-facts.ts';
import type { LogReader } from '../log-archive/log-archive.ts';
import type { RecoveryPoint } from '../recovery-point/recovery-point.ts';
import type { RestoreMirror } from '../repository/repository-types.ts';
import type { WorkProgress } from '../repository/work-progress.ts';
import type { SourceFinding } from '../source/source.ts';

export interface RecoveryEngine {
  /** `target` is the text in one form for all that mean the same; it is read without a zone. */
  readTarget(
    text: string,
    timeZone: string,
  ): { readonly ok: true; readonly target: string } | { readonly ok: false; readonly message: string };
  /** Touches nothing but the log. Raises what the log raises, and TARGET_UNREACHABLE for a target that is none. */
  choose(request: RecoveryRequest): Promise<RecoveryChoice>;
  /** What a recovered copy is, before it is released. Raises SOURCE_INVALID for a folder that is none. */
  lookAt(folder: string, signal?: AbortSignal): Promise<CopyState>;
  /** Gives the copy its own settings back. Raises SOURCE_INVALID. */
  release(state: CopyState): Promise<void>;
}

export interface RecoveryRequest {
  /** As `readTarget` gave it. */
  readonly target: string;
  /** `latest`, `current` (that of the base), or its number. */
  readonly branch: 'latest' | 'current' | number;
  /** The better ones first where two captured the same. */
  readonly points: readonly RecoveryPoint[];
  readonly log: LogReader;
  readonly signal?: AbortSignal;
}

export type RecoveryChoice = ChosenRecovery | RefusedRecovery;

export interface RefusedRecovery {
  readonly kind: 'refused';
  /** Such as `before-first`, `gap`, `after-end`. */
  readonly why: string;
  readonly reason: string;
  readonly hint: string;
}

export interface ChosenRecovery {
  readonly kind: 'chosen';
  readonly base: RecoveryPoint;
  readonly target: string;
  /** `timeline 2`. */
  readonly branch: string;
  /** Positions for people: where the replay begins, and up to where the log is needed at most. */
  readonly from: string;
  readonly to: string;
  /** At most. */
  readonly logBytes: number;
  /** What of an older copy is replaced when there is one. */
  readonly mirror: RestoreMirror;
  /** What speaks against recovering in a folder here, before anything is restored: no server, a closed folder, files in the way of parts. */
  preflight(
    folder: string,
    options: RecoveryPlaces & { readonly parts?: RecoveredParts },
    signal?: AbortSignal,
  ): Promise<readonly SourceFinding[]>;
  /** Consumes the restored base below the folder. Raises RECOVERY_FAILED; nothing is left running then. */
  recover(request: RecoverRequest): Promise<RecoveredCopy>;
}

export interface RecoveryPlaces {
  /** Where parts that lay elsewhere go: the old folder or its number, and the new folder, absolute. */
  readonly tablespaces: ReadonlyMap<string, string>;
}

export interface RecoverRequest extends RecoveryPlaces {
  /** That the base was restored below, under its stored paths. */
  readonly folder: string;
  /** Measured at the capture. */
  readonly values: Readonly<Record<string, number | string>>;
  /** Only these are copied out of it, into files; the copy is thrown away afterwards. */
  readonly parts?: RecoveredParts;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RecoveredParts {
  readonly databases: readonly string[];
  /** `orders`, `sales.orders`. */
  readonly tables: readonly string[];
  /** Whose tables they are; that of the checks when it is not said. */
  readonly ofDatabase?: string;
  /** Where the files go, absolute. */
  readonly to: string;
}

export interface RecoveredCopy {
  readonly facts: RecoveryFacts;
  /** The data directory, whose server is stopped and which is isolated; or where the files of its parts are. */
  readonly data: string;
  /** How a person looks at it without opening it to the world; a line each. */
  readonly openWith: readonly string[];
  /** What was copied out of it. */
  readonly files?: readonly { readonly path: string; readonly bytes: number; readonly form: string }[];
}

export interface CopyState {
  readonly data: string;
  /** `PostgreSQL 15`. */
  readonly server: string;
  /** Its own settings are set aside. */
  readonly isIsolated: boolean;
  /** The settings that come back, as the original had them; a line each. */
  readonly settings: readonly string[];
  /** What keeps it from being released, or should be thought of. */
  readonly findings: readonly SourceFinding[];
}
