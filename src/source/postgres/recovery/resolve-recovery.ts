/**
 * Chooses the base backup and the timeline from which a target can be reached, or refuses and says why. It never
 * gives another state than the one that was asked for.
 *
 * Glossary: the *path* is the run of timelines that leads from a base backup to the chosen timeline; the *reach* is the
 * LSN up to which the archive holds the path without a hole.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { formatLsn } from '../wal/lsn.ts';
import { branchName } from '../wal/segment-name.ts';
import { firstTimeline, isAncestor, type TimelineHistory } from '../wal/timeline-history.ts';
import type { ChosenRecovery, RecoveryChoice, RefusalKind } from './recovery-choice.ts';
import type { BasePoint, RecoveryGround } from './recovery-ground.ts';
import { describeLack, type Path, pathFrom } from './recovery-path.ts';
import { describeTarget, formatMoment, type RecoveryTarget } from './recovery-target.ts';
import { type Fit, findOnPath, fitOf, stopsBefore, type Wanted } from './target-on-path.ts';

export interface RecoveryRequest {
  readonly target: RecoveryTarget;
  /** `latest`: the newest timeline; `current`: the one of the base backup, whatever came after it. */
  readonly timeline: 'latest' | 'current' | number;
}

export function resolveRecovery(ground: RecoveryGround, request: RecoveryRequest): RecoveryChoice {
  const points = ground.points.filter(({ systemId }) => systemId === ground.systemId);
  if (points.length === 0) return withoutPoint(ground);
  const timelines = request.timeline === 'current' ? undefined : wantedTimeline(ground, request.timeline);
  if (timelines !== undefined && !isKnown(ground, timelines)) return unknownTimeline(ground, timelines);
  const newestFirst = points.toSorted((a, b) => compare(b.at, a.at));
  const attempts = newestFirst.map((point) =>
    tryPoint(ground, point, timelines ?? point.timeline, request.target),
  );
  return attempts.find(({ kind }) => kind === 'chosen') ?? mostTelling(attempts);
}

/** The choice, or TARGET_UNREACHABLE with the reason. */
export function requireRecovery(ground: RecoveryGround, request: RecoveryRequest): ChosenRecovery {
  const choice = resolveRecovery(ground, request);
  if (choice.kind === 'chosen') return choice;
  throw new LifeboatError('TARGET_UNREACHABLE', choice.reason, {
    hint: choice.hint,
    details: { why: choice.why, target: describeTarget(request.target) },
  });
}

function tryPoint(
  ground: RecoveryGround,
  point: BasePoint,
  timeline: number,
  target: RecoveryTarget,
): RecoveryChoice {
  const history = historyOf(ground, timeline);
  if (!isAncestor(history, point.timeline, point.at)) return notAncestor(point, timeline);
  const path = pathFrom(ground, point, history);
  const wanted = findOnPath(ground, path, target);
  if (wanted.kind === 'refused') return wanted;
  const fit = fitOf(ground, path, wanted);
  if (fit.kind !== 'fits') return misfit(target, wanted, path, fit);
  const { finish } = fit;
  const own = finish === 'stop' ? stopTimeline(ground, path, wanted) : timeline;
  if (own === timeline) return { kind: 'chosen', point, timeline, path, finish };
  return {
    kind: 'chosen',
    point,
    timeline: own,
    path: pathFrom(ground, point, historyOf(ground, own)),
    finish,
  };
}

/**
 * A server that is told of a later timeline than the one it stops on would, when it is opened, write down a history in
 * which its own timeline follows the later one: nobody could recover along it any more.
 */
function stopTimeline(ground: RecoveryGround, path: Path, wanted: Wanted): number {
  const own = path.spans.find(
    ({ end }) => end !== undefined && end > path.point.at && stopsBefore(ground, path, wanted, end),
  );
  return own?.timeline ?? path.timeline;
}

