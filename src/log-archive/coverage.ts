/** What hangs together and what is missing, computed from names alone. Pure. */
import type { LogCoverage, LogGap, LogSpan } from './log-archive.ts';

interface NamedSpan extends LogSpan {
  readonly form: string;
}

/** `named`: everything of one branch, in any order. */
export function coverageOf(branch: string, named: readonly NamedSpan[]): LogCoverage {
  const spans = joined(named.filter(({ form }) => form === 'chunk' || form === 'segment'));
  const declared = joined(named.filter(({ form }) => form === 'gap'));
  const gaps: LogGap[] = [];
  for (const [i, span] of spans.entries()) {
    const next = spans[i + 1];
    if (next === undefined) break;
    const gap = { branch, start: span.end, end: next.start };
    gaps.push({ ...gap, isDeclared: declared.some((known) => contains(known, gap)) });
  }
  return { branch, spans, gaps };
}

/** Spans that touch or overlap become one; ascending. */
export function joined(spans: readonly LogSpan[]): readonly LogSpan[] {
  const sorted = spans.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const result: LogSpan[] = [];
  for (const { branch, start, end } of sorted) {
    const last = result.at(-1);
    if (last === undefined || start > last.end) result.push({ branch, start, end });
    else if (end > last.end) result[result.length - 1] = { ...last, end };
  }
  return result;
}

export function contains(outer: LogSpan, inner: LogSpan): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/**
 * Where somebody who is offered bytes from `heldFrom` on goes on without leaving out what could be had: the first
 * position not below it that no span holds.
 */
export function resumeAt(coverage: LogCoverage | undefined, heldFrom: bigint): bigint {
  const around = coverage?.spans.find(({ start, end }) => start <= heldFrom && heldFrom < end);
  return around?.end ?? heldFrom;
}
