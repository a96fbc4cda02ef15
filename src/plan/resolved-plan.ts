/**
 * A plan with every default filled in and every objective inherited: what the rest of Lifeboat works with.
 * Paths stay as written (relative ones count from the plan's folder), secrets stay references.
 */
import type { Schedule } from '../schedule/schedule.ts';
import type { Bytes } from './byte-size.ts';
import type { Milliseconds } from './duration.ts';
import type { PlanPath } from './plan-path.ts';
import type { SecretReference } from './secret-reference.ts';

export interface ResolvedPlan {
  readonly version: 1;
  readonly metadata: ResolvedMetadata;
  /** In the order of the file. */
  readonly vaults: readonly ResolvedVault[];
  readonly systems: readonly ResolvedSystem[];
  readonly onFailure?: { readonly command: string; readonly timeoutMs: Milliseconds };
  readonly deadManUrl?: SecretReference | { readonly kind: 'literal'; readonly value: string };
}

export interface ResolvedMetadata {
  readonly id: string;
  readonly name: string;
  readonly organisation?: string;
  readonly owner: string;
  readonly timeZone: string;
}

export type VaultRole = 'primary' | 'secondary' | 'archive';

export interface ResolvedVault {
  readonly name: string;
  readonly location: string;
  readonly role: VaultRole;
  /** Absent: the password comes from LIFEBOAT_PASSWORD and its relatives. */
  readonly password?: SecretReference;
  readonly offSite: boolean;
}

export interface ResolvedSystem {
  readonly name: string;
  readonly description?: string;
  readonly tier?: string;
  readonly critical: boolean;
  readonly dataClasses: readonly string[];
  readonly owner: string;
  readonly dependsOn: readonly string[];
  /** Absent for systems that have no data of their own. */
  readonly source?: ResolvedSource;
  readonly objectives: ResolvedObjectives;
  /** Empty: runs only when somebody asks. */
  readonly schedules: readonly Schedule[];
  /** Absent: everything is kept. */
  readonly retention?: Retention;
  /** Names of vaults, at least one in a plan without errors. */
  readonly vaults: readonly string[];
  readonly checks: readonly ResolvedCheck[];
  readonly canary?: ResolvedCanary;
}

export type ResolvedSource =
  | {
      readonly kind: 'files';
      readonly paths: readonly string[];
      readonly exclude: readonly string[];
      readonly oneFileSystem: boolean;
      readonly excludeCaches: boolean;
      readonly maxFileSizeBytes?: Bytes;
      readonly ignoreFiles: readonly string[];
    }
  | {
      readonly kind: 'sqlite';
      readonly path: string;
      readonly maxWriterPauseMs: Milliseconds;
      readonly counts: readonly string[] | 'all';
    }
  | { readonly kind: 'env'; readonly variables: readonly string[]; readonly files: readonly string[] }
  | {
      readonly kind: 'command';
      /** Text for `sh -c`, or a program with its arguments. */
      readonly run: string | readonly string[];
      readonly file: string;
      readonly timeoutMs: Milliseconds;
    };

/** The name is unique within its system. */
export type ResolvedCheck =
  | { readonly kind: 'integrity' | 'foreign_keys'; readonly name: string }
  | {
      readonly kind: 'sql';
      readonly name: string;
      readonly query: string;
      readonly expect: SqlExpectation;
      readonly tolerance: Tolerance;
    }
  | { readonly kind: 'files'; readonly name: string; readonly minCount?: number; readonly manifest: boolean }
  | {
      readonly kind: 'command';
      readonly name: string;
      readonly run: string | readonly string[];
      readonly timeoutMs: Milliseconds;
    };

/** `source`: what the same query gave at capture. */
export type SqlExpectation =
  | { readonly kind: 'source' }
  | { readonly kind: 'value'; readonly value: number | string };

export interface Tolerance {
  readonly kind: 'absolute' | 'percent';
  readonly value: number;
}

export type ResolvedCanary =
  | { readonly kind: 'table'; readonly table: string }
  | { readonly kind: 'file'; readonly path: string };

export interface ResolvedObjectives {
  readonly rpo?: Objective;
  readonly rto?: Objective;
  readonly proofAge: Objective;
}

export interface Objective {
  readonly valueMs: Milliseconds;
  readonly from: ObjectiveOrigin;
}

/** Where the value of an objective was found; `path` leads to it in the file and is empty for the default. */
export interface ObjectiveOrigin {
  readonly kind: 'system' | 'data class' | 'tier' | 'plan' | 'default';
  readonly path: PlanPath;
}

/** How many of the newest points of each kind are kept; each rule adds to the others. */
export interface Retention {
  readonly last: number;
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  readonly withinMs?: Milliseconds;
}
