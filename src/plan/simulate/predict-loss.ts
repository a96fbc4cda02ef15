/** What would be lost of one system: from the vault that survives, to the newest point that is to be trusted. */
import { lastCompletedCaptureBefore } from '../../schedule/completed-before.ts';
import type { Schedule } from '../../schedule/schedule.ts';
import { formatDuration } from '../duration.ts';
import { factOf, type PlanFacts } from '../lint/plan-facts.ts';
import { type LossFigure, type LossSum, worstLossOf } from '../lint/worst-loss.ts';
import { movesAfterMs } from '../nearest-retention.ts';
import type { ResolvedPlan, ResolvedSystem, ResolvedVault } from '../resolved-plan.ts';
import { type Figure, type KnownFigure, weakestOrigin } from './figure.ts';
import { type Line, spacingOf } from './kept-points.ts';
import type { Loss } from './simulation.ts';
import { captureFigure, copyFigure } from './system-durations.ts';

export interface LossQuestion {
  readonly system: ResolvedSystem;
  readonly vault: ResolvedVault;
  /** Whether what is done on the day brings the log back as well. */
  readonly appliesLogs: boolean;
  /** How long damage went unnoticed, so that younger points are damaged too. Absent: no point is. */
  readonly unnoticed?: Figure;
  /** When it strikes; absent: at the worst moment. */
  readonly atMs?: number;
}

export interface PredictedLoss {
  readonly loss: Loss;
  readonly usesLogs: boolean;
}

export function predictLoss(question: LossQuestion, facts: PlanFacts): PredictedLoss {
  const { unnoticed } = question;
  if (unnoticed?.kind !== 'unknown') return lossWith(question, unnoticed, facts);
  const { loss, usesLogs } = lossWith(question, undefined, facts);
  const atLeastMs = loss.kind === 'bounded' ? loss.valueMs : 0;
  return { loss: { kind: 'unknown', atLeastMs, why: unnoticed.says }, usesLogs };
}

function lossWith(
  question: LossQuestion,
  unnoticed: KnownFigure | undefined,
  facts: PlanFacts,
): PredictedLoss {
  const { system, vault } = question;
  const backMs = unnoticed?.valueMs ?? 0;
  const all = linesIn(system, vault.name).map((line) => ({
    line,
    spacing: spacingOf(line, system, vault, backMs),
  }));
  const kept = all.filter(({ spacing }) => spacing !== 'nothing');
  if (all.length > 0 && kept.length === 0) {
    const why = `${vault.name} keeps nothing older than the ${formatDuration(backMs)} in which damage goes unnoticed`;
    return { loss: { kind: 'everything', why, hint: denserHint(system, backMs) }, usesLogs: false };
  }
  const { loss, usesLogs } = lossSince(
    question,
    kept.map(({ line }) => line),
    backMs,
    facts,
  );
  if (loss.kind !== 'bounded') return { loss, usesLogs };
  if (kept.some(({ spacing }) => spacing === 'unknown')) {
    const why = `retention counts points and not days, so nobody knows whether one of before the damage is kept`;
    return { loss: { kind: 'unknown', atLeastMs: backMs, why }, usesLogs };
  }
  const spacingMs = Math.max(0, ...kept.map(({ spacing }) => (typeof spacing === 'number' ? spacing : 0)));
  const whole = withUnnoticed(loss, unnoticed, question.atMs);
  const hint = denserHint(system, backMs);
  return { loss: spacingMs === 0 ? whole : thinned(whole, backMs + spacingMs, hint), usesLogs };
}

type Bounded = Extract<Loss, { readonly kind: 'bounded' }>;

function withUnnoticed(loss: Bounded, unnoticed: KnownFigure | undefined, atMs: number | undefined): Bounded {
  if (unnoticed === undefined) return loss;
  const why = `${formatDuration(unnoticed.valueMs)} unnoticed (${unnoticed.origin}: ${unnoticed.says})`;
  const origin = weakestOrigin([loss.origin, unnoticed.origin]);
  if (atMs !== undefined) return { ...loss, origin, why: `${why}; ${loss.why}` };
  const valueMs = loss.valueMs + unnoticed.valueMs;
  return { kind: 'bounded', valueMs, origin, why: `${why} + ${loss.why}: ${formatDuration(valueMs)}` };
}

/** Of old points only some are kept, so that the newest clean one may be older than the schedule says. */
function thinned(loss: Bounded, atMostMs: number, hint: string): Bounded {
  if (atMostMs <= loss.valueMs) return loss;
  const why = `${loss.why}; of that age retention keeps fewer points, which makes ${formatDuration(atMostMs)}`;
  return { ...loss, valueMs: atMostMs, why, hint };
}

