/** What commands need from the composition root where a system has a log. */
import type { LogEngine } from '../../log-shipping/shipping.ts';
import type { PostgresSource, ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { RecoveryEngine } from '../../restore/recovery-engine.ts';
import type { LogSource } from '../../source/log-source.ts';
import type { LogTools } from '../log/log-tools.ts';
import type { SourcePlace } from './source-place.ts';

export interface LogPlace extends SourcePlace {
  /** The incarnation that was shipped before: another one is refused, unless the plan names it. */
  readonly before?: string;
}

export interface LogAdapters {
  /** Touches nothing yet. */
  source(system: ResolvedSystem, source: PostgresSource, place: LogPlace): Promise<LogSource>;
  /** Reads the bytes of the log; needs no server. */
  engine(): Promise<LogEngine>;
  /** How the engine writes a position. */
  position(): Promise<(at: bigint) => string>;
  /** For people who look at the log; needs no server. */
  tools(): Promise<LogTools>;
  /** Replays the bytes of the log on restored copies. */
  recovery(): Promise<RecoveryEngine>;
}
