import type { Chosen } from './choose-way.ts';
import type { Disaster } from './disaster.ts';
import type { TaskNet } from './task-net.ts';

/** What is known while tasks are gathered. */
export interface Context {
  readonly disaster: Disaster;
  readonly net: TaskNet;
  readonly chosen: ReadonlyMap<string, Chosen>;
  readonly ready: number;
  /** By site: when it is built up. */
  readonly sites: Map<string, number>;
  /** By system: the start of a runbook that is done for it alone. */
  readonly alone: Map<string, number>;
  readonly backOf: Map<string, number>;
}

/** Systems whose recovery the plan does not describe as a whole. */
export interface Gaps {
  readonly withoutRunbook: string[];
  readonly withoutRestore: string[];
  readonly withoutPlace: string[];
}
