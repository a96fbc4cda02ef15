/** Where on a path a target lies, and whether the path leads there. */
import type { LogMarks } from '../../../log-archive/log-archive.ts';
import { largest } from '../../../platform/largest.ts';
import { earlierLsn, formatLsn } from '../wal/lsn.ts';
import { parseBranchName } from '../wal/segment-name.ts';
import { firstTimeline, timelineAt, timelinesFrom } from '../wal/timeline-history.ts';
import type { RefusedRecovery } from './recovery-choice.ts';
import type { MarkedSpan, RecoveryGround, TransactionFact } from './recovery-ground.ts';
import type { Path } from './recovery-path.ts';
import type { RecoveryTarget } from './recovery-target.ts';

export type Wanted =
  | { readonly kind: 'everything'; readonly hintEarly: string }
  | { readonly kind: 'consistency'; readonly hintEarly: string }
  /** The server stops at a record that begins at `lsn` or behind it; `isIn`: the record that holds this byte. */
  | {
      readonly kind: 'position';
      readonly lsn: bigint;
      readonly isIn: boolean;
      readonly hintEarly: string;
    }
  | {
      readonly kind: 'moment';
      readonly atUs: number;
      readonly inclusive: boolean;
      readonly hintEarly: string;
    };

export type Fit =
  | { readonly kind: 'fits'; readonly finish: 'stop' | 'end' }
  | { readonly kind: 'too-early' }
  | { readonly kind: 'too-late' };

const hintEarly = 'Ask for a later state, or give the id of an older backup that is still in a vault.';

export function findOnPath(
  ground: RecoveryGround,
  path: Path,
  target: RecoveryTarget,
): Wanted | RefusedRecovery {
  switch (target.kind) {
    case 'end':
      return { kind: 'everything', hintEarly };
    case 'consistent':
      return { kind: 'consistency', hintEarly };
    case 'lsn':
      return { kind: 'position', lsn: target.lsn, isIn: false, hintEarly };
    case 'time':
      return { kind: 'moment', atUs: target.atUs, inclusive: target.inclusive, hintEarly };
    case 'name':
      return findName(ground, path, target.name);
    case 'xid':
      return findTransaction(ground, path, target.xid);
    default:
      return target satisfies never;
  }
}

export function fitOf(ground: RecoveryGround, path: Path, wanted: Wanted): Fit {
  // Without the log up to its own end a backup is not even consistent.
  if (path.reach < path.point.at) return { kind: 'too-late' };
  switch (wanted.kind) {
    case 'everything':
      return path.lack === undefined ? { kind: 'fits', finish: 'end' } : { kind: 'too-late' };
    case 'consistency':
      return { kind: 'fits', finish: 'stop' };
    case 'position':
      return fitOfPosition(ground, path, wanted.lsn);
    case 'moment':
      return fitOfMoment(path, wanted.atUs, wanted.inclusive);
    default:
      return wanted satisfies never;
  }
}

/** A server stops only at a record: behind the start of the last one there is none, and the end is the state asked for. */
function fitOfPosition(ground: RecoveryGround, path: Path, lsn: bigint): Fit {
  if (lsn < path.point.at) return { kind: 'too-early' };
  if (lsn > path.reach) return { kind: 'too-late' };
  // what lies right before a hole is asked for by where the hole begins
  if (path.lack !== undefined && lsn === path.reach) return { kind: 'fits', finish: 'end' };
  const tail = path.lack === undefined ? ground.tails?.get(path.timeline) : undefined;
  if (tail !== undefined && lsn > tail.start) {
    return lsn <= tail.end ? { kind: 'fits', finish: 'end' } : { kind: 'too-late' };
  }
  return { kind: 'fits', finish: 'stop' };
}

/** A server that is told a time stops at the first transaction that ended later: it needs to see one. */
function fitOfMoment(path: Path, atUs: number, inclusive: boolean): Fit {
  if (atUs < path.point.capturedAtMs * 1000) return { kind: 'too-early' };
  if (isLater(path.pieces, { atUs, inclusive })) return { kind: 'fits', finish: 'stop' };
  const isKnown = path.knownUntilMs !== undefined && path.knownUntilMs * 1000 >= atUs;
  return isKnown && path.lack === undefined && inclusive
    ? { kind: 'fits', finish: 'end' }
    : { kind: 'too-late' };
}

function isLater(
  pieces: readonly MarkedSpan[],
  { atUs, inclusive }: Pick<Extract<Wanted, { kind: 'moment' }>, 'atUs' | 'inclusive'>,
): boolean {
  const last = largest(pieces.map(({ marks }) => marks.lastCommitAtMs ?? Number.NEGATIVE_INFINITY));
  // Marks are cut to milliseconds: within the same one it is not known which came first.
  return last > Math.floor(atUs / 1000) || (!inclusive && last * 1000 === atUs);
}

