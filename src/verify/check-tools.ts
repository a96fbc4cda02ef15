/** What verification needs from the adapters, declared here and given by the composition root. */
import type { CanaryMark } from '../evidence/record.ts';
import type { RecoveryFacts } from '../evidence/recovery-facts.ts';
import type { LogReader } from '../log-archive/log-archive.ts';
import type { ResolvedCanary, ResolvedSource } from '../plan/resolved-plan.ts';
import type { Manifest } from '../recovery-point/manifest.ts';

export interface CheckTools {
  /** Opens a restored database; what is wrong with it shows in the verdicts. */
  openDatabase(database: RestoredData, signal?: AbortSignal): Promise<DatabaseProbe>;
  /** The newest canary in a restored state; `undefined` when there is none. `file` is where the source's data were restored to. */
  readCanary(canary: ResolvedCanary, file: string): Promise<CanaryMark | undefined>;
}

export interface RestoredData {
  /** The restored file, or folder of a server's data. */
  readonly path: string;
  /** For private copies and sockets; empty at the start. */
  readonly workFolder: string;
  readonly source: ResolvedSource;
  readonly manifest: Manifest;
  /** What was written after the capture, of a system whose log is in a vault. */
  readonly log?: LogReader;
}

export interface DatabaseProbe extends AsyncDisposable {
  /** Of a database that a server must be started for: whether one could. */
  readonly opened?: ProbeVerdict;
  /** How long that took, milliseconds: it belongs to the time of the recovery. */
  readonly openMs?: number;
  integrity(): Promise<ProbeVerdict>;
  foreignKeys(): Promise<ProbeVerdict>;
  /** The value of a query of one row and one column. */
  value(sql: string): Promise<ProbeVerdict>;
  /** What the engine itself finds wrong with the tables, all where none is named. Absent where it has no such check. */
  checkTables?(tables?: readonly string[]): Promise<ProbeVerdict>;
  /** Of a table whose rows were counted at the capture. */
  rowCount?(table: string): Promise<ProbeVerdict>;
  /**
   * Replays what was written after the capture, up to where the log stood when figures were measured, or to its end.
   * Everything is asked of that state from then on.
   */
  readonly advance?: (to: 'measured' | 'end') => Promise<ProbeVerdict>;
  /** What replaying to the end came to. */
  readonly replayed?: ReplayedLog | undefined;
  /** Where the canary is in a table that a server gives; `undefined` when there is none. */
  canary?(table: string): Promise<CanaryMark | undefined>;
}

export interface ReplayedLog extends RecoveryFacts {
  /** Everything that was written until then is in it: milliseconds since the epoch. */
  readonly currentAtMs: number;
}

export type ProbeVerdict =
  | { readonly kind: 'passed'; readonly value: number | string }
  /** The data is bad. */
  | { readonly kind: 'failed'; readonly reasons: readonly string[] }
  /** The check could not be carried out. */
  | { readonly kind: 'inconclusive'; readonly reason: string };
