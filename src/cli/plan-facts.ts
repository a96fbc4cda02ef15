/** What the linter can be told about this machine: which disks vaults and sources are on. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PlanFacts } from '../plan/lint/plan-facts.ts';
import type { ParsedPlan } from '../plan/parse-plan.ts';
import { resolvePlan } from '../plan/resolve-plan.ts';
import { sourcePaths } from '../plan/resolve-source.ts';
import { planPath } from './plan/system-paths.ts';

export function planFacts({ draft }: ParsedPlan, folder: string): PlanFacts {
  if (draft === undefined) return {};
  const { vaults, systems } = resolvePlan(draft.plan);
  const vaultDevices: Record<string, string> = {};
  for (const { name, location } of vaults) {
    const device = /^[a-z][a-z0-9+.-]*:/i.test(location) ? undefined : deviceOf(planPath(location, folder));
    if (device !== undefined) vaultDevices[name] = device;
  }
  const sourceDevices: Record<string, readonly string[]> = {};
  for (const { name, source } of systems) {
    const paths = source === undefined ? [] : sourcePaths(source);
    const devices = paths
      .map((path) => deviceOf(planPath(path, folder)))
      .filter((each) => each !== undefined);
    sourceDevices[name] = [...new Set(devices)];
  }
  return { vaultDevices, sourceDevices };
}

/** Of the path, or of the folder it would be made in. Unknown where not even that can be looked at. */
function deviceOf(path: string): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    const found = statSync(at, { throwIfNoEntry: false, bigint: true });
    if (found !== undefined) return found.dev.toString();
    if (at === dirname(at)) return undefined;
  }
}
