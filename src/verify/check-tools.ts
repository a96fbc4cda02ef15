/** What verification needs from the adapters, declared here and given by the composition root. */
import type { CanaryMark } from '../evidence/record.ts';
import type { ResolvedCanary } from '../plan/resolved-plan.ts';

export interface CheckTools {
  /** Opens a restored database; what is wrong with the file shows in the verdicts. */
  openDatabase(file: string, workFolder: string): Promise<DatabaseProbe>;
  /** The newest canary in a restored state; `undefined` when there is none. `file` is where the source's data were restored to. */
  readCanary(canary: ResolvedCanary, file: string): Promise<CanaryMark | undefined>;
}

export interface DatabaseProbe extends AsyncDisposable {
  integrity(): Promise<ProbeVerdict>;
  foreignKeys(): Promise<ProbeVerdict>;
  /** The value of a query of one row and one column. */
  value(sql: string): Promise<ProbeVerdict>;
}

export type ProbeVerdict =
  | { readonly kind: 'passed'; readonly value: number | string }
  /** The data is bad. */
  | { readonly kind: 'failed'; readonly reasons: readonly string[] }
  /** The check could not be carried out. */
  | { readonly kind: 'inconclusive'; readonly reason: string };
