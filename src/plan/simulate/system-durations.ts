/** How long it takes to capture, copy, restore and start one system: as measured, else as the plan says. */
import { factOf, type Measure, type PlanFacts, type SystemMeasures } from '../lint/plan-facts.ts';
import type { ResolvedSystem } from '../resolved-plan.ts';
import { assumed, declared, type Figure, type KnownFigure, measured, unknown } from './figure.ts';

/** Until all data of a point is back. The worse of the last and the median restore, grown as the data has. */
export function restoreFigure(system: ResolvedSystem, facts: PlanFacts): Figure {
  const { name, estimates } = system;
  const measures = factOf(facts.measured, name);
  const byRestore = measuredRestore(measures);
  if (byRestore !== undefined) return byRestore;
  if (estimates.restore !== undefined) return declared(estimates.restore, 'estimates.restore');
  return (
    byRate(measures?.sourceBytes, estimates) ??
    unknown(
      `nobody knows how long the restore of ${name} takes`,
      `Prove a point of ${name} with \`lifeboat verify\`, which measures it, or write estimates.restore.`,
    )
  );
}

function measuredRestore(measures: SystemMeasures | undefined): KnownFigure | undefined {
  const found = [measures?.restoreLastMs, measures?.restoreMedianMs].filter((each) => each !== undefined);
  const [worst] = found.toSorted((a, b) => b.value - a.value);
  if (measures === undefined || worst === undefined) return undefined;
  const { restoredBytes, sourceBytes } = measures;
  if (restoredBytes === undefined || sourceBytes === undefined || restoredBytes.value <= 0)
    return measured(worst.value, worst.from);
  const growth = Math.max(1, sourceBytes.value / restoredBytes.value);
  if (growth === 1) return measured(worst.value, worst.from);
  return measured(
    Math.ceil(worst.value * growth),
    `${worst.from}; ${growth.toFixed(1)} times the data since`,
  );
}

function byRate(
  sourceBytes: Measure | undefined,
  estimates: ResolvedSystem['estimates'],
): KnownFigure | undefined {
  const { restore_rate: rate, size } = estimates;
  const bytes = sourceBytes?.value ?? size;
  if (rate === undefined || bytes === undefined) return undefined;
  const which = sourceBytes === undefined ? 'estimates.size' : 'the measured size';
  return declared(Math.ceil((bytes / rate) * 1000), `${which} / estimates.restore_rate`);
}

export function captureFigure({ name, estimates }: ResolvedSystem, facts: PlanFacts): KnownFigure {
  const measures = factOf(facts.measured, name);
  if (measures?.captureMedianMs !== undefined)
    return measured(measures.captureMedianMs.value, measures.captureMedianMs.from);
  const medianMs = factOf(facts.captureDurationsMs, name);
  if (medianMs !== undefined) return measured(medianMs, 'the median of past captures');
  if (estimates.capture !== undefined) return declared(estimates.capture, 'estimates.capture');
  return assumed(0, 'a capture was never measured');
}

/** From the first vault to this one. `within`: what the vault itself promises. */
export function copyFigure(
  { name, estimates }: ResolvedSystem,
  vault: string,
  within: number | undefined,
  facts: PlanFacts,
): KnownFigure {
  const measure = factOf(factOf(facts.measured, name)?.copyMs, vault);
  if (measure !== undefined) return measured(measure.value, measure.from);
  if (within !== undefined) return declared(within, `copy_within of ${vault}`);
  if (estimates.copy !== undefined) return declared(estimates.copy, 'estimates.copy');
  return assumed(0, 'a copy was never measured');
}

const startUsualMs = 5 * 60_000;

/** From data that is back to a system that works. */
export function startFigure({ estimates }: ResolvedSystem): KnownFigure {
  if (estimates.start !== undefined) return declared(estimates.start, 'estimates.start');
  return assumed(startUsualMs, 'the usual time of a start');
}

/** Of a system without data that must be put in place anew. */
export function rebuildFigure({ name, estimates }: ResolvedSystem): Figure {
  const { restore, start } = estimates;
  if (restore !== undefined) return declared(restore, 'estimates.restore');
  if (start !== undefined) return declared(start, 'estimates.start');
  return unknown(
    `nobody knows how long it takes to put ${name} in place anew`,
    `Write estimates.restore or estimates.start of ${name}, or a runbook with times.`,
  );
}