function misfit(target: RecoveryTarget, wanted: Wanted, path: Path, fit: Fit): RecoveryChoice {
  const asked = describeTarget(target);
  if (fit.kind === 'too-early') {
    const since = `is consistent from ${formatLsn(path.point.at)} (${formatMoment(path.point.capturedAtMs * 1000)}) on`;
    return refused(
      'before-first',
      `${asked} lies before base backup ${path.point.id}, which ${since}`,
      wanted.hintEarly,
    );
  }
  if (path.lack !== undefined) {
    return refused('gap', `${asked} cannot be reached: ${describeLack(path.lack)}`, hints.gap(path));
  }
  const end = `the log ends at ${formatLsn(path.reach)} of timeline ${path.timeline}${untilText(path)}`;
  return refused('after-end', `${asked} was never reached: ${end}`, hints.afterEnd);
}

function untilText({ knownUntilMs }: Path): string {
  return knownUntilMs === undefined
    ? ''
    : `, and tells of nothing after ${formatMoment(knownUntilMs * 1000)}`;
}

/** The newest backup that is not too new says most; when all are too new, the oldest. */
function mostTelling(attempts: readonly RecoveryChoice[]): RecoveryChoice {
  const telling = attempts.find((attempt) => attempt.kind === 'refused' && !weak.has(attempt.why));
  return telling ?? attempts.at(-1) ?? refused('no-base', 'there is no base backup', hints.noBase);
}

const weak: ReadonlySet<RefusalKind> = new Set(['before-first', 'not-ancestor']);

function wantedTimeline(ground: RecoveryGround, wanted: 'latest' | number): number {
  if (wanted !== 'latest') return wanted;
  const known = [...ground.histories.keys(), ...ground.points.map(({ timeline }) => timeline), 1];
  return Math.max(...known);
}

/** Without its history nobody knows where a later timeline began. */
function isKnown(ground: RecoveryGround, timeline: number): boolean {
  return timeline === 1 || ground.histories.has(timeline);
}

function historyOf(ground: RecoveryGround, timeline: number): TimelineHistory {
  return ground.histories.get(timeline) ?? { ...firstTimeline(), timeline };
}

function withoutPoint(ground: RecoveryGround): RecoveryChoice {
  if (ground.points.length === 0) return refused('no-base', 'there is no base backup', hints.noBase);
  const others = [...new Set(ground.points.map(({ systemId }) => systemId))].join(', ');
  return refused(
    'wrong-system',
    `the base backups are of another cluster: ${others}, and the log is of ${ground.systemId}`,
    'Give the system identifier of the cluster that the backups were taken from.',
  );
}

function unknownTimeline(ground: RecoveryGround, timeline: number): RecoveryChoice {
  const known = [1, ...ground.histories.keys()].join(', ');
  return refused(
    'no-timeline',
    `the archive holds no history of timeline ${timeline} (${branchName(timeline)})`,
    `Ask for one of these timelines: ${known}.`,
  );
}

function notAncestor(point: BasePoint, timeline: number): RecoveryChoice {
  const where = `${formatLsn(point.at)} of timeline ${point.timeline}`;
  return refused(
    'not-ancestor',
    `base backup ${point.id} at ${where} is no part of the history of timeline ${timeline}`,
    `Ask for timeline ${point.timeline}, or for a backup that was taken before the timelines parted.`,
  );
}

function refused(why: RefusalKind, reason: string, hint: string): RecoveryChoice {
  return { kind: 'refused', why, reason, hint };
}

const hints = {
  noBase: 'Take a base backup; the log alone restores nothing.',
  afterEnd: 'Ask for an earlier state, or for `end`, which is the newest there is.',
  gap: (path: Path): string =>
    path.reach > path.point.at
      ? `From this backup everything up to lsn:${formatLsn(path.reach)} can be reached; another vault may hold the missing log.`
      : 'Another vault may hold the missing log, or a backup that was taken after it.',
};

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
