/** Whether a field that changes makes a promise weaker: what protects becomes less, or a limit becomes wider. */
import { parseDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { Direction } from './plan-change.ts';

export function directionOfField(path: PlanPath, before: unknown, after: unknown): Direction {
  if (/^runbooks\..*\.to$/.test(path.join('.')) && (before === 'production' || after === 'production'))
    return after === 'production' ? 'relaxed' : 'tightened';
  const rule = rules.find(({ at }) => at.test(patternOf(path)));
  if (rule === undefined) return 'other';
  const [old, now] = [amountOf(before, rule), amountOf(after, rule)];
  if (old === now) return 'other';
  return (rule.moreIs === 'stronger') === now > old ? 'tightened' : 'relaxed';
}

/** Steps that keep a way back, or look before anything rests on it. */
const guards: ReadonlySet<unknown> = new Set([
  'safety-copy',
  'preserve-evidence',
  'pause',
  'resume',
  'check',
  'verify-backup',
  'reapply-erasures',
]);

/** Of something that a list has no longer, or has now. */
export function directionOfItem(path: PlanPath, item: unknown, kind: 'added' | 'removed'): Direction {
  const act = typeof item === 'object' && item !== null ? Reflect.get(item, 'do') : undefined;
  if (guards.has(act)) return kind === 'removed' ? 'relaxed' : 'tightened';
  if (act === 'restore' && Reflect.get(Object(item), 'to') === 'production')
    return kind === 'removed' ? 'tightened' : 'relaxed';
  return kind === 'removed' ? directionOfField(path, [item], []) : directionOfField(path, [], [item]);
}

interface DirectionRule {
  readonly at: RegExp;
  /** What a larger number, a longer list, `true` or being there at all means. */
  readonly moreIs: 'stronger' | 'weaker';
  /** A limit: where there is none, anything is allowed. */
  readonly isLimit?: true;
}

/** Paths with the names left out: `systems.*.checks`. */
const rules: readonly DirectionRule[] = [
  {
    at: /^(?:systems|vaults|drills|alerts|probes|runbooks|scenarios|failovers|recovery_needs|escalations)\.\*$/,
    moreIs: 'stronger',
  },
  { at: /^runbooks\.\*\.(?:rollback|verification)$/, moreIs: 'stronger' },
  { at: /^runbooks\.\*\.\w+\.\*\.approval$/, moreIs: 'stronger' },
  { at: /^scenarios\.\*\.(?:detection|unnoticed_for|runbooks|escalation)$/, moreIs: 'stronger' },
  { at: /^scenarios\.\*\.detection\.within$/, moreIs: 'weaker', isLimit: true },
  { at: /^failovers\.\*\.(?:fence|observers|failback)$/, moreIs: 'stronger' },
  { at: /^escalations\.\*\.(?:if_nobody|levels)$/, moreIs: 'stronger' },
  {
    at: /^systems\.\*\.(?:checks|vaults|logs|replication|canary|proof|source|backups(?:\.\*)?)$/,
    moreIs: 'stronger',
  },
  { at: /^systems\.\*\.(?:logs|replication\.\*)\.max_lag$/, moreIs: 'weaker' },
  { at: /retention\.(?:last|hourly|daily|weekly|monthly|yearly|within)$/, moreIs: 'stronger' },
  { at: /(?:^|\.)retention$/, moreIs: 'weaker' },
  { at: /^vaults\.\*\.(?:immutability(?:\.for)?|off_site|versioning|encryption)$/, moreIs: 'stronger' },
  { at: /^vaults\.\*\.copy_within$/, moreIs: 'weaker', isLimit: true },
  { at: /^scenarios\.\*\.objectives\.(?:rpo|rto)$/, moreIs: 'weaker' },
  { at: /^alerts\.\*\.above$/, moreIs: 'weaker' },
  { at: /^alerts\.\*\.within$/, moreIs: 'weaker', isLimit: true },
  { at: /^alerts\.\*\.channels$/, moreIs: 'stronger' },
  { at: /^probes\.\*\.interval$/, moreIs: 'weaker', isLimit: true },
  { at: /^escalations\.\*\.levels\.\*\.timeout$/, moreIs: 'weaker', isLimit: true },
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
function amountOf(value: unknown, { isLimit }: DirectionRule): number {
  if (value === undefined || value === null) return isLimit === true ? Number.POSITIVE_INFINITY : 0;
  if (value === false) return 0;
  // a retention without a limit
  if (value === -1) return Number.POSITIVE_INFINITY;
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'string') return 1;
  const duration = parseDuration(value);
  return duration.ok ? duration.value : 1;
}