/** How many hours or days a count must reach back so that a point of before the damage is kept. */
function denserHint({ name }: ResolvedSystem, backMs: number): string {
  const [rule, apartMs] =
    backMs <= hourlyReachMs ? (['hourly', hourMs] as const) : (['daily', dayMs] as const);
  return `Add ${rule}: ${Math.ceil(backMs / apartMs) + 1} to the retention of ${name}.`;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Nobody keeps a point of each hour for longer. */
const hourlyReachMs = 7 * dayMs;

/** At a moment: counted from it, with points that were complete `backMs` before. At worst: without `backMs`. */
function lossSince(
  question: LossQuestion,
  lines: readonly Line[],
  backMs: number,
  facts: PlanFacts,
): PredictedLoss {
  const { system, vault, atMs } = question;
  const { valueMs, origin } = captureFigure(system, facts);
  const capture: LossFigure = { valueMs, origin };
  const copy = copyTo(system, vault, facts);
  const logLag = question.appliesLogs ? logLagIn(question, lines, backMs, facts) : undefined;
  const schedules = lines.flatMap((line) => line.schedules);
  const worst = worstLossOf({
    lines: schedules.map((schedule) => ({ schedule, isExecuted: true })),
    capture,
    ...(copy === undefined ? {} : { copy }),
    ...(logLag === undefined ? {} : { logLag }),
  });
  const sum = worst.withLogs ?? worst.withoutLogs;
  const usesLogs = sum?.terms.some(({ kind }) => kind === 'log lag') ?? false;
  if (sum === undefined) {
    const isEvent = lines.some((line) => line.schedules.some(({ kind }) => kind === 'event'));
    const why = isEvent
      ? `no schedule says how often ${system.name} is captured into ${vault.name}, only on which event`
      : `no schedule says when ${system.name} is captured into ${vault.name}`;
    return { loss: { kind: 'unknown', atLeastMs: backMs, why }, usesLogs };
  }
  if (atMs === undefined) return { loss: boundedBy(sum), usesLogs };
  const runMs = capture.valueMs + (copy?.valueMs ?? 0);
  return { loss: lossAt(schedules, atMs, { backMs, runMs, sum, usesLogs }), usesLogs };
}

function boundedBy({ totalMs, terms, arithmetic }: LossSum): Bounded {
  return {
    kind: 'bounded',
    valueMs: totalMs,
    origin: weakestOrigin(terms.map(({ origin }) => origin)),
    why: arithmetic,
  };
}

interface Moment {
  readonly backMs: number;
  readonly runMs: number;
  readonly sum: LossSum;
  readonly usesLogs: boolean;
}

function lossAt(
  schedules: readonly Schedule[],
  atMs: number,
  { backMs, runMs, sum, usesLogs }: Moment,
): Loss {
  const origin = weakestOrigin(sum.terms.map((term) => term.origin));
  const startMs = lastCompletedCaptureBefore(schedules, atMs - backMs, runMs);
  const mostMs = backMs + sum.totalMs;
  // Runs that follow each other without a pause can have begun long before; at no moment more is lost than at worst.
  if (startMs === undefined || usesLogs || atMs - startMs > mostMs)
    return { kind: 'bounded', valueMs: Math.min(mostMs, atMs - (startMs ?? 0)), origin, why: sum.arithmetic };
  const point = new Date(startMs).toISOString().slice(0, 19).replace('T', ' ');
  return {
    kind: 'bounded',
    valueMs: atMs - startMs,
    origin,
    why: `the newest complete point is of ${point} UTC`,
  };
}

/** Lines of backups that reach the vault. */
function linesIn(system: ResolvedSystem, vault: string): readonly Line[] {
  return system.backups.filter((line) => (line.vaults ?? system.vaults).includes(vault));
}

/** Vaults that hold points of the system. */
export function vaultsOf(plan: ResolvedPlan, system: ResolvedSystem): readonly ResolvedVault[] {
  const names = new Set([...system.vaults, ...system.backups.flatMap(({ vaults }) => vaults ?? [])]);
  return plan.vaults.filter(({ name }) => names.has(name));
}

/** The first vault is filled by the capture itself. */
function copyTo(system: ResolvedSystem, vault: ResolvedVault, facts: PlanFacts): LossFigure | undefined {
  const { filled_by: filledBy, copy_within: within } = vault.declared;
  const isFirst = system.vaults[0] === vault.name || system.vaults.length < 2;
  if (isFirst && filledBy === undefined) return undefined;
  const { valueMs, origin } = copyFigure(system, vault.name, within, facts);
  // what only older points move to has none that is newer
  return { valueMs: valueMs + movesAfterMs(system, vault), origin };
}

const kindsWithLogs: ReadonlySet<string> = new Set(['sqlite', 'postgres', 'mysql']);

/** A log is of use on top of a backup that it can be applied to; for PostgreSQL that is a physical one. */
function logLagIn(
  { system, vault }: LossQuestion,
  lines: readonly Line[],
  backMs: number,
  facts: PlanFacts,
): LossFigure | undefined {
  const { name, logs, source, vaults } = system;
  if (logs === undefined || source === undefined || !logs.point_in_time) return undefined;
  if (!kindsWithLogs.has(source.kind) || !(logs.vaults ?? vaults).includes(vault.name)) return undefined;
  // The log of before the damage is what is needed.
  if (logs.keep !== undefined && logs.keep <= backMs) return undefined;
  const usual = 'method' in source ? source.method : undefined;
  const hasBase = lines.some(({ method, schedules }) => {
    const isLogical = source.kind === 'postgres' && (method ?? usual) === 'logical';
    return !isLogical && schedules.some(({ kind }) => kind !== 'continuous');
  });
  if (!hasBase) return undefined;
  if (logs.acknowledged === 'before-commit') return { valueMs: 0, origin: 'declared' };
  const measure = factOf(facts.measured, name)?.logLagMs;
  return measure === undefined
    ? { valueMs: logs.max_lag, origin: 'declared' }
    : { valueMs: measure.value, origin: 'measured' };
}
