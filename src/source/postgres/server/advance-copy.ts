/** Brings a copy that runs in a sandbox forward by the log that lies behind its capture. */
import type { LogReader } from '../../../log-archive/log-archive.ts';
import type { Position } from '../../position.ts';
import { chooseRecovery, type PlannedRecovery } from '../recovery/choose-recovery.ts';
import type { RefusedRecovery } from '../recovery/recovery-choice.ts';
import { describeTarget, type RecoveryTarget } from '../recovery/recovery-target.ts';
import { formatLsn, parseLsn } from '../wal/lsn.ts';
import type { ClusterVerdict } from './probe-cluster.ts';
import type { RunningCopy } from './run-copy.ts';

export interface AdvanceOptions {
  readonly position: Position;
  readonly capturedAtMs: number;
  readonly measuredAt?: string;
  readonly log?: LogReader;
  readonly signal?: AbortSignal | undefined;
}

/** As it goes into records. */
export interface ReplayedLog {
  readonly target: string;
  readonly branch: string;
  readonly replayedTo: string;
  readonly lastTransactionAtMs?: number;
  /** Everything that was written until then is in it, as far as the log tells. */
  readonly currentAtMs: number;
  readonly proof: string;
  readonly logBytes: number;
  readonly layOutMs: number;
  readonly replayMs: number;
  readonly openMs: number;
}

export interface Advanced {
  readonly verdict: ClusterVerdict;
  /** When it went to the end. */
  readonly replayed?: ReplayedLog;
}

/** Raises what `recoverCluster` and the log raise. A log that does not lead there is a verdict. */
export async function advanceCopy(
  options: AdvanceOptions,
  copy: RunningCopy,
  to: 'measured' | 'end',
): Promise<Advanced> {
  const target = targetOf(options, to);
  if (target === undefined || options.log === undefined) return withoutLog;
  if ((await options.log.coverage(options.signal)).length === 0) return withoutLog;
  const planned = await choose(options, options.log, target);
  if (planned.kind === 'refused')
    return { verdict: { kind: 'inconclusive', reason: `${planned.reason}. ${planned.hint}` } };
  const { openMs } = await copy.goOn(planned, to === 'end');
  const { proof } = copy.cluster();
  const verdict: ClusterVerdict = { kind: 'passed', value: proof };
  return to === 'end' ? { verdict, replayed: replayedBy(options, planned, copy, openMs) } : { verdict };
}

const withoutLog: Advanced = {
  verdict: { kind: 'inconclusive', reason: 'no vault has the log behind the capture' },
};

function targetOf({ measuredAt = '' }: AdvanceOptions, to: 'measured' | 'end'): RecoveryTarget | undefined {
  if (to === 'end') return { kind: 'end' };
  const lsn = parseLsn(measuredAt);
  return lsn === undefined ? undefined : { kind: 'lsn', lsn, inclusive: false };
}

/** The newest timeline, or that of the base where the newest left it before. */
async function choose(
  { position, capturedAtMs, signal }: AdvanceOptions,
  log: LogReader,
  target: RecoveryTarget,
): Promise<PlannedRecovery | RefusedRecovery> {
  const asked = { points: [{ id: 'restored', position, capturedAtMs }], log, target, signal };
  const newest = await chooseRecovery({ ...asked, timeline: 'latest' });
  if (newest.kind === 'planned' || newest.why !== 'not-ancestor') return newest;
  return await chooseRecovery({ ...asked, timeline: 'current' });
}

function replayedBy(
  { capturedAtMs }: AdvanceOptions,
  { choice, target, from, to }: PlannedRecovery,
  copy: RunningCopy,
  openMs: number,
): ReplayedLog {
  const { proof, replayedTo, lastTransactionUs, phases } = copy.cluster();
  const lastMs = lastTransactionUs === undefined ? undefined : Math.floor(lastTransactionUs / 1000);
  return {
    target: describeTarget(target),
    branch: `timeline ${choice.timeline}`,
    replayedTo: formatLsn(replayedTo),
    ...(lastMs === undefined ? {} : { lastTransactionAtMs: lastMs }),
    currentAtMs: Math.max(capturedAtMs, lastMs ?? 0, choice.path.knownUntilMs ?? 0),
    ...{ proof, logBytes: Number(to - from), ...phases, openMs },
  };
}
