/** What is known about the world outside the plan; everything may be missing, and a rule then says nothing about it. */
export interface PlanFacts {
  /** When the plan is looked at: milliseconds since the epoch. Without it nothing is said about dates. */
  readonly nowMs?: number;
  /** Of `machinePaths`, as written in the plan: those that this machine does not have. */
  readonly missingPaths?: ReadonlySet<string>;
  /** By vault: the device that its folder is (or would be) on, as `stat` numbers it. */
  readonly vaultDevices?: Readonly<Record<string, string>>;
  /** By system: the devices that its source is on. */
  readonly sourceDevices?: Readonly<Record<string, readonly string[]>>;
  /** By system: median duration of its captures in milliseconds, from the records of past runs. */
  readonly captureDurationsMs?: Readonly<Record<string, number>>;
  /** By system: what past runs of it measured. */
  readonly measured?: Readonly<Record<string, SystemMeasures>>;
  /** By vault: the bytes that it stores, as its last check by shares counted them. */
  readonly vaultBytes?: Readonly<Record<string, Measure>>;
  /** By vault: milliseconds until it answers. No record holds this yet. */
  readonly vaultLatenciesMs?: Readonly<Record<string, Measure>>;
}

/** A measured figure; the name of the field that holds it tells the unit. */
export interface Measure {
  readonly value: number;
  /** Where it comes from, in words: `measured: 12 runs since 2026-10-01`. */
  readonly from: string;
}

/** Only runs of the system as it is now count: a source or a check that changed makes all of it unknown again. */
export interface SystemMeasures {
  /** From the start of a run until the point is in the first of the system's vaults. */
  readonly captureMedianMs?: Measure;
  readonly captureWorstMs?: Measure;
  /** By vault, but for the first: median time after that until the point is in this one as well. */
  readonly copyMs?: Readonly<Record<string, Measure>>;
  /** Until all data of a point is back; from proofs, which restore everything. */
  readonly restoreLastMs?: Measure;
  readonly restoreMedianMs?: Measure;
  /** By the last of these restores. */
  readonly restoredBytes?: Measure;
  readonly restoreBytesPerSecond?: Measure;
  /** Of the newest point. */
  readonly sourceBytes?: Measure;
  /** Negative when it shrinks. */
  readonly growthBytesPerDay?: Measure;
  /** How far the kept log is behind the database. No record holds this yet. */
  readonly logLagMs?: Measure;
}

/** What a map of facts says about a name that comes from the plan. */
export function factOf<T>(facts: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return facts !== undefined && Object.hasOwn(facts, name) ? facts[name] : undefined;
}
