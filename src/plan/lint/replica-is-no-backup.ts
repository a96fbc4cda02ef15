import { stepsOfRunbook } from '../graph/steps-of-runbook.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedSystem, ResolvedVault, ScenarioPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';
import { struckBy } from './struck.ts';
import { systemPlace } from './system-place.ts';

export const replicaIsNoBackup: LintRule = {
  id: 'replica-is-no-backup',
  number: 'T17',
  severity: 'error',
  title: 'what answers damage is a copy that follows it',
  explanation:
    'A replica or a sync repeats a deletion and an encryption within seconds, so it holds the damage and not the data. ' +
    'Against ransomware, corruption and a break-in only points count that cannot be changed by what strikes.',
  fix: 'Take backups beside the replica, with versions that are kept, and make one vault immutable or keep it offline.',
  check: (plan) =>
    Object.entries(plan.scenarios).flatMap(([name, scenario]) =>
      spreading.has(scenario.kind) ? hitsOf(plan, name, scenario) : [],
    ),
};

/** Disasters that a copy takes part in. */
const spreading: ReadonlySet<ScenarioPlan['kind']> = new Set([
  'ransomware',
  'data-corruption',
  'security-breach',
]);

function hitsOf(plan: ResolvedPlan, name: string, scenario: ScenarioPlan): readonly LintHit[] {
  const at: PlanPath = ['scenarios', name];
  const struck = struckBy(plan, scenario).systems;
  const systems = plan.systems.filter((system) => struck.has(system.name));
  const copies = [
    ...replicaHits(plan, at, name, systems),
    ...failoverHits(plan, at, name, scenario, systems),
  ];
  return scenario.kind === 'ransomware' ? [...copies, ...mutableHits(plan, at, name, systems)] : copies;
}

function replicaHits(
  plan: ResolvedPlan,
  at: PlanPath,
  scenario: string,
  systems: readonly ResolvedSystem[],
): readonly LintHit[] {
  const follow = systems
    .map((system) => ({ system, copy: onlyCopy(plan, system) }))
    .flatMap(({ system, copy }) => (copy === undefined ? [] : [{ system, copy }]));
  const [first] = follow;
  if (first === undefined) return [];
  const names = follow.map(({ system }) => system.name);
  return [
    {
      at,
      onKey: true,
      message:
        `in ${scenario} the only other copy of ${namesInWords(names)} is ${first.copy.words}, which repeats deletions ` +
        'and encryption: 0 copies are left to restore from',
      suggestion: 'add a schedule that keeps versions in a vault',
      relatedAt: { at: first.copy.at, message: 'the copy that follows' },
    },
  ];
}

/** Backups may be there and not be used: the other side has what struck this one. */
function failoverHits(
  plan: ResolvedPlan,
  at: PlanPath,
  scenario: string,
  { response, failover, runbooks = [] }: ScenarioPlan,
  systems: readonly ResolvedSystem[],
): readonly LintHit[] {
  if (response !== 'fail-over') return [];
  const runbook = failover === undefined ? undefined : plan.failovers[failover]?.runbook;
  const called = runbook === undefined ? runbooks : [...runbooks, runbook];
  if (called.some((each) => restoresData(plan, each))) return [];
  const follow = systems.filter(
    (system) =>
      onlyCopy(plan, system) === undefined && system.replication.some(({ deletes }) => deletes === 'follow'),
  );
  const [first] = follow;
  if (first === undefined) return [];
  const index = first.replication.findIndex(({ deletes }) => deletes === 'follow');
  return [
    {
      at: [...at, 'response'],
      onKey: true,
      message:
        `${scenario} is answered by a failover, and the other side of ${namesInWords(follow.map(({ name }) => name))} has ` +
        'repeated the damage; nothing restores from before it',
      suggestion: 'answer it with "response: restore" and a runbook that restores from a clean point',
      relatedAt: { at: systemPlace(first.name, 'replication', index), message: 'the copy that follows' },
    },
  ];
}

function restoresData(plan: ResolvedPlan, runbook: string): boolean {
  return stepsOfRunbook(plan, runbook).steps.some(({ do: kind }) => kind === 'restore');
}

interface Copy {
  readonly words: string;
  readonly at: PlanPath;
}

/** The copy that follows everything, when there is no backup beside it. */
function onlyCopy(plan: ResolvedPlan, system: ResolvedSystem): Copy | undefined {
  const { name, backups, replication } = system;
  const hasBackup = backups.some(
    (line) => line.kind !== 'sync' || keepsVersions(plan, line.vaults ?? system.vaults),
  );
  // A log alone is no way back: it needs the backup that it begins at.
  if (hasBackup) return undefined;
  const replica = replication.findIndex(({ deletes }) => deletes === 'follow');
  const sync = backups.find(({ kind }) => kind === 'sync');
  if (replica >= 0) return { words: 'a replica', at: systemPlace(name, 'replication', replica) };
  return sync === undefined ? undefined : { words: 'a sync without versions', at: sync.path.slice(0, -1) };
}

function keepsVersions(plan: ResolvedPlan, names: readonly string[]): boolean {
  return plan.vaults.some(
    ({ name, declared, store }) =>
      names.includes(name) &&
      (declared.versioning === true || declared.immutability !== undefined || store === 'folder'),
  );
}

function mutableHits(
  plan: ResolvedPlan,
  at: PlanPath,
  scenario: string,
  systems: readonly ResolvedSystem[],
): readonly LintHit[] {
  const vaults = new Map(plan.vaults.map((vault) => [vault.name, vault]));
  const open = systems.filter(({ source, vaults: names }) => {
    const own = names.flatMap((name) => vaults.get(name) ?? []);
    return source !== undefined && own.length > 0 && !own.some(isProtected);
  });
  const [first] = open;
  if (first === undefined) return [];
  const used = first.vaults.flatMap((name) => vaults.get(name) ?? []);
  const [vault] = used;
  return [
    {
      at,
      onKey: true,
      message:
        `in ${scenario} every vault of ${namesInWords(open.map(({ name }) => name))} can be emptied by whoever can write ` +
        `there: 0 of ${used.length} (${namesInWords(used.map(({ name }) => name))}) is immutable, offline or protected against deletion`,
      suggestion: 'declare immutability for one vault, or keep one that is not connected',
      ...(vault === undefined
        ? {}
        : { relatedAt: { at: ['vaults', vault.name], message: 'one of these vaults' } }),
    },
  ];
}

/** Versions alone do not count: who may delete objects may delete their versions. */
export function isProtected({ declared }: ResolvedVault): boolean {
  if (declared.immutability !== undefined) return true;
  if (declared.medium === 'tape' || declared.medium === 'optical') return true;
  return declared.access?.delete_by !== undefined;
}
