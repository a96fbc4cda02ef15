/** What commands under a plan need from the composition root on top of vaults. */
import type { CanaryMark } from '../../evidence/record.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { DestinationMaker } from '../../restore/restore-target.ts';
import type { Source } from '../../source/source.ts';
import type { CheckTools } from '../../verify/check-tools.ts';
import type { LogAdapters } from './log-adapters.ts';
import type { SourcePlace } from './source-place.ts';

export interface PlanAdapters {
  source(system: ResolvedSystem, place: SourcePlace): Promise<Source>;
  /**
   * `folder` is the plan's; relative paths count from it. Where the system lives; `undefined` for systems that cannot be put in place, such as a command's
   * output.
   */
  destination(system: ResolvedSystem, folder: string): Promise<PlaceOf | undefined>;
  readonly checkTools: CheckTools;
  readonly logs: LogAdapters;
  /** Only called for systems whose plan asks for a canary. */
  writeCanary(system: ResolvedSystem, place: SourcePlace, mark: CanaryMark): Promise<void>;
}

export interface PlaceOf {
  readonly make: DestinationMaker;
  /** An existing folder on the same file system as the system's data. */
  readonly stagingParent: string;
}
