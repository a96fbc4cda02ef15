import { formatDuration } from '../duration.ts';
import { stepsOfRunbook } from '../graph/steps-of-runbook.ts';
import type { PlanPath } from '../plan-path.ts';
import type { PhasesPlan, ResolvedPlan, ResolvedSystem, ScenarioPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { deadlinesOf, phaseBudgets } from './phase-deadlines.ts';
import { factOf } from './plan-facts.ts';

export const dnsBudget: LintRule = {
  id: 'dns-budget',
  number: 'T30',
  severity: 'error',
  title: 'names lead to the old place for longer than the budget allows',
  explanation:
    'After a record was changed, others may remember the old answer for as long as its TTL says. A switch of the DNS is done ' +
    'only after that time, so the TTL has to be known and to fit into the phase that holds the switch.',
  fix: 'Declare the records with their TTL, and keep the TTL well below the budget.',
  check: (plan) => Object.entries(plan.scenarios).flatMap(([name, scenario]) => hitsOf(plan, name, scenario)),
};

interface Window {
  readonly valueMs: number;
  /** `10 min − 5 min = 5 min`. */
  readonly words: string;
  readonly at: PlanPath;
}

function hitsOf(plan: ResolvedPlan, name: string, scenario: ScenarioPlan): readonly LintHit[] {
  const switched = switchedSystems(plan, scenario);
  if (switched === undefined) return [];
  const window = windowOf(plan, name, scenario);
  if (window === undefined) return [];
  const systems = plan.systems.filter((system) => switched.has(system.name) && system.dns !== undefined);
  if (systems.length === 0) {
    const message = `${name} switches the DNS within ${window.words}, but no record is declared, so its TTL is unknown`;
    return [
      {
        at: window.at,
        severity: 'warning',
        message,
        suggestion: 'declare the records with their ttl in systems.….dns',
      },
    ];
  }
  return systems.flatMap((system) => recordHits(system, name, window));
}

/** Systems whose records are changed; nothing when no record is. Where none is named, all that have records. */
function switchedSystems(plan: ResolvedPlan, scenario: ScenarioPlan): ReadonlySet<string> | undefined {
  const failover = scenario.failover === undefined ? undefined : factOf(plan.failovers, scenario.failover);
  const runbooks = [
    ...(scenario.runbooks ?? []),
    ...(failover?.runbook === undefined ? [] : [failover.runbook]),
  ];
  const named = runbooks
    .flatMap((runbook) => stepsOfRunbook(plan, runbook).steps)
    .flatMap((step) => (step.do === 'update-dns' ? [step.systems ?? 'all'] : []));
  if (failover?.dns !== undefined) named.push(failover.dns);
  if (named.length === 0) return undefined;
  const names = named.flatMap((each) => (each === 'all' ? [] : each));
  return new Set(names.length > 0 ? names : plan.systems.map((system) => system.name));
}

function windowOf(plan: ResolvedPlan, name: string, scenario: ScenarioPlan): Window | undefined {
  const failover = scenario.failover === undefined ? undefined : factOf(plan.failovers, scenario.failover);
  const byPhases =
    phaseWindow(scenario.phases, ['scenarios', name, 'phases']) ??
    phaseWindow(failover?.phases, ['failovers', scenario.failover ?? '', 'phases']);
  if (byPhases !== undefined) return byPhases;
  const rto = scenario.objectives?.rto;
  if (rto === undefined) return undefined;
  return { valueMs: rto, words: formatDuration(rto), at: ['scenarios', name, 'objectives', 'rto'] };
}

/** From the end of the phase before the switch to the end of the switch: `initiate`, else `restore`. */
function phaseWindow(phases: PhasesPlan | undefined, at: PlanPath): Window | undefined {
  if (phases === undefined) return undefined;
  const phase = phases.initiate === undefined ? 'restore' : 'initiate';
  const ownMs = phases[phase];
  if (ownMs === undefined) return undefined;
  const place = [...at, phase];
  if (phases.count === 'durations') return { valueMs: ownMs, words: formatDuration(ownMs), at: place };
  // While nobody has said how to count, the stricter reading is the one that may be meant.
  const deadlines = deadlinesOf(phases) ?? phaseBudgets(phases);
  const before = deadlines.filter((each) => each.valueMs < ownMs).at(-1);
  if (before === undefined) return { valueMs: ownMs, words: formatDuration(ownMs), at: place };
  const valueMs = ownMs - before.valueMs;
  const words = `${formatDuration(ownMs)} (${phase}) − ${formatDuration(before.valueMs)} (${before.phase}) = ${formatDuration(valueMs)}`;
  return { valueMs, words, at: place };
}

function recordHits(system: ResolvedSystem, scenario: string, window: Window): readonly LintHit[] {
  const records = system.dns?.records ?? [];
  const relatedAt = { at: window.at, message: 'the budget stands here' };
  return records.flatMap((record, index): readonly LintHit[] => {
    const at: PlanPath = ['systems', system.name, 'dns', 'records', index];
    if (record.ttl === undefined) {
      const message = `the TTL of ${record.name} is not known, and ${scenario} switches it within ${window.words}`;
      const suggestion = `add for example "ttl: ${formatDuration(Math.min(60_000, Math.max(1_000, Math.floor(window.valueMs / 10_000) * 1_000)))}"`;
      return [{ at, severity: 'warning', message, suggestion, relatedAt }];
    }
    if (record.ttl < window.valueMs) return [];
    const message =
      `${record.name} may be remembered for ${formatDuration(record.ttl)} after the switch, but ${scenario} has ` +
      `${window.words} for it`;
    return [
      { at: [...at, 'ttl'], message, suggestion: 'shorten the TTL well before it is needed', relatedAt },
    ];
  });
}
