/** From recovery points and a log to the choice of a recovery, with what carrying it out needs. */
import type { LogReader } from '../../../log-archive/log-archive.ts';
import type { RecoveryPoint } from '../../../recovery-point/recovery-point.ts';
import type { Position } from '../../position.ts';
import { earlierLsn, parseLsn } from '../wal/lsn.ts';
import { segmentStart } from '../wal/segment-name.ts';
import { gatherGround } from './gather-ground.ts';
import type { ChosenRecovery, RefusedRecovery } from './recovery-choice.ts';
import type { BasePoint } from './recovery-ground.ts';
import type { RecoveryTarget } from './recovery-target.ts';
import { requireRecovery, resolveRecovery } from './resolve-recovery.ts';

export type BaseFacts = Pick<RecoveryPoint, 'id' | 'position' | 'capturedAtMs'>;

export interface ChooseOptions<Point extends BaseFacts> {
  /** Of physical copies; the better ones first where two captured the same. */
  readonly points: readonly Point[];
  readonly log: LogReader;
  readonly target: RecoveryTarget;
  readonly timeline: 'latest' | 'current' | number;
  readonly signal?: AbortSignal | undefined;
}

export interface PlannedRecovery<Point extends BaseFacts = BaseFacts> {
  readonly kind: 'planned';
  readonly choice: ChosenRecovery;
  readonly point: Point;
  readonly target: RecoveryTarget;
  /** Absent: the backup has all of the log that it needs in itself. */
  readonly log: LogReader | undefined;
  /** The engine's own texts, by timeline. */
  readonly histories: ReadonlyMap<number, Uint8Array>;
  /** The log is read from here, and at most to there. */
  readonly from: bigint;
  readonly to: bigint;
}

/** Raises what the log raises. */
export async function chooseRecovery<Point extends BaseFacts>(
  options: ChooseOptions<Point>,
): Promise<PlannedRecovery<Point> | RefusedRecovery> {
  const { points, log, target, timeline, signal } = options;
  const bases = points.flatMap((point) => basePointOf(point) ?? []);
  const segmentBytes = segmentBytesOf(points);
  const gathered = await gatherGround(log, { points: bases, segmentBytes, target, signal });
  const { ground, histories } = gathered;
  const choice = resolveRecovery(ground, { target, timeline });
  if (choice.kind === 'refused') return choice;
  const point = points.find(({ id }) => id === choice.point.id);
  if (point === undefined) throw new RangeError('the chosen base is none of those that were given');
  const from = segmentStart(choice.point.base, segmentBytes);
  return {
    kind: 'planned',
    ...{ choice, point, target, log: gathered.log, histories, from, to: neededTo(choice, target) },
  };
}

export function basePointOf({ id, position, capturedAtMs }: BaseFacts): BasePoint | undefined {
  if (position.kind !== 'postgres') return undefined;
  const { systemId, timeline, hasLog } = position;
  const base = parseLsn(position.base);
  const at = parseLsn(position.at);
  if (base === undefined || at === undefined) return undefined;
  return { id, systemId, timeline, base, at, capturedAtMs, hasLog };
}

const segmentBytesUsual = 16 * 1024 * 1024;

function segmentBytesOf(points: readonly BaseFacts[]): number {
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

/** To the state of a capture that has its own log in itself. Raises TARGET_UNREACHABLE for one that has not. */
export function planCapture(position: Extract<Position, { kind: 'postgres' }>): PlannedRecovery {
  const { systemId, segmentBytes, timeline } = position;
  const point = { id: 'restored', position, capturedAtMs: 0 };
  const base = basePointOf(point);
  const ground = {
    ...{ systemId, segmentBytes, points: base === undefined ? [] : [base], coverage: [] },
    ...{ histories: new Map(), pieces: [] },
  };
  const target = { kind: 'consistent' } as const;
  const choice = requireRecovery(ground, { target, timeline });
  const histories = new Map<number, Uint8Array>();
  const { base: from, at: to } = choice.point;
  return { kind: 'planned', choice, point, target, log: undefined, histories, from, to };
}
