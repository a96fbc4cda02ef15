/** What commands need from the composition root where a system has a log. */
import type { LogEngine } from '../../log-shipping/shipping.ts';
import type { PostgresSource, ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { LogSource } from '../../source/log-source.ts';
import type { SourcePlace } from './source-place.ts';

export interface LogAdapters {
  /** Touches nothing yet. */
  source(system: ResolvedSystem, source: PostgresSource, place: SourcePlace): Promise<LogSource>;
  /** Reads the bytes of the log; needs no server. */
  engine(): Promise<LogEngine>;
}
