import type { SystemPlan } from './plan-schema.ts';
import type { Retention } from './resolved-plan.ts';

export type RetentionPlan = NonNullable<SystemPlan['retention']>;

/** How many a rule keeps: −1 in a plan says that it has no limit. */
export function keptCount(count: number): number {
  return count === -1 ? Number.POSITIVE_INFINITY : count;
}

export function resolveRetention(retention: RetentionPlan): Retention {
  const { within, at_most: atMost, archive, ...counts } = retention;
  const none = { last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
  return {
    ...none,
    ...counts,
    ...(within === undefined ? {} : { withinMs: within }),
    ...(atMost === undefined ? {} : { atMostMs: atMost }),
    ...(archive === undefined ? {} : { archive }),
  };
}
