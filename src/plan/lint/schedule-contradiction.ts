/**
 * Lines of backups of one system that say different times for the same purpose.
 *
 * What counts as the same purpose: the same kind twice, or a snapshot beside an incremental or differential line, for
 * all three give the points between two fulls. Not: lines that go to different vaults, that keep points for different
 * times, that are declared as alternatives, or that have no set times. So the usual "full daily, incremental hourly, logs
 * continuous" is no contradiction, and neither is a weekly full that is kept longer than a daily one.
 */
import { describeSchedule } from '../../schedule/describe-schedule.ts';
import { isTimed } from '../../schedule/schedule.ts';
import { canonicalJson } from '../canonical-json.ts';
import { formatDuration } from '../duration.ts';
import type { ResolvedBackup, ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { schedulesGapMs } from './schedule-gap.ts';

export const scheduleContradiction: LintRule = {
  id: 'schedule-contradiction',
  number: 'T16',
  severity: 'warning',
  title: 'two lines of backups say different times for the same thing',
  explanation:
    'Both lines give the points between two full backups, or are of the same kind, and only one of their schedules can be ' +
    'the one that is meant. The denser one makes the other pointless, and if it is the denser one that is wrong, the plan promises too much.',
  fix: 'Keep the line that is really run, or say how they differ: other vaults, another retention, "alternative_to".',
  check: (plan) => plan.systems.flatMap(hitsOf),
};

/** Lines that can be compared, each with how far apart its runs are. */
interface TimedLine {
  readonly line: ResolvedBackup;
  readonly gapMs: number;
}

function hitsOf(system: ResolvedSystem): readonly LintHit[] {
  return contradictionsOf(system).map(({ dense, sparse }) => hitOf(system, dense, sparse));
}

export interface Contradiction {
  readonly dense: TimedLine;
  readonly sparse: TimedLine;
}

/** Each line with the densest other one that is for the same purpose. */
export function contradictionsOf(system: ResolvedSystem): readonly Contradiction[] {
  if (system.backups.length < 2) return [];
  const timed = system.backups.flatMap((line): readonly TimedLine[] => {
    const gapMs = line.schedules.every(isTimed) ? schedulesGapMs(line.schedules.filter(isTimed)) : undefined;
    return gapMs === undefined ? [] : [{ line, gapMs }];
  });
  const densestFirst = timed.toSorted((left, right) => left.gapMs - right.gapMs);
  return densestFirst.flatMap((sparse, index) => {
    const dense = densestFirst.slice(0, index).find(({ line }) => isSamePurpose(system, line, sparse.line));
    return dense === undefined || isSameTime(dense, sparse) ? [] : [{ dense, sparse }];
  });
}

function isSameTime(dense: TimedLine, sparse: TimedLine): boolean {
  return wordsOf(dense.line) === wordsOf(sparse.line);
}

function wordsOf({ schedules }: ResolvedBackup): string {
  return schedules.map(describeSchedule).join('; ');
}

const betweenFulls: readonly ResolvedBackup['kind'][] = ['incremental', 'differential'];

function isSamePurpose(system: ResolvedSystem, left: ResolvedBackup, right: ResolvedBackup): boolean {
  const kinds = [left.kind, right.kind];
  const isSameKind = left.kind === right.kind;
  const isPartial = kinds.includes('snapshot') && betweenFulls.some((kind) => kinds.includes(kind));
  if (!isSameKind && !isPartial) return false;
  if (left.alternative_to === right.name || right.alternative_to === left.name) return false;
  return shareVault(system, left, right) && canonicalJson(keptOf(left)) === canonicalJson(keptOf(right));
}

function shareVault(system: ResolvedSystem, left: ResolvedBackup, right: ResolvedBackup): boolean {
  const others = right.vaults ?? system.vaults;
  return (left.vaults ?? system.vaults).some((vault) => others.includes(vault));
}

function keptOf({ retention }: ResolvedBackup) {
  return retention ?? null;
}

function hitOf(system: ResolvedSystem, dense: TimedLine, sparse: TimedLine): LintHit {
  const said = (timed: TimedLine): string => `${timed.line.name} (${timed.line.kind}) ${wordsOf(timed.line)}`;
  return {
    at: sparse.line.path,
    message:
      `${system.name} has ${said(dense)} and ${said(sparse)}: with at most ${formatDuration(dense.gapMs)} between runs ` +
      `of the one, the other with ${formatDuration(sparse.gapMs)} adds nothing, or one of them is not true`,
    suggestion: `keep ${dense.line.name} or ${sparse.line.name}, whichever is really run`,
    relatedAt: { at: dense.line.path, message: `${dense.line.name} stands here` },
  };
}
