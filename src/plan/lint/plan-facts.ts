/** What is known about the world outside the plan; everything may be missing, and a rule then says nothing about it. */
export interface PlanFacts {
  /** By vault: the device that its folder is (or would be) on, as `stat` numbers it. */
  readonly vaultDevices?: Readonly<Record<string, string>>;
  /** By system: the devices that its source is on. */
  readonly sourceDevices?: Readonly<Record<string, readonly string[]>>;
  /** By system: median duration of its captures in milliseconds, from the records of past runs. */
  readonly captureDurationsMs?: Readonly<Record<string, number>>;
}

/** What a map of facts says about a name that comes from the plan. */
export function factOf<T>(facts: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return facts !== undefined && Object.hasOwn(facts, name) ? facts[name] : undefined;
}
