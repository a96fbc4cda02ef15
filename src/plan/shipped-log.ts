/** Which systems have a log that this version keeps. */
import type { PostgresSource, ResolvedSystem } from './resolved-plan.ts';

export interface ShippedLog {
  readonly source: PostgresSource;
  readonly logs: NonNullable<ResolvedSystem['logs']>;
  /** Names of the vaults that it goes to. */
  readonly vaults: readonly string[];
}

/** No log can be applied to a dump; and what leaves the server by other means leaves without us. */
export function shippedLog({ source, logs, vaults }: ResolvedSystem): ShippedLog | undefined {
  if (source?.kind !== 'postgres' || source.method !== 'physical') return undefined;
  if (logs === undefined || logs.method === 'replication') return undefined;
  return { source: { ...source, method: source.method }, logs, vaults: logs.vaults ?? vaults };
}
