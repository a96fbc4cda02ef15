import { formatDuration } from '../duration.ts';
import type { ResolvedBackup, ResolvedPlan, ResolvedSystem, ResolvedVault } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';
import type { PlanFacts } from './plan-facts.ts';
import { reliedOn } from './relied-lines.ts';
import { struckBy } from './struck.ts';
import { systemLoss } from './system-loss.ts';
import { objectivePlace, schedulePlace } from './system-place.ts';

export const awayBehind: LintRule = {
  id: 'away-behind',
  number: 'T4',
  severity: 'warning',
  title: 'what is elsewhere is older than the RPO allows',
  explanation:
    'The vault beside the system is filled often enough, but what strikes the place takes both. ' +
    'Then only the vault elsewhere is left, and that is filled so seldom or so late that more is lost than the RPO allows.',
  fix: 'Send the denser line to the vault elsewhere as well, copy sooner, or give the loss of the place an RPO of its own with the reason in "override".',
  check: (plan, facts) => plan.systems.flatMap((system) => hitsOf(plan, system, facts)),
};

function hitsOf(plan: ResolvedPlan, system: ResolvedSystem, facts: PlanFacts): readonly LintHit[] {
  const { rpo } = system.objectives;
  if (rpo === undefined || rpo.valueMs === 0 || system.source === undefined) return [];
  const { relied } = reliedOn(system);
  const { counted } = systemLoss(plan, relied, facts);
  // Of what no vault holds in time, other rules speak.
  if (counted === undefined || counted.totalMs > rpo.valueMs) return [];
  const away = vaultsOf(plan, relied).filter(({ offSite }) => offSite);
  if (away.length === 0 || isElsewhereToo(relied, away)) return [];
  const [best] = away
    .map((vault) => lossFrom(plan, relied, vault, facts))
    .toSorted((left, right) => left.totalMs - right.totalMs);
  if (best === undefined || best.totalMs <= rpo.valueMs || isAgreed(plan, system, best.totalMs)) return [];
  return [
    {
      at: schedulePlace(system),
      message: `when the place of ${system.name} is lost, only ${namesInWords(away.map(({ name }) => name))} is left: ${best.words}, more than the RPO of ${formatDuration(rpo.valueMs)}`,
      ...objectivePlace(rpo, 'the RPO'),
    },
  ];
}

/** Those of the system, and those that its lines name. */
function vaultsOf(plan: ResolvedPlan, { backups, vaults }: ResolvedSystem): readonly ResolvedVault[] {
  const names = new Set([...vaults, ...backups.flatMap((line) => line.vaults ?? [])]);
  return plan.vaults.filter(({ name }) => names.has(name));
}

/** A running copy at another site, or a log that goes to the vault elsewhere, is newer than any backup. */
function isElsewhereToo(
  { replication, logs, vaults, site }: ResolvedSystem,
  away: readonly ResolvedVault[],
): boolean {
  if (replication.some(({ to }) => to !== site)) return true;
  return logs !== undefined && away.some(({ name }) => (logs.vaults ?? vaults).includes(name));
}

interface AwayLoss {
  readonly totalMs: number;
  readonly words: string;
}

/** What is lost when only this vault is left. */
function lossFrom(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  vault: ResolvedVault,
  facts: PlanFacts,
): AwayLoss {
  const backups = system.backups.filter((line) => reaches(line, system, vault));
  const { logs: _logs, ...rest } = system;
  const only = { ...rest, backups, schedules: backups.flatMap(({ schedules }) => schedules) };
  const { withoutLogs } = systemLoss(plan, only, facts);
  if (withoutLogs === undefined) return { totalMs: Number.POSITIVE_INFINITY, words: 'no schedule fills it' };
  const laterMs = vault.declared.copy_within;
  if (laterMs === undefined) return { totalMs: withoutLogs.totalMs, words: withoutLogs.arithmetic };
  const copyMs = withoutLogs.terms.find(({ kind }) => kind === 'copy')?.valueMs ?? 0;
  const totalMs = withoutLogs.totalMs + Math.max(0, laterMs - copyMs);
  const words = `${withoutLogs.arithmetic}, and ${vault.name} may have it ${formatDuration(laterMs)} later: ${formatDuration(totalMs)}`;
  return { totalMs, words };
}

/** A vault that is a copy of another one receives what that one receives. */
function reaches(line: ResolvedBackup, system: ResolvedSystem, { name, declared }: ResolvedVault): boolean {
  const names = line.vaults ?? system.vaults;
  return names.includes(name) || (declared.filled_by !== undefined && names.includes(declared.filled_by));
}

/** Somebody has said that this much may be lost with the place. */
function isAgreed(plan: ResolvedPlan, { name }: ResolvedSystem, lossMs: number): boolean {
  return Object.values(plan.scenarios).some(
    (scenario) =>
      (scenario.kind === 'site-loss' || scenario.kind === 'total-loss') &&
      scenario.objectives?.override !== undefined &&
      (scenario.objectives.rpo ?? 0) >= lossMs &&
      struckBy(plan, scenario).systems.has(name),
  );
}
