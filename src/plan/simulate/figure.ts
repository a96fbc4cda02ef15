/**
 * Durations that a forecast is made of. Each says where it comes from, because a measured hour and an assumed one are
 * not the same promise.
 */
import type { FigureOrigin } from '../lint/worst-loss.ts';

export type Figure = KnownFigure | UnknownFigure;

export interface KnownFigure {
  readonly kind: 'known';
  readonly valueMs: number;
  readonly origin: FigureOrigin;
  /** Where exactly: `measured: 3 proofs since 2026-10-01`, `estimates.restore`. */
  readonly says: string;
}

/** Nobody knows how long it takes: it counts as no time, and all that rests on it is unknown. */
export interface UnknownFigure {
  readonly kind: 'unknown';
  /** What is missing, lower-case. */
  readonly says: string;
  /** What to write into the plan, a sentence. */
  readonly hint: string;
  /** It is known that it never ends. */
  readonly isNever?: true;
}

export function measured(valueMs: number, says: string): KnownFigure {
  return { kind: 'known', valueMs, origin: 'measured', says };
}

export function declared(valueMs: number, says: string): KnownFigure {
  return { kind: 'known', valueMs, origin: 'declared', says };
}

export function assumed(valueMs: number, says: string): KnownFigure {
  return { kind: 'known', valueMs, origin: 'assumed', says };
}

export function unknown(says: string, hint: string): UnknownFigure {
  return { kind: 'unknown', says, hint };
}

export function never(says: string, hint: string): UnknownFigure {
  return { kind: 'unknown', says, hint, isNever: true };
}

/** What is known of it. */
export function atLeastMs(figure: Figure): number {
  return figure.kind === 'known' ? figure.valueMs : 0;
}

const originOrder: readonly FigureOrigin[] = ['measured', 'declared', 'assumed'];

/** A sum is as good as its worst part; `measured` for no parts at all. */
export function weakestOrigin(origins: Iterable<FigureOrigin>): FigureOrigin {
  let weakest = 0;
  for (const origin of origins) weakest = Math.max(weakest, originOrder.indexOf(origin));
  return originOrder[weakest] ?? 'assumed';
}
