/** How long one system takes to be back once everything that it needs is back. */
import { formatByteSize } from '../byte-size.ts';
import { formatDuration } from '../duration.ts';
import type { ResolvedSystem } from '../resolved-plan.ts';
import { factOf, type PlanFacts } from './plan-facts.ts';

export interface RestoreTime {
  readonly valueMs: number;
  /** Whether the restore itself was measured; a start is only ever declared. */
  readonly isMeasured: boolean;
  /** `200 GiB at 80 MB/s = 44 min 45 s + 3 min start`. */
  readonly words: string;
}

interface Part {
  readonly valueMs: number;
  readonly words: string;
  readonly isMeasured: boolean;
}

/** Nothing when neither a run nor the plan says anything about it. */
export function restoreTime(system: ResolvedSystem, facts: PlanFacts): RestoreTime | undefined {
  const { start } = system.estimates;
  const restore = system.source === undefined ? undefined : restorePart(system, facts);
  const starting: Part | undefined =
    start === undefined
      ? undefined
      : { valueMs: start, words: `${formatDuration(start)} start`, isMeasured: false };
  const parts = [restore, starting].filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  return {
    valueMs: parts.reduce((total, { valueMs }) => total + valueMs, 0),
    isMeasured: restore?.isMeasured === true,
    words: parts.map(({ words }) => words).join(' + '),
  };
}

function restorePart(system: ResolvedSystem, facts: PlanFacts): Part | undefined {
  const measured = factOf(facts.measured, system.name);
  const { restoreLastMs, restoreMedianMs } = measured ?? {};
  if (restoreLastMs !== undefined || restoreMedianMs !== undefined) {
    const valueMs = Math.max(restoreLastMs?.value ?? 0, restoreMedianMs?.value ?? 0);
    return { valueMs, words: `${formatDuration(valueMs)} restore (measured)`, isMeasured: true };
  }
  const { restore } = system.estimates;
  if (restore !== undefined)
    return { valueMs: restore, words: `${formatDuration(restore)} restore (declared)`, isMeasured: false };
  return byRate(system, measured?.sourceBytes?.value, measured?.restoreBytesPerSecond?.value);
}

function byRate(
  { estimates }: ResolvedSystem,
  measuredBytes: number | undefined,
  measuredRate: number | undefined,
): Part | undefined {
  const bytes = measuredBytes ?? estimates.size;
  const rate = measuredRate ?? estimates.restore_rate;
  if (bytes === undefined || rate === undefined || rate <= 0) return undefined;
  const valueMs = Math.ceil(bytes / rate) * 1000;
  const origin = (isKnown: boolean): string => (isKnown ? 'measured' : 'declared');
  const words =
    `${formatByteSize(bytes)} (${origin(measuredBytes !== undefined)}) at ${formatRate(rate)} ` +
    `(${origin(measuredRate !== undefined)}) = ${formatDuration(valueMs)}`;
  return { valueMs, words, isMeasured: measuredBytes !== undefined && measuredRate !== undefined };
}

function formatRate(bytesPerSecond: number): string {
  const megabytes = bytesPerSecond / 1e6;
  if (megabytes >= 1) return `${Number(megabytes.toFixed(1))} MB/s`;
  return `${Math.round(bytesPerSecond)} bytes/s`;
}
