/** Rules of retention on the command line, as restic writes them. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { bucketNouns, bucketRules } from '../../recovery-point/retention-bucket.ts';
import type { GroupedBy } from '../../recovery-point/retention-groups.ts';
import {
  type CalendarSpan,
  type CountRule,
  parseSpan,
  type RetentionPolicy,
  unlimited,
} from '../../recovery-point/retention-policy.ts';
import type { OptionSpec } from '../command-spec.ts';
import type { Input } from '../input.ts';

const countRules: readonly CountRule[] = ['last', ...bucketRules];

export const policyOptions: readonly OptionSpec[] = [
  { flag: '--keep-last', value: 'N', description: 'keep the newest N; here and below, unlimited for all' },
  ...bucketRules.map((rule) => ({
    flag: `--keep-${rule}`,
    value: 'N',
    description: `keep the newest of each of the last N ${bucketNouns[rule]}s that have one`,
  })),
  {
    flag: '--keep-within',
    value: 'SPAN',
    description: 'keep what is younger than the newest by less than this: 1y5m7d2h',
  },
  ...bucketRules.map((rule) => ({
    flag: `--keep-within-${rule}`,
    value: 'SPAN',
    description: `of those, keep one of each ${bucketNouns[rule]}`,
  })),
  {
    flag: '--keep-tag',
    value: 'TAGS',
    description: 'keep what has all these tags, without a plan',
    repeatable: true,
  },
];

/** `undefined` when no rule was given. Raises USAGE. */
export function policyOf(input: Input): RetentionPolicy | undefined {
  const counts = given(countRules, (rule) => countOf(`--keep-${rule}`, input));
  const withinEach = given(bucketRules, (rule) => spanOf(`--keep-within-${rule}`, input));
  const within = spanOf('--keep-within', input);
  const tags = input.values('--keep-tag').map((list) => list.split(',').filter((tag) => tag !== ''));
  if (Object.keys({ ...counts, ...withinEach }).length === 0 && within === undefined && tags.length === 0)
    return undefined;
  return { counts, withinEach, tags, ...(within === undefined ? {} : { within }) };
}

export const groupOption: OptionSpec = {
  flag: '--group-by',
  value: 'WHAT',
  description: 'without a plan, judge snapshots apart by host, paths, tags (default: host,paths)',
};

/** Raises USAGE. */
export function groupingOf(input: Input): GroupedBy {
  const names = (input.value('--group-by') ?? 'host,paths').split(',').filter((name) => name !== '');
  const wrong = names.find((name) => !['host', 'paths', 'tags'].includes(name));
  if (wrong !== undefined)
    throw new LifeboatError('USAGE', `snapshots cannot be grouped by "${wrong}"`, {
      hint: 'Write host, paths, tags, or several of them with commas.',
    });
  return { host: names.includes('host'), paths: names.includes('paths'), tags: names.includes('tags') };
}

function given<Rule extends string, Value>(
  rules: readonly Rule[],
  read: (rule: Rule) => Value | undefined,
): Partial<Record<Rule, Value>> {
  const found: Partial<Record<Rule, Value>> = {};
  for (const rule of rules) {
    const value = read(rule);
    if (value !== undefined) found[rule] = value;
  }
  return found;
}

const countMax = 1_000_000;

function countOf(flag: string, input: Input): number | undefined {
  const text = input.value(flag);
  if (text === undefined) return undefined;
  if (text === 'unlimited' || text === '-1') return unlimited;
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= countMax) return count;
  throw new LifeboatError('USAGE', `"${text}" is no number of points`, {
    hint: `Give ${flag} a whole number, or "unlimited".`,
  });
}

function spanOf(flag: string, input: Input): CalendarSpan | undefined {
  const text = input.value(flag);
  if (text === undefined) return undefined;
  const span = parseSpan(text);
  if (span !== undefined) return span;
  throw new LifeboatError('USAGE', `"${text}" is no span of time`, {
    hint: `Give ${flag} years, months, days and hours, such as 1y5m7d2h.`,
  });
}
