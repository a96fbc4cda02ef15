import { isTimed } from '../../schedule/schedule.ts';
import { formatDuration } from '../duration.ts';
import type { ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { schedulesGapMs } from './schedule-gap.ts';
import { systemPlace } from './system-place.ts';

export const retentionLogs: LintRule = {
  id: 'retention-logs',
  severity: 'error',
  title: 'the logs do not reach back to a backup',
  explanation:
    'A log is of use only from a backup on, without a gap. Shortly before the next backup the log that follows the last one ' +
    'has already been removed in part, so that nothing after that backup can be brought back.',
  fix: 'Keep the logs for longer than the time between two backups, better two of them, or leave "keep" out.',
  check: (plan) => plan.systems.flatMap(hitsOf),
};

function hitsOf(system: ResolvedSystem): readonly LintHit[] {
  const keepMs = system.logs?.keep;
  const bases = system.backups.filter(({ kind }) => kind === 'full' || kind === 'snapshot');
  const gapMs = schedulesGapMs(bases.flatMap(({ schedules }) => schedules).filter(isTimed));
  const [first] = bases;
  if (keepMs === undefined || gapMs === undefined || first === undefined || keepMs >= gapMs) return [];
  const message =
    `the log of ${system.name} is kept for ${formatDuration(keepMs)}, but up to ${formatDuration(gapMs)} pass between ` +
    `two backups that it can follow: for ${formatDuration(gapMs - keepMs)} it follows none`;
  return [
    {
      at: systemPlace(system.name, 'logs', 'keep'),
      message,
      suggestion: `keep it for at least ${formatDuration(2 * gapMs)}, so that a backup that fails does no harm`,
      relatedAt: { at: first.path, message: 'the backups stand here' },
      edits: [
        { kind: 'set', at: systemPlace(system.name, 'logs', 'keep'), value: formatDuration(2 * gapMs) },
      ],
    },
  ];
}
