import type { Schedule } from '../../schedule/schedule.ts';
import { isCapturedSource } from '../resolve-source.ts';
import type { ResolvedPlan, ResolvedSource, ResolvedSystem } from '../resolved-plan.ts';
import { factOf, type PlanFacts } from './plan-facts.ts';
import { type LossFigure, type LossInput, type LossSum, type WorstLoss, worstLossOf } from './worst-loss.ts';

/** What a system may lose, with the sum that its RPO is held against. */
export interface SystemLoss extends WorstLoss {
  /** With the logs where there are any: that they have to be alive is for another rule to say. */
  readonly counted?: LossSum;
  /** Of capture and copy together. */
  readonly runMs: number;
}

/** Takes the figures of a system from what was measured, else from its estimates; else they are assumed to be nothing. */
export function systemLoss(plan: ResolvedPlan, system: ResolvedSystem, facts: PlanFacts): SystemLoss {
  const before = known.get(system);
  if (before !== undefined && before.plan === plan && before.facts === facts) return before.loss;
  const loss = workOut(plan, system, facts);
  known.set(system, { plan, facts, loss });
  return loss;
}

/** Many rules ask for the same systems, of the same plan and with the same facts. */
const known = new WeakMap<
  ResolvedSystem,
  { readonly plan: ResolvedPlan; readonly facts: PlanFacts; readonly loss: SystemLoss }
>();

function workOut(plan: ResolvedPlan, system: ResolvedSystem, facts: PlanFacts): SystemLoss {
  const input = lossInput(plan, system, facts);
  const loss = worstLossOf(input);
  const counted = loss.withLogs ?? loss.withoutLogs;
  const runMs = input.capture.valueMs + (input.copy?.valueMs ?? 0);
  return { ...loss, ...(counted === undefined ? {} : { counted }), runMs };
}

function lossInput(plan: ResolvedPlan, system: ResolvedSystem, facts: PlanFacts): LossInput {
  const copyTo = survivingVault(plan, system);
  return {
    lines: system.schedules.map((schedule) => ({ schedule, isExecuted: isExecuted(system, schedule) })),
    capture: captureOf(system, facts),
    ...(copyTo === undefined ? {} : { copy: copyOf(system, copyTo, facts) }),
    ...logLagOf(system, facts),
  };
}

function isExecuted({ source }: ResolvedSystem, schedule: Schedule): boolean {
  return source !== undefined && isCapturedSource(source) && schedule.kind !== 'continuous';
}

/** Databases, and what may be one: the output of a program, and what is described in words. */
function mayHaveLogs(source: ResolvedSource): boolean {
  if (source.kind === 'other') return source.holds === undefined || source.holds === 'database';
  return ['sqlite', 'postgres', 'mysql', 'command'].includes(source.kind);
}

/**
 * A log is of use where any moment of it can be recovered to, on top of some backup. What a commit waits for is not
 * behind: a log that is acknowledged before, or a second running database that is written at the same time.
 */
function logLagOf(system: ResolvedSystem, facts: PlanFacts): Pick<LossInput, 'logLag'> {
  const { name, source, logs, schedules } = system;
  if (hasEqualElsewhere(system)) return { logLag: { valueMs: 0, origin: 'declared' } };
  const hasBase = schedules.some(({ kind }) => kind !== 'continuous');
  if (logs === undefined || source === undefined || !mayHaveLogs(source)) return {};
  if (!hasBase || !logs.point_in_time) return {};
  if (logs.acknowledged === 'before-commit') return { logLag: { valueMs: 0, origin: 'declared' } };
  return { logLag: figureOf(factOf(facts.measured, name)?.logLagMs?.value, logs.max_lag) };
}

/** A second database at the same site is lost with the first, and only a database is written in two places at once. */
function hasEqualElsewhere({ source, replication, site }: ResolvedSystem): boolean {
  if (source !== undefined && !mayHaveLogs(source)) return false;
  return replication.some(
    ({ kind, mode, to }) => kind === 'database' && mode === 'synchronous' && to !== site,
  );
}

function captureOf({ name, estimates }: ResolvedSystem, facts: PlanFacts): LossFigure {
  const measuredMs = factOf(facts.measured, name)?.captureMedianMs?.value;
  return figureOf(measuredMs ?? factOf(facts.captureDurationsMs, name), estimates.capture);
}

function copyOf({ name, estimates }: ResolvedSystem, vault: string, facts: PlanFacts): LossFigure {
  return figureOf(factOf(factOf(facts.measured, name)?.copyMs, vault)?.value, estimates.copy);
}

function figureOf(measuredMs: number | undefined, declaredMs: number | undefined): LossFigure {
  if (measuredMs !== undefined) return { valueMs: measuredMs, origin: 'measured' };
  if (declaredMs !== undefined) return { valueMs: declaredMs, origin: 'declared' };
  return { valueMs: 0, origin: 'assumed' };
}

/** What strikes the site takes the first vault with it when only another is elsewhere. */
function survivingVault(plan: ResolvedPlan, system: ResolvedSystem): string | undefined {
  const isOffSite = (name: string): boolean =>
    plan.vaults.some((vault) => vault.name === name && vault.offSite);
  const [first, ...others] = system.vaults;
  if (first === undefined || isOffSite(first)) return undefined;
  return others.find(isOffSite);
}