/**
 * Whether the server surely stops before the path leaves a timeline at `end`. Where a transaction ended within the
 * millisecond asked for, it is not known.
 */
export function stopsBefore(ground: RecoveryGround, path: Path, wanted: Wanted, end: bigint): boolean {
  switch (wanted.kind) {
    case 'everything':
      return false;
    case 'consistency':
      return path.point.at <= end;
    case 'position':
      return wanted.isIn ? wanted.lsn < end : nextRecord(ground, path, wanted.lsn, end) < end;
    case 'moment':
      return isLater(
        path.pieces.filter((piece) => piece.end <= end),
        wanted,
      );
    default:
      return wanted satisfies never;
  }
}

function nextRecord({ next }: RecoveryGround, { spans }: Path, lsn: bigint, otherwise: bigint): bigint {
  const timeline = timelineAt(spans, lsn);
  return (timeline === undefined ? undefined : next?.get(timeline)) ?? otherwise;
}

/** A server would stop at the first that it meets, which may not be the one that was meant. */
function findName(ground: RecoveryGround, path: Path, name: string): Wanted | RefusedRecovery {
  const found = namesBefore(ground, path).filter((mark) => mark.name === name);
  const ends = [...new Set(found.map(({ end }) => end))];
  const [first, ...others] = ends;
  if (first === undefined) {
    return refused(
      'unknown-name',
      `no point is named "${name}" in the log behind base backup ${path.point.id}`,
      hints.name,
    );
  }
  if (others.length > 0) {
    const places = ends.map((end) => `lsn:${formatLsn(end)}`).join(', ');
    return refused(
      'ambiguous',
      `${ends.length} points are named "${name}": they end at ${places}`,
      hints.oneOf,
    );
  }
  return { kind: 'position', lsn: first - 1n, isIn: true, hintEarly };
}

/** Of the path as the oldest of the backups would go it: what lies before this one is a state of that name as well. */
function namesBefore(
  { pieces, histories, points }: RecoveryGround,
  { timeline, reach }: Path,
): LogMarks['names'] {
  const oldest = points.map(({ base }) => base).reduce(earlierLsn);
  const whole = timelinesFrom(histories.get(timeline) ?? { ...firstTimeline(), timeline }, 0n);
  return pieces.flatMap(({ branch, marks }) =>
    marks.names.filter(
      ({ end }) => end > oldest && end <= reach && timelineAt(whole, end - 1n) === parseBranchName(branch),
    ),
  );
}

function findTransaction(ground: RecoveryGround, path: Path, xid: number): Wanted | RefusedRecovery {
  const onPath = (ground.transactions ?? []).filter((fact) => isTransactionOnPath(fact, path));
  const found = onPath.filter((fact) => fact.xid === xid);
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0)
    return { kind: 'position', lsn: first.start, isIn: true, hintEarly };
  if (first !== undefined) {
    const places = found.map(({ start }) => `lsn:${formatLsn(start)}`).join(', ');
    return refused('ambiguous', `transaction ${xid} ended more than once, at ${places}`, hints.oneOf);
  }
  const parent = onPath.find(({ subtransactions }) => subtransactions.includes(xid));
  if (parent !== undefined) {
    return refused(
      'unknown-transaction',
      `${xid} is a part of transaction ${parent.xid}, and ended with it`,
      `Ask for xid:${parent.xid}.`,
    );
  }
  const elsewhere = (ground.transactions ?? []).find((fact) => fact.xid === xid);
  const where =
    elsewhere === undefined
      ? ''
      : `; it ended on timeline ${elsewhere.timeline}, at ${formatLsn(elsewhere.start)}`;
  return refused(
    'unknown-transaction',
    `transaction ${xid} ended nowhere in the log behind base backup ${path.point.id}${where}`,
    hints.transaction,
  );
}

function isTransactionOnPath(fact: TransactionFact, path: Path): boolean {
  return (
    fact.start >= path.point.base &&
    fact.end <= path.reach &&
    timelineAt(path.spans, fact.start) === fact.timeline
  );
}

function refused(why: RefusedRecovery['why'], reason: string, hint: string): RefusedRecovery {
  return { kind: 'refused', why, reason, hint };
}

const hints = {
  name: 'Ask for a time or an LSN, or for the timeline on which the point was made.',
  oneOf: 'Ask for one of these places instead.',
  transaction:
    'Look for transactions around the time in question, or ask for the timeline on which it ended.',
};
