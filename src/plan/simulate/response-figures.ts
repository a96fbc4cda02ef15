/** From the disaster until work begins: noticing it, calling people, understanding it, saying that it is one. */
import { factOf } from '../lint/plan-facts.ts';
import type { ProbePlan, ResolvedPlan, ScenarioPlan } from '../resolved-plan.ts';
import { assumed, declared, type Figure, type KnownFigure, unknown } from './figure.ts';

const minuteMs = 60_000;
const callUsualMs = 15 * minuteMs;
const assessUsualMs = 15 * minuteMs;
const declareUsualMs = 5 * minuteMs;
const timeoutUsualMsMax = 10_000;

/** The probe that notices first, counted from just after a good answer; else what the plan promises. */
export function detectionFigure(plan: ResolvedPlan, scenario: ScenarioPlan): Figure {
  const { detection } = scenario;
  const probes = (detection?.by ?? []).flatMap((name) => {
    const probe = factOf(plan.probes, name);
    const timeMs = probe === undefined ? undefined : noticedAfterMs(probe);
    return timeMs === undefined ? [] : [{ name, timeMs }];
  });
  const [first] = probes.toSorted((a, b) => a.timeMs - b.timeMs);
  if (first !== undefined) return declared(first.timeMs, `the probe ${first.name}`);
  if (detection?.within !== undefined) return declared(detection.within, 'detection.within');
  const budgetMs = scenario.phases?.detect ?? failoverOf(plan, scenario)?.phases?.detect;
  if (budgetMs !== undefined) return declared(budgetMs, 'the budget in phases.detect');
  return unknown(
    'nobody knows how soon it is noticed',
    'Name a probe with an interval in detection.by, or write detection.within.',
  );
}

function noticedAfterMs({ interval, failures, timeout }: ProbePlan): number | undefined {
  if (interval === undefined) return undefined;
  return interval * failures + (timeout ?? Math.min(interval, timeoutUsualMsMax));
}

export function failoverOf(plan: ResolvedPlan, { failover }: ScenarioPlan) {
  return failover === undefined ? undefined : factOf(plan.failovers, failover);
}

/** The escalation that brings people: of the scenario, else of an alert about a probe that notices it. */
export function escalationOf(plan: ResolvedPlan, scenario: ScenarioPlan): string | undefined {
  if (scenario.escalation !== undefined) return scenario.escalation;
  const probes = scenario.detection?.by ?? [];
  return Object.values(plan.alerts).find(
    ({ escalation, probes: about }) =>
      escalation !== undefined && about?.some((probe) => probes.includes(probe)) === true,
  )?.escalation;
}

/** Somebody of the first level answers before the next one is called. */
export function callFigure(plan: ResolvedPlan, scenario: ScenarioPlan): KnownFigure {
  const name = escalationOf(plan, scenario);
  const level = name === undefined ? undefined : factOf(plan.escalations, name)?.levels[0];
  if (level?.timeout === undefined) return assumed(callUsualMs, 'the usual time until somebody answers');
  return declared(level.timeout * level.repeat, `the time-out of the first level of ${name}`);
}

/** Deadlines count from the disaster, so what was before is taken off; numbers that say not which count in full. */
export function assessFigure(plan: ResolvedPlan, scenario: ScenarioPlan): KnownFigure {
  const phases = scenario.phases ?? failoverOf(plan, scenario)?.phases;
  if (phases?.assess === undefined) return assumed(assessUsualMs, 'the usual time to understand it');
  const doneMs = phases.count === 'deadlines' ? (phases.detect ?? 0) : 0;
  return declared(Math.max(0, phases.assess - doneMs), 'the budget in phases.assess');
}

export function declareFigure(): KnownFigure {
  return assumed(declareUsualMs, 'the usual time to say that it is one');
}

/** How long damage is there before somebody sees it; younger points hold it. Absent: points are as good as they are new. */
export function unnoticedFigure(
  scenario: ScenarioPlan,
  damageFollows: boolean,
  detection: Figure,
): Figure | undefined {
  const { unnoticed_for: unnoticed, kind } = scenario;
  if (unnoticed !== undefined) return declared(unnoticed, 'unnoticed_for');
  if (!damageFollows) return undefined;
  if (kind === 'data-corruption' && detection.kind === 'known') return detection;
  return unknown(
    'nobody knows how long the damage goes unnoticed, so which point is clean',
    'Write unnoticed_for of the scenario.',
  );
}
