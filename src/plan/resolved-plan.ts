/**
 * A plan with every default filled in and every objective inherited: what the rest of Lifeboat works with.
 * Paths stay as written (relative ones count from the plan's folder), secrets stay references.
 */
import type { Schedule } from '../schedule/schedule.ts';
import type { Bytes } from './byte-size.ts';
import type { Milliseconds } from './duration.ts';
import type { PlanPath } from './plan-path.ts';
import type { Plan, SystemPlan, VaultPlan } from './plan-schema.ts';
import type { SecretReference } from './secret-reference.ts';

export interface ResolvedPlan extends NamedBlocks, GovernanceBlocks {
  readonly version: 1;
  readonly metadata: ResolvedMetadata;
  /** As written; what systems inherit of them stands with the systems. */
  readonly tiers: Named<'tiers'>;
  readonly dataClasses: Named<'data_classes'>;
  /** In the order of the file. */
  readonly vaults: readonly ResolvedVault[];
  readonly systems: readonly ResolvedSystem[];
  readonly onFailure?: { readonly command: string; readonly timeoutMs: Milliseconds };
  readonly deadManUrl?: SecretReference | { readonly kind: 'literal'; readonly value: string };
}

type Named<Block extends keyof Plan> = Readonly<NonNullable<Plan[Block]>>;

/** Blocks of named things, with the usual values filled in; empty where the plan has none. Keys are those of the file. */
export interface NamedBlocks {
  readonly sites: Named<'sites'>;
  readonly destinations: Named<'destinations'>;
  readonly failovers: Named<'failovers'>;
  readonly recoveryNeeds: Named<'recovery_needs'>;
  readonly runbooks: Named<'runbooks'>;
  readonly scenarios: Named<'scenarios'>;
  readonly drills: Named<'drills'>;
  readonly probes: Named<'probes'>;
  readonly channels: Named<'channels'>;
  readonly alerts: Named<'alerts'>;
  readonly contacts: Named<'contacts'>;
  readonly teams: Named<'teams'>;
  readonly rotas: Named<'rotas'>;
  readonly escalations: Named<'escalations'>;
  readonly vendors: Named<'vendors'>;
  readonly insurance: Named<'insurance'>;
  readonly training: Named<'training'>;
}

/** Blocks that are there once or not at all. */
export interface GovernanceBlocks {
  readonly communication?: NonNullable<Plan['communication']>;
  readonly records?: NonNullable<Plan['records']>;
  readonly compliance?: NonNullable<Plan['compliance']>;
  readonly budget?: NonNullable<Plan['budget']>;
  readonly readiness?: NonNullable<Plan['readiness']>;
  readonly review?: NonNullable<Plan['review']>;
  readonly relatedDocuments?: NonNullable<Plan['related_documents']>;
}

export type RunbookPlan = NamedBlocks['runbooks'][string];
export type StepPlan = RunbookPlan['steps'][number];
export type ScenarioPlan = NamedBlocks['scenarios'][string];
export type FailoverPlan = NamedBlocks['failovers'][string];
export type ProbePlan = NamedBlocks['probes'][string];
export type AlertPlan = NamedBlocks['alerts'][string];
export type DrillPlan = NamedBlocks['drills'][string];
export type RecoveryNeedPlan = NamedBlocks['recoveryNeeds'][string];
export type PhasesPlan = NonNullable<ScenarioPlan['phases']>;

export interface ResolvedMetadata {
  readonly id: string;
  readonly name: string;
  readonly organisation?: string;
  readonly owner: string;
  readonly timeZone: string;
  /** What the plan says about itself, as written. */
  readonly document: Omit<Plan['metadata'], 'id' | 'name' | 'organisation' | 'owner' | 'time_zone'>;
}

export type VaultRole = 'primary' | 'secondary' | 'archive';

export interface ResolvedVault {
  readonly name: string;
  readonly location: string;
  readonly role: VaultRole;
  /** Absent: the password comes from LIFEBOAT_PASSWORD and its relatives. */
  readonly password?: SecretReference;
  readonly offSite: boolean;
  /** What its location names. */
  readonly store: VaultStore;
  /** What is promised about the place, with the usual values filled in. */
  readonly declared: Omit<VaultPlan, 'location' | 'role' | 'password' | 'off_site'>;
}

