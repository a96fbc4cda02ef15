import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { factOf, type PlanFacts } from './plan-facts.ts';
import { type LossFigure, type LossInput, type LossSum, type WorstLoss, worstLossOf } from './worst-loss.ts';

/** What a system may lose, with the sum that its RPO is held against. */
export interface SystemLoss extends WorstLoss {
  /** With the logs where there are any: that they have to be alive is for another rule to say. */
  readonly counted?: LossSum;
  /** Of capture and copy together. */
  readonly runMs: number;
}

/** Takes the figures of a system from what was measured; without that a duration is assumed to be nothing. */
export function systemLoss(plan: ResolvedPlan, system: ResolvedSystem, facts: PlanFacts): SystemLoss {
  const input = lossInput(plan, system, facts);
  const loss = worstLossOf(input);
  const counted = loss.withLogs ?? loss.withoutLogs;
  const runMs = input.capture.valueMs + (input.copy?.valueMs ?? 0);
  return { ...loss, ...(counted === undefined ? {} : { counted }), runMs };
}

function lossInput(plan: ResolvedPlan, system: ResolvedSystem, facts: PlanFacts): LossInput {
  const copyTo = survivingVault(plan, system);
  return {
    // Continuous logs are not kept by this version, so nothing may rest on them.
    lines: system.schedules.map((schedule) => ({ schedule, isExecuted: schedule.kind !== 'continuous' })),
    capture: captureOf(system, facts),
    ...(copyTo === undefined ? {} : { copy: copyOf(system, copyTo, facts) }),
  };
}

function captureOf({ name }: ResolvedSystem, facts: PlanFacts): LossFigure {
  const measuredMs =
    factOf(facts.measured, name)?.captureMedianMs?.value ?? factOf(facts.captureDurationsMs, name);
  return measuredMs === undefined ? unknownFigure : { valueMs: measuredMs, origin: 'measured' };
}

function copyOf({ name }: ResolvedSystem, vault: string, facts: PlanFacts): LossFigure {
  const measuredMs = factOf(factOf(facts.measured, name)?.copyMs, vault)?.value;
  return measuredMs === undefined ? unknownFigure : { valueMs: measuredMs, origin: 'measured' };
}

const unknownFigure: LossFigure = { valueMs: 0, origin: 'assumed' };

/** What strikes the site takes the first vault with it when only another is elsewhere. */
function survivingVault(plan: ResolvedPlan, system: ResolvedSystem): string | undefined {
  const isOffSite = (name: string): boolean =>
    plan.vaults.some((vault) => vault.name === name && vault.offSite);
  const [first, ...others] = system.vaults;
  if (first === undefined || isOffSite(first)) return undefined;
  return others.find(isOffSite);
}
