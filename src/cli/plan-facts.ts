/** What the linter can be told about this machine: which disks vaults and sources are on, and what past runs took. */
import { type BigIntStats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { factsFromRecords, type RecordsOfVault } from '../plan/lint/facts-from-records.ts';
import { machinePaths } from '../plan/lint/machine-paths.ts';
import type { PlanFacts } from '../plan/lint/plan-facts.ts';
import type { ParsedPlan } from '../plan/parse-plan.ts';
import { resolvePlan } from '../plan/resolve-plan.ts';
import { sourcePaths } from '../plan/resolve-source.ts';
import type { ResolvedPlan } from '../plan/resolved-plan.ts';
import { absolutePath } from '../platform/absolute-path.ts';
import { cacheDirectory } from '../platform/environment.ts';
import { knownHistory } from '../vault/known-history.ts';
import { planPath } from './plan/system-paths.ts';

/**
 * Opens no vault and asks for no password: of runs it knows what this machine has read before. Without `nowMs` rules
 * say nothing about dates.
 */
export function planFacts({ draft }: ParsedPlan, folder: string, nowMs?: number): PlanFacts {
  const now = nowMs === undefined ? {} : { nowMs };
  if (draft === undefined) return now;
  const plan = resolvePlan(draft.plan);
  const missingPaths = pathsMissing(plan, folder);
  return {
    ...now,
    missingPaths,
    ...deviceFacts(plan, folder),
    ...factsFromRecords(knownRecords(plan, folder), plan),
  };
}

/** Each path is looked at once, however many systems name it. */
function pathsMissing(plan: ResolvedPlan, folder: string): ReadonlySet<string> {
  const paths = new Set(machinePaths(plan).map(({ path }) => path));
  return new Set([...paths].filter((path) => stateOf(planPath(path, folder)) === 'missing'));
}

/** A chain of records that is broken measures nothing. */
function knownRecords({ vaults }: ResolvedPlan, folder: string): readonly RecordsOfVault[] {
  return vaults.flatMap(({ name, location }) => {
    const known = knownHistory(cacheDirectory(), absolutePath(location, folder));
    return known === undefined || known.problems.length > 0 ? [] : [{ vault: name, records: known.records }];
  });
}

export function deviceFacts({ vaults, systems }: ResolvedPlan, folder: string): PlanFacts {
  const vaultDevices: Record<string, string> = {};
  for (const { name, location } of vaults) {
    const device = /^[a-z][a-z0-9+.-]*:/i.test(location) ? undefined : deviceOf(planPath(location, folder));
    if (device !== undefined) vaultDevices[name] = device;
  }
  const sourceDevices: Record<string, readonly string[]> = {};
  for (const { name, source } of systems) {
    const paths = source === undefined ? [] : sourcePaths(source);
    const devices = paths
      .map((path) => deviceIfThere(planPath(path, folder)))
      .filter((each) => each !== undefined);
    sourceDevices[name] = [...new Set(devices)];
  }
  return { vaultDevices, sourceDevices };
}

/** What is not there is perhaps a plan that is read on another machine, and nobody knows its disk. */
function deviceIfThere(path: string): string | undefined {
  const state = stateOf(path);
  return typeof state === 'string' ? undefined : state.dev.toString();
}

/** What cannot be looked at, as behind a folder that this user may not enter, may well be there. */
function stateOf(path: string): BigIntStats | 'missing' | 'unknown' {
  try {
    return statSync(path, { throwIfNoEntry: false, bigint: true }) ?? 'missing';
  } catch {
    return 'unknown';
  }
}

/** Of the path, or of the folder it would be made in. Unknown where not even that can be looked at. */
function deviceOf(path: string): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    const found = stateOf(at);
    if (found === 'unknown') return undefined;
    if (found !== 'missing') return found.dev.toString();
    if (at === dirname(at)) return undefined;
  }
}