/** `folder` is what this version opens. */
export type VaultStore = 'folder' | 's3' | 'azure' | 'other';

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
  /** All times at which something is captured: of `schedule` or of all backups. Empty: only when somebody asks. */
  readonly schedules: readonly Schedule[];
  /** Lines of backups; a plain `schedule` is one line named `schedule`, a full one. */
  readonly backups: readonly ResolvedBackup[];
  /** Absent: everything is kept. */
  readonly retention?: Retention;
  /** Names of vaults, at least one in a plan without errors. */
  readonly vaults: readonly string[];
  readonly checks: readonly ResolvedCheck[];
  readonly canary?: ResolvedCanary;
  /** The continuous log of its database. */
  readonly logs?: NonNullable<SystemPlan['logs']>;
  readonly replication: NonNullable<SystemPlan['replication']>;
  readonly proof?: NonNullable<SystemPlan['proof']>;
  readonly estimates: NonNullable<SystemPlan['estimates']>;
  readonly content: readonly string[];
  /** Where it runs; the only primary site when the system names none. Absent when the plan has no sites. */
  readonly site?: string;
  readonly service?: NonNullable<SystemPlan['service']>;
  readonly dns?: NonNullable<SystemPlan['dns']>;
  readonly cdn?: NonNullable<SystemPlan['cdn']>;
  readonly release?: NonNullable<SystemPlan['release']>;
  readonly highAvailability?: NonNullable<SystemPlan['high_availability']>;
  readonly runbook?: string;
  readonly needs: readonly string[];
}

/** One line of backups of a system. */
export interface ResolvedBackup extends Omit<NonNullable<SystemPlan['backups']>[string], 'schedule'> {
  readonly name: string;
  readonly schedules: readonly Schedule[];
  /** Leads to the schedule in the file. */
  readonly path: PlanPath;
}

export type ResolvedSource = CapturedSource | RemoteSource;

type SourcePlan = NonNullable<SystemPlan['source']>;

/** Kinds that this version reasons about and does not capture from yet, as written. */
export type RemoteSource = Extract<
  SourcePlan,
  { kind: 'postgres' | 'mysql' | 's3' | 'azure' | 'git' | 'kubernetes' | 'terraform' | 'other' }
>;

/** Kinds that this version captures from. */
export type CapturedSource =
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
    }
  | PostgresSource;

type PostgresPlan = Extract<SourcePlan, { kind: 'postgres' }>;

/** As written, with its usual values. */
export type PostgresSource = PostgresPlan & { readonly method: CapturedMethod };

/** How this version takes a copy of a PostgreSQL server. */
export type CapturedMethod = Exclude<PostgresPlan['method'], 'snapshot'>;

/** References are not resolved. */
export type ConnectionPlan = PostgresPlan['connection'];

/** The name is unique within its system. */
export type ResolvedCheck = RunnableCheck | LaterCheck;

/** Checks that this version carries out. */
export type RunnableCheck =
  | { readonly kind: 'integrity' | 'foreign_keys'; readonly name: string }
  | {
      readonly kind: 'sql';
      readonly name: string;
      readonly query: string;
      readonly expect: SqlExpectation;
      readonly tolerance: Tolerance;
    }
  | {
      readonly kind: 'row_counts';
      readonly name: string;
      readonly tables: readonly string[];
      readonly tolerance: Tolerance;
    }
  /** All tables of the database when none is named. */
  | { readonly kind: 'tables'; readonly name: string; readonly tables?: readonly string[] }
  | { readonly kind: 'files'; readonly name: string; readonly minCount?: number; readonly manifest: boolean }
  | {
      readonly kind: 'command';
      readonly name: string;
      readonly run: string | readonly string[];
      readonly timeoutMs: Milliseconds;
    };

type CheckPlan = NonNullable<SystemPlan['checks']>[number];

/** Checks that this version understands and does not carry out yet, as written. */
export type LaterCheck = Omit<
  Extract<
    CheckPlan,
    {
      kind: 'object_count' | 'compare' | 'sample' | 'http' | 'consistency';
    }
  >,
  'name'
> & { readonly name: string };

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
  readonly drillAge?: Objective;
  /** How far back it must be possible to return. */
  readonly keepAtLeast?: Objective;
  /** How long data may be kept at all. */
  readonly keepAtMost?: Objective;
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
  readonly atMostMs?: Milliseconds;
  readonly archive?: NonNullable<NonNullable<SystemPlan['retention']>['archive']>;
}
