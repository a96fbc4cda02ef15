import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import { isCapturedSource } from '../resolve-source.ts';
import type { Objective, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { shippedLog } from '../shipped-log.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { reliedOn } from './relied-lines.ts';
import { systemLoss } from './system-loss.ts';
import { objectivePlace, schedulePlace, systemPlace } from './system-place.ts';

export const rpoZero: LintRule = {
  id: 'rpo-zero',
  number: 'T1',
  severity: 'error',
  title: 'an RPO of zero cannot be reached in this way',
  explanation:
    'Nothing is lost only if each commit waits until it is durable in a second place, and here commits do not wait. Whatever ' +
    'follows later, a log as well as a replica, has a moment in which the last commits exist once.',
  fix: 'Replicate synchronously to a second site, or let commits wait for the log in a vault elsewhere ("acknowledged: before-commit"), or agree on an RPO above zero.',
  check: (plan, facts) =>
    plan.systems.flatMap((system) => {
      const { rpo } = system.objectives;
      if (rpo?.valueMs !== 0 || (system.source === undefined && system.replication.length === 0)) return [];
      return [hitOf(plan, system, rpo, facts)];
    }),
};

function hitOf(plan: ResolvedPlan, system: ResolvedSystem, rpo: Objective, facts: PlanFacts): LintHit {
  const { withoutLogs } = systemLoss(plan, reliedOn(system).relied, facts);
  const schedule = withoutLogs?.arithmetic ?? `${system.name} has no schedule`;
  const related = objectivePlace(rpo, 'the RPO of 0 min');
  const replica = system.replication.findIndex(
    ({ mode, to }) => mode === 'synchronous' && to !== system.site,
  );
  const place = waitsForLog(plan, system);
  if (place === undefined && replica === -1)
    return { ...obstacleOf(plan, system, schedule), suggestion: remedy, ...related };
  const waitsFor =
    place === undefined
      ? `the replica at ${system.replication[replica]?.to}`
      : `its log in the vault ${place}`;
  const hold = `the RPO of 0 min of ${system.name} holds by the plan, for each commit waits for ${waitsFor}`;
  const at =
    place === undefined ? systemPlace(system.name, 'replication', replica) : systemPlace(system.name, 'logs');
  if (shippedLog(system) !== undefined) {
    const message =
      place === undefined ? `${hold}; against damage and deletion, which it follows: the log` : hold;
    return { at, severity: 'info', message, ...related };
  }
  if (system.logs !== undefined) {
    const message = `${hold}; until a later version carries that out, rely on the schedule alone: ${schedule}`;
    const isCaptured = system.source !== undefined && isCapturedSource(system.source);
    return { at, severity: isCaptured ? 'warning' : 'info', message, ...related };
  }
  return {
    at,
    severity: 'warning',
    message: `${hold}, but a replica follows damage and deletion at once; against these: ${schedule}`,
    suggestion: 'keep the log of the database as well ("logs")',
    ...related,
  };
}

const remedy =
  'replicate synchronously to a second site, or let commits wait for the log in a vault elsewhere, or agree on more than zero';

/** A vault elsewhere in which each commit is durable before it counts. */
function waitsForLog(plan: ResolvedPlan, system: ResolvedSystem): string | undefined {
  const { logs } = system;
  if (logs?.acknowledged !== 'before-commit') return undefined;
  const elsewhere = vaultsElsewhere(plan, system);
  const names = logs.vaults ?? system.vaults;
  // a commit may wait for any choice of so many: each must hold one that is elsewhere
  const isSure = (logs.copies ?? names.length) > names.length - elsewhere.length;
  return isSure ? elsewhere[0] : undefined;
}

function vaultsElsewhere({ vaults }: ResolvedPlan, system: ResolvedSystem): readonly string[] {
  const names = system.logs?.vaults ?? system.vaults;
  return vaults
    .filter(({ name }) => names.includes(name))
    .filter(
      ({ offSite, declared }) => offSite || (declared.site !== undefined && declared.site !== system.site),
    )
    .map(({ name }) => name);
}

/** What comes nearest to zero, and by how much it fails. */
function obstacleOf(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  schedule: string,
): { readonly at: PlanPath; readonly message: string } {
  const { name, logs, replication } = system;
  const needs = `the RPO of 0 min of ${name} cannot be reached`;
  if (logs?.acknowledged === 'before-commit') {
    if (vaultsElsewhere(plan, system).length > 0) {
      const few = `${needs}: a commit returns when its log is in ${logs.copies} of its vaults, which may all be where ${name} itself is`;
      return { at: systemPlace(name, 'logs', 'copies'), message: few };
    }
    const message = `${needs}: its log is kept only where ${name} itself is`;
    return { at: systemPlace(name, 'logs', 'vaults'), message };
  }
  if (logs !== undefined) {
    const lag = formatDuration(logs.max_lag);
    const message = `${needs}: commits do not wait for its log, which may be ${lag} behind: ${lag} more than 0 min`;
    return { at: systemPlace(name, 'logs', 'acknowledged'), message };
  }
  const [first] = replication;
  if (first === undefined) return { at: schedulePlace(system), message: `${needs} by backups: ${schedule}` };
  const lag = formatDuration(first.max_lag);
  const message =
    first.mode === 'synchronous'
      ? `${needs}: its replica stands at the same site`
      : `${needs}: commits do not wait for the replica, which may be ${lag} behind: ${lag} more than 0 min`;
  return { at: systemPlace(name, 'replication', 0, 'mode'), message };
}
