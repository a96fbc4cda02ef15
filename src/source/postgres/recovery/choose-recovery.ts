/** From recovery points and a log to the choice of a recovery, with what carrying it out needs. */
import type { LogReader } from '../../../log-archive/log-archive.ts';
import type { RecoveryPoint } from '../../../recovery-point/recovery-point.ts';
import { earlierLsn, parseLsn } from '../wal/lsn.ts';
import { segmentStart } from '../wal/segment-name.ts';
import { gatherGround } from './gather-ground.ts';
import type { ChosenRecovery, RefusedRecovery } from './recovery-choice.ts';
import type { BasePoint } from './recovery-ground.ts';
import type { RecoveryTarget } from './recovery-target.ts';
import { resolveRecovery } from './resolve-recovery.ts';

export interface ChooseOptions {
  /** Of physical copies; the better ones first where two captured the same. */
  readonly points: readonly RecoveryPoint[];
  readonly log: LogReader;
  readonly target: RecoveryTarget;
  readonly timeline: 'latest' | 'current' | number;
  readonly signal?: AbortSignal | undefined;
}

export interface PlannedRecovery {
  readonly kind: 'planned';
  readonly choice: ChosenRecovery;
  readonly point: RecoveryPoint;
  readonly target: RecoveryTarget;
  readonly log: LogReader;
  /** The engine's own texts, by timeline. */
  readonly histories: ReadonlyMap<number, Uint8Array>;
  /** The log is read from here, and at most to there. */
  readonly from: bigint;
  readonly to: bigint;
}

/** Raises what the log raises. */
export async function chooseRecovery(options: ChooseOptions): Promise<PlannedRecovery | RefusedRecovery> {
  const { points, log, target, timeline, signal } = options;
  const bases = points.flatMap((point) => basePointOf(point) ?? []);
  const segmentBytes = segmentBytesOf(points);
  const { ground, histories } = await gatherGround(log, { points: bases, segmentBytes, target, signal });
  const choice = resolveRecovery(ground, { target, timeline });
  if (choice.kind === 'refused') return choice;
  const point = points.find(({ id }) => id === choice.point.id);
  if (point === undefined) throw new RangeError('the chosen base is none of those that were given');
  const from = segmentStart(choice.point.base, segmentBytes);
  return {
    kind: 'planned',
    ...{ choice, point, target, log, histories, from, to: neededTo(choice, target) },
  };
}

export function basePointOf({ id, position, capturedAtMs }: RecoveryPoint): BasePoint | undefined {
  if (position.kind !== 'postgres') return undefined;
  const { systemId, timeline, hasLog } = position;
  const base = parseLsn(position.base);
  const at = parseLsn(position.at);
  if (base === undefined || at === undefined) return undefined;
  return { id, systemId, timeline, base, at, capturedAtMs, hasLog };
}

const segmentBytesUsual = 16 * 1024 * 1024;

function segmentBytesOf(points: readonly RecoveryPoint[]): number {
  const position = points.find((point) => point.position.kind === 'postgres')?.position;
  return position?.kind === 'postgres' ? position.segmentBytes : segmentBytesUsual;
}

/** What lies behind the target is not fetched, but for a few files ahead. */
function neededTo({ path, finish, point }: ChosenRecovery, target: RecoveryTarget): bigint {
  if (finish === 'end') return path.reach;
  if (target.kind === 'consistent') return point.at;
  if (target.kind === 'lsn') return earlierLsn(target.lsn, path.reach);
  if (target.kind !== 'time') return path.reach;
  const behind = path.pieces
    .filter(({ marks }) => (marks.lastCommitAtMs ?? Number.NEGATIVE_INFINITY) * 1000 >= target.atUs)
    .map(({ end }) => end);
  return behind.reduce(earlierLsn, path.reach);
}
