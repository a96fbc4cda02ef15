/** What one vault holds of the log of a system: what hangs together, what is missing, and what can be recovered with it. */
import { defined } from '../../error/assert.ts';
import type { LogCoverage } from '../../log-archive/log-archive.ts';
import type { CheckLogReport } from '../../log-archive/log-keeping.ts';
import { markedUntil } from '../../log-archive/marked-until.ts';
import { reachesBackTo, type UnbrokenPart, unbrokenParts } from '../../log-archive/unbroken.ts';
import type { LogEngine } from '../../log-shipping/shipping.ts';
import { logPlaceOf } from '../../recovery-point/log-place.ts';
import { isProven, type RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { Vault } from '../../vault/vault.ts';
import type { LogTools } from './log-tools.ts';

export interface LogLook {
  readonly incarnation: string;
  readonly coverage: readonly LogCoverage[];
  /** Objects, of names alone. */
  readonly pieces: number;
  /** Bytes of log, what is held twice counted once. */
  readonly bytes: number;
  /** What its names say is wrong. */
  readonly findings: CheckLogReport['findings'];
  readonly newest?: NewestEnd;
  /** Any moment between the two. Absent: no backup in this vault reaches into the log as it hangs together now. */
  readonly recoverable?: { readonly fromMs: number; readonly point: string };
}

export interface NewestEnd {
  readonly branch: string;
  readonly at: bigint;
  /** From there on nothing is missing, newest branch first. */
  readonly unbroken: readonly UnbrokenPart[];
  /** Everything that was committed by then is there, by the clock of the server: milliseconds since the epoch. */
  readonly untilMs?: number;
}

export interface LookOptions {
  readonly vault: Vault;
  readonly system: string;
  readonly incarnation: string;
  /** Of this vault and system. */
  readonly points: readonly RecoveryPoint[];
  readonly engine: LogEngine;
  readonly tools: LogTools;
  readonly signal: AbortSignal;
}

/** Reads names, and the headers of a few pieces. Raises what the vault raises. */
export async function lookAtLog(options: LookOptions): Promise<LogLook> {
  const { vault, system, incarnation, signal } = options;
  const log = vault.log({ system, incarnation });
  const coverage = await log.coverage(signal);
  const { pieces, findings } = await log.check({ signal });
  const spans = coverage.flatMap((each) => each.spans);
  const bytes = spans.reduce((sum, { start, end }) => sum + Number(end - start), 0);
  const newest = await newestOf(options, coverage);
  const recoverable = newest && recoverableFrom(options, newest);
  return {
    ...{ incarnation, coverage, pieces, bytes, findings },
    ...(newest && { newest }),
    ...(recoverable && { recoverable }),
  };
}

async function newestOf(
  { vault, system, incarnation, engine, signal }: LookOptions,
  coverage: readonly LogCoverage[],
): Promise<NewestEnd | undefined> {
  const [last] = coverage.toSorted((a, b) => (a.branch > b.branch ? -1 : 1));
  const at = last?.spans.at(-1)?.end;
  if (last === undefined || at === undefined) return undefined;
  const log = vault.log({ system, incarnation });
  const { branch } = last;
  const lineage = engine.lineage(branch, await log.history(branch, signal));
  const unbroken = unbrokenParts(coverage, lineage, at);
  for (const [index, part] of unbroken.entries()) {
    const end = index === 0 ? at : defined(unbroken[index - 1], 'the part behind it').start;
    const untilMs = await markedUntil(log, { ...part, end }, signal);
    if (untilMs !== undefined) return { branch, at, unbroken, untilMs };
  }
  return { branch, at, unbroken };
}

function recoverableFrom(
  { points, incarnation }: LookOptions,
  { unbroken }: NewestEnd,
): LogLook['recoverable'] {
  const reaching = points.filter((point) => {
    const place = logPlaceOf(point.position);
    if (place?.incarnation !== incarnation || !point.complete || !isProven(point, 'checked')) return false;
    const { branch, at, base, hasLog } = place;
    return reachesBackTo(unbroken, { branch, at, from: hasLog ? at : base });
  });
  const [oldest] = reaching.toSorted((a, b) => a.capturedAtMs - b.capturedAtMs);
  return oldest && { fromMs: oldest.capturedAtMs, point: oldest.id };
}
