import { describeSchedule } from '../../schedule/describe-schedule.ts';
import { formatDuration } from '../duration.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import type { PlanFacts } from './plan-facts.ts';
import { systemLoss } from './system-loss.ts';

/** How old the newest backup of a system becomes while everything goes as planned. */
export interface NormalAge {
  readonly ageMs: number;
  /** `daily at 02:00 UTC: the age reaches 24 h + 12 min before each run ends`. */
  readonly words: string;
}

/** Nothing for systems that no schedule captures at set times. */
export function normalAge(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  facts: PlanFacts,
): NormalAge | undefined {
  const { withoutLogs } = systemLoss(plan, system, facts);
  if (withoutLogs === undefined) return undefined;
  const runs = withoutLogs.terms.filter(({ kind, valueMs }) => kind !== 'log lag' && valueMs > 0);
  const sum = runs.map(({ valueMs }) => hours(valueMs)).join(' + ');
  const when = system.schedules
    .filter(({ kind }) => kind === 'calendar' || kind === 'interval')
    .map(describeSchedule)
    .join('; ');
  const unmeasured = runs.length === 1 ? ' and what a run takes' : '';
  return {
    ageMs: withoutLogs.totalMs,
    words: `${when}: the age reaches ${sum}${unmeasured} before each run ends`,
  };
}

const hourMs = 3_600_000;
const hoursMax = 96;

/** `24 h` rather than `1 day`: ages are compared with thresholds that people write in hours. */
export function hours(valueMs: number): string {
  const whole = Math.floor(valueMs / hourMs);
  if (whole < 24 || whole > hoursMax) return formatDuration(valueMs);
  const restMs = valueMs - whole * hourMs;
  return restMs === 0 ? `${whole} h` : `${whole} h ${formatDuration(restMs)}`;
}
