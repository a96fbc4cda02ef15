/** Whether a field that changes makes a promise weaker: what protects becomes less, or a limit becomes wider. */
import { parseDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { Direction } from './plan-change.ts';

export function directionOfField(path: PlanPath, before: unknown, after: unknown): Direction {
  const rule = rules.find(({ at }) => at.test(patternOf(path)));
  if (rule === undefined) return 'other';
  const [old, now] = [amountOf(before), amountOf(after)];
  if (old === now) return 'other';
  return (rule.moreIs === 'stronger') === now > old ? 'tightened' : 'relaxed';
}

interface DirectionRule {
  readonly at: RegExp;
  /** What a larger number, a longer list, `true` or being there at all means. */
  readonly moreIs: 'stronger' | 'weaker';
}

/** Paths with the names left out: `systems.*.checks`. */
const rules: readonly DirectionRule[] = [
  { at: /^(?:systems|vaults|drills|alerts|probes|runbooks|scenarios|failovers)\.\*$/, moreIs: 'stronger' },
  {
    at: /^systems\.\*\.(?:checks|vaults|logs|replication|canary|proof|source|backups(?:\.\*)?)$/,
    moreIs: 'stronger',
  },
  { at: /^systems\.\*\.(?:logs|replication\.\*)\.max_lag$/, moreIs: 'weaker' },
  { at: /\.(?:last|hourly|daily|weekly|monthly|yearly|within)$/, moreIs: 'stronger' },
  { at: /(?:^|\.)retention$/, moreIs: 'weaker' },
  { at: /^vaults\.\*\.(?:immutability(?:\.for)?|off_site|versioning|encryption)$/, moreIs: 'stronger' },
  { at: /^vaults\.\*\.copy_within$/, moreIs: 'weaker' },
  { at: /^scenarios\.\*\.objectives\.(?:rpo|rto)$/, moreIs: 'weaker' },
  { at: /^alerts\.\*\.(?:above|within)$/, moreIs: 'weaker' },
  { at: /^alerts\.\*\.channels$/, moreIs: 'stronger' },
  { at: /^probes\.\*\.interval$/, moreIs: 'weaker' },
  { at: /^escalations\.\*\.levels\.\*\.timeout$/, moreIs: 'weaker' },
  { at: /^compliance\.audit_log\.keep$/, moreIs: 'stronger' },
];

function patternOf(path: PlanPath): string {
  return path
    .map((part, index) =>
      typeof part === 'number' || (index === 1 && path[0] !== 'compliance') ? '*' : part,
    )
    .map((part, index) => (index === 3 && path[2] === 'backups' ? '*' : part))
    .join('.');
}

/** Something to compare: milliseconds, a number, how many, or whether it is there. */
function amountOf(value: unknown): number {
  if (value === undefined || value === null || value === false) return 0;
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'string') return 1;
  const duration = parseDuration(value);
  return duration.ok ? duration.value : 1;
}
