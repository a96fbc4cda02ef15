import { isConfiguration, isDatabase, isFiles } from './lint/kinds-of-systems.ts';
import { namesInWords } from './lint/names-in-words.ts';
import { systemPlace } from './lint/system-place.ts';
import { met, notMet, type ReadinessAnswer, type ReadinessQuestion, unless } from './readiness-answer.ts';
import type { ResolvedPlan, ResolvedSystem } from './resolved-plan.ts';

export const backupItems = {
  'database-backups': (plan) => strategyOf(plan, plan.systems.filter(isDatabase), 'database'),
  'file-backups': (plan) => strategyOf(plan, plan.systems.filter(isFiles), 'system with files'),
  'configuration-backups': (plan) =>
    strategyOf(
      plan,
      plan.systems.filter((system) => isConfiguration(system) || system.source?.kind === 'git'),
      'system with configuration',
    ),
  'multi-region': multiRegion,
  'failover-documented': failoverDocumented,
  'verification-automated': verificationAutomated,
} satisfies Readonly<Record<string, ReadinessQuestion>>;

/** A strategy is defined when it says when, where to, for how long, and what makes a copy good. */
function strategyOf(plan: ResolvedPlan, systems: readonly ResolvedSystem[], what: string): ReadinessAnswer {
  if (systems.length === 0) return notMet(`the plan has no ${what}`, ['systems']);
  const answers = systems.map((system) => strategyOfOne(plan, system));
  return (
    answers.find(({ state }) => state !== 'met') ??
    met(
      `${namesInWords(systems.map(({ name }) => name))}: when, where to, for how long and how checked is said`,
      ['systems'],
    )
  );
}

function strategyOfOne(plan: ResolvedPlan, system: ResolvedSystem): ReadinessAnswer {
  const { name } = system;
  return unless(
    [
      [system.schedules.length === 0, `${name} has no schedule`, systemPlace(name, 'schedule')],
      [system.vaults.length === 0, `${name} has no vault`, systemPlace(name, 'vaults')],
      [
        !hasRetention(plan, system),
        `nothing says how long points of ${name} are kept`,
        systemPlace(name, 'retention'),
      ],
      [system.checks.length === 0, `${name} has no check`, systemPlace(name, 'checks')],
    ],
    `${name} is complete`,
    systemPlace(name),
  );
}

function hasRetention(plan: ResolvedPlan, { retention, backups, vaults }: ResolvedSystem): boolean {
  if (retention !== undefined || backups.some((line) => line.retention !== undefined)) return true;
  const used = new Set(vaults);
  return plan.vaults.some(({ name, declared }) => used.has(name) && declared.retention !== undefined);
}

function multiRegion(plan: ResolvedPlan): ReadinessAnswer {
  const sites = Object.entries(plan.sites).filter(([, { role }]) => role !== 'witness');
  const regions = new Set(sites.map(([name, { region }]) => region ?? name));
  const used =
    Object.values(plan.failovers).length > 0 ||
    plan.systems.some(({ replication }) => replication.length > 0);
  return unless(
    [
      [sites.length < 2, `${sites.length} of 2 sites are declared`, ['sites']],
      [regions.size < 2, `all sites are in ${[...regions][0] ?? 'one region'}`, ['sites']],
      [!used, 'no system is replicated to another site, and no failover leads there', ['sites']],
    ],
    `${namesInWords([...regions])} are declared and used`,
    ['sites'],
  );
}

function failoverDocumented(plan: ResolvedPlan): ReadinessAnswer {
  const failovers = Object.entries(plan.failovers);
  const bare = failovers.find(([, { runbook }]) => runbook === undefined);
  const oneWay = failovers.find(([, { failback }]) => failback === undefined);
  return unless(
    [
      [failovers.length === 0, 'no failover is declared', ['failovers']],
      [bare !== undefined, `${bare?.[0]} has no runbook`, ['failovers', bare?.[0] ?? '']],
      [
        oneWay !== undefined,
        `${oneWay?.[0]} has no runbook for the way back`,
        ['failovers', oneWay?.[0] ?? ''],
      ],
    ],
    `${namesInWords(failovers.map(([name]) => name))}: with runbooks there and back`,
    ['failovers'],
  );
}

function verificationAutomated(plan: ResolvedPlan): ReadinessAnswer {
  const systems = plan.systems.filter(({ source }) => source !== undefined);
  const unchecked = systems.find(({ checks }) => checks.length === 0);
  const listed = systems.find(({ proof }) => proof?.level === 'listed');
  return unless(
    [
      [systems.length === 0, 'no system has data', ['systems']],
      [
        unchecked !== undefined,
        `${unchecked?.name} has no check`,
        systemPlace(unchecked?.name ?? '', 'checks'),
      ],
      [
        listed !== undefined,
        `a file in a list counts as proof of ${listed?.name}`,
        systemPlace(listed?.name ?? '', 'proof', 'level'),
      ],
    ],
    `all ${systems.length} systems with data are restored and checked by themselves`,
    ['systems'],
  );
}
