/** Compares what a recovered server says of itself with what was asked of it. */
import type { ServerWords, StopWords } from '../server/server-words.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { RecordSpan } from './recovery-ground.ts';
import { describeTarget, formatMoment, type RecoveryTarget } from './recovery-target.ts';

export interface RecoveryFacts {
  /** Behind the last record that was replayed. */
  readonly replayedTo: bigint;
  /** When the last transaction that was replayed had ended, by the clock of the original. */
  readonly lastTransactionUs?: number;
}

export interface RecoveryDemand {
  readonly target: RecoveryTarget;
  readonly finish: 'stop' | 'end';
  /** What must have been replayed when there is no place to stop at. */
  readonly tail?: RecordSpan;
  readonly consistentFrom: bigint;
}

export type Proof =
  | { readonly kind: 'proven'; readonly words: string }
  | { readonly kind: 'refuted'; readonly reason: string };

export function proveRecovery(demand: RecoveryDemand, words: ServerWords, facts: RecoveryFacts): Proof {
  const asked = describeTarget(demand.target);
  if (facts.replayedTo < demand.consistentFrom)
    return refuted(`the server stands at ${formatLsn(facts.replayedTo)}, before its backup is consistent`);
  if (demand.finish === 'end') return proveEnd(demand, facts);
  const { stopped } = words;
  if (stopped === undefined) return refuted(`the server never said that it stopped at ${asked}`);
  const wrong = wrongWith(demand.target, stopped, facts);
  const said = describeStop(stopped);
  return wrong === undefined
    ? { kind: 'proven', words: said }
    : refuted(`asked for ${asked}, the server says "${said}": ${wrong}`);
}

function proveEnd({ tail, target }: RecoveryDemand, facts: RecoveryFacts): Proof {
  const at = formatLsn(facts.replayedTo);
  if (tail !== undefined && facts.replayedTo !== tail.end)
    return refuted(
      `the last record of the log ends at ${formatLsn(tail.end)}, and the server stands at ${at}`,
    );
  const late = tooLate(target, facts);
  return late === undefined ? { kind: 'proven', words: `replayed everything, to ${at}` } : refuted(late);
}

/** Of a state at a time nothing may be newer, whichever way it was reached. */
function tooLate(target: RecoveryTarget, { lastTransactionUs }: RecoveryFacts): string | undefined {
  if (target.kind !== 'time' || lastTransactionUs === undefined) return undefined;
  const isLate = target.inclusive ? lastTransactionUs > target.atUs : lastTransactionUs >= target.atUs;
  return isLate ? `a transaction of ${formatMoment(lastTransactionUs)} was replayed` : undefined;
}

const other = 'that is another place';

function wrongWith(target: RecoveryTarget, stopped: StopWords, facts: RecoveryFacts): string | undefined {
  switch (target.kind) {
    case 'consistent':
      return stopped.kind === 'consistency' ? undefined : other;
    case 'name':
      return stopped.kind === 'name' && stopped.name === target.name ? undefined : other;
    case 'xid':
      return wrongWithTransaction(target, stopped);
    case 'lsn':
      return wrongWithPosition(target, stopped, facts);
    case 'time':
      return wrongWithTime(target, stopped) ?? tooLate(target, facts);
    case 'end':
      return other;
    default:
      return target satisfies never;
  }
}

type TargetOf<Kind extends RecoveryTarget['kind']> = Extract<RecoveryTarget, { kind: Kind }>;

function wrongWithTransaction(target: TargetOf<'xid'>, stopped: StopWords): string | undefined {
  if (stopped.kind !== 'transaction' || stopped.xid !== target.xid) return other;
  return stopped.side === sideOf(target) ? undefined : 'that is the other side of it';
}

function wrongWithPosition(
  target: TargetOf<'lsn'>,
  stopped: StopWords,
  { replayedTo }: RecoveryFacts,
): string | undefined {
  if (stopped.kind !== 'lsn' || stopped.side !== sideOf(target) || stopped.lsn < target.lsn) return other;
  if (target.inclusive) return replayedTo > stopped.lsn ? undefined : 'the record was not replayed';
  return replayedTo <= stopped.lsn ? undefined : 'the record was replayed';
}

function wrongWithTime(target: TargetOf<'time'>, stopped: StopWords): string | undefined {
  if (stopped.kind !== 'transaction' || stopped.side !== 'before') return other;
  const isBehind = target.inclusive ? stopped.atUs > target.atUs : stopped.atUs >= target.atUs;
  return isBehind ? undefined : 'that one belongs to what was asked for';
}

function sideOf({ inclusive }: { readonly inclusive: boolean }): 'before' | 'after' {
  return inclusive ? 'after' : 'before';
}

function describeStop(stopped: StopWords): string {
  switch (stopped.kind) {
    case 'transaction':
      return `stopping ${stopped.side} ${stopped.ended} of transaction ${stopped.xid}, ${formatMoment(stopped.atUs)}`;
    case 'lsn':
      return `stopping ${stopped.side} ${formatLsn(stopped.lsn)}`;
    case 'name':
      return `stopping at restore point "${stopped.name}", ${formatMoment(stopped.atUs)}`;
    case 'consistency':
      return 'stopping after reaching consistency';
    default:
      return stopped satisfies never;
  }
}

function refuted(reason: string): Proof {
  return { kind: 'refuted', reason };
}
