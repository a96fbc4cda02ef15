import { parseSchedule } from '../schedule/parse-schedule.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Plan, SystemPlan } from './plan-schema.ts';
import { resolveChecks } from './resolve-check.ts';
import { resolveObjectives, tierOf } from './resolve-objectives.ts';
import { resolveRetention } from './resolve-retention.ts';
import { resolveCanary, resolveSource } from './resolve-source.ts';
import type { ResolvedBackup, ResolvedSystem } from './resolved-plan.ts';

/** Schedules by their text: many systems share one, and reading it and walking its years takes time. */
export type KnownSchedules = Map<string, readonly Schedule[]>;

export function resolveSystem(
  name: string,
  system: SystemPlan,
  plan: Plan,
  known: KnownSchedules,
): ResolvedSystem {
  const source = system.source === undefined ? undefined : resolveSource(system.source);
  const vaults = Object.keys(plan.vaults);
  const backups = backupsOf(name, system, plan, known);
  return {
    name,
    ...(system.description === undefined ? {} : { description: system.description }),
    ...(system.tier === undefined ? {} : { tier: system.tier }),
    critical: tierOf(system, plan)?.critical ?? /^critical$/i.test(system.tier ?? ''),
    dataClasses: system.data_classes ?? [],
    owner: system.owner ?? plan.metadata.owner,
    dependsOn: system.depends_on ?? [],
    ...(source === undefined ? {} : { source }),
    objectives: resolveObjectives(name, system, plan),
    schedules: backups.flatMap((backup) => backup.schedules),
    backups,
    ...(system.retention === undefined ? {} : { retention: resolveRetention(system.retention) }),
    vaults: (system.vaults ?? vaults).filter((vault) => vaults.includes(vault)),
    checks: resolveChecks(system.checks ?? []),
    ...(system.canary === undefined || source === undefined
      ? {}
      : { canary: resolveCanary(system.canary, source) }),
    ...placeOf(system, plan),
    ...runningParts(system),
  };
}

function backupsOf(
  name: string,
  system: SystemPlan,
  plan: Plan,
  known: KnownSchedules,
): readonly ResolvedBackup[] {
  const at = ['systems', name];
  const schedules = (given: SystemPlan['schedule']) => schedulesOf(given, plan, known);
  const plain: readonly ResolvedBackup[] =
    system.schedule === undefined
      ? []
      : [
          {
            name: 'schedule',
            kind: 'full',
            schedules: schedules(system.schedule),
            path: [...at, 'schedule'],
          },
        ];
  const lines = Object.entries(system.backups ?? {}).map(([line, { schedule, ...rest }]) => ({
    ...rest,
    name: line,
    schedules: schedules(schedule),
    path: [...at, 'backups', line, 'schedule'],
  }));
  return [...plain, ...lines];
}

function schedulesOf(given: SystemPlan['schedule'], plan: Plan, known: KnownSchedules): readonly Schedule[] {
  return (typeof given === 'string' ? [given] : (given ?? [])).flatMap((text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = parseSchedule(text, plan.metadata.time_zone);
    const schedules = result.ok ? [result.schedule] : [];
    known.set(text, schedules);
    return schedules;
  });
}

/** A system that names no site runs at the primary one, when there is exactly one. */
function placeOf(system: SystemPlan, plan: Plan): Pick<ResolvedSystem, 'site'> {
  const primary = Object.entries(plan.sites ?? {}).filter(([, site]) => site.role === 'primary');
  const site = system.site ?? (primary.length === 1 ? primary[0]?.[0] : undefined);
  return site === undefined ? {} : { site };
}

type RunningParts = Pick<
  ResolvedSystem,
  | 'logs'
  | 'replication'
  | 'proof'
  | 'estimates'
  | 'content'
  | 'service'
  | 'dns'
  | 'cdn'
  | 'release'
  | 'highAvailability'
  | 'runbook'
  | 'needs'
>;

function runningParts(system: SystemPlan): RunningParts {
  const { logs, proof, service, dns, cdn, release, high_availability: available, runbook } = system;
  return {
    ...(logs === undefined ? {} : { logs }),
    replication: system.replication ?? [],
    ...(proof === undefined ? {} : { proof }),
    estimates: system.estimates ?? {},
    content: system.content ?? [],
    ...(service === undefined ? {} : { service }),
    ...(dns === undefined ? {} : { dns }),
    ...(cdn === undefined ? {} : { cdn }),
    ...(release === undefined ? {} : { release }),
    ...(available === undefined ? {} : { highAvailability: available }),
    ...(runbook === undefined ? {} : { runbook }),
    needs: system.needs ?? [],
  };
}
