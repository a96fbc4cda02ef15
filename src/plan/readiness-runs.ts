import { namesInWords } from './lint/names-in-words.ts';
import type { PlanPath } from './plan-path.ts';
import { type ReadinessAnswer, type ReadinessQuestion, unless } from './readiness-answer.ts';
import type { AlertPlan, DrillPlan, ResolvedPlan } from './resolved-plan.ts';

export const runItems = {
  'drills-scheduled': drillsScheduled,
  'alerts-configured': alertsConfigured,
  'runbooks-written': runbooksWritten,
} satisfies Readonly<Record<string, ReadinessQuestion>>;

function drillsScheduled(plan: ResolvedPlan): ReadinessAnswer {
  const drills = Object.entries(plan.drills);
  const wide = drills.filter(([, { kind }]) => kind === 'full' || kind === 'failover' || kind === 'kit');
  const unmoved = Object.keys(plan.failovers).find(
    (name) =>
      !drills.some(([, drill]) => tries(plan, drill, name)) && plan.failovers[name]?.tested === undefined,
  );
  return unless(
    [
      [drills.length === 0, 'no drill is declared', ['drills']],
      [wide.length === 0, `none of the ${drills.length} drills is a full one or a failover`, ['drills']],
      [unmoved !== undefined, `no drill tries the failover ${unmoved}`, ['failovers', unmoved ?? '']],
    ],
    wide.map(([name, { every }]) => `${name} ${every.text}`).join(', '),
    ['drills'],
  );
}

function tries(plan: ResolvedPlan, drill: DrillPlan, failover: string): boolean {
  if (drill.failover !== undefined) return drill.failover === failover;
  const scenario =
    drill.scenario !== undefined && Object.hasOwn(plan.scenarios, drill.scenario)
      ? plan.scenarios[drill.scenario]
      : undefined;
  return drill.kind === 'failover' || drill.kind === 'full' || scenario?.failover === failover;
}

const asked: readonly (readonly AlertPlan['when'][])[] = [
  ['backup-failed'],
  ['restore-test-failed'],
  ['backup-age', 'log-lag', 'forecast-breach'],
];

function alertsConfigured(plan: ResolvedPlan): ReadinessAnswer {
  const told = new Set(Object.values(plan.alerts).map(({ when }) => when));
  const missing = asked.filter((each) => !each.some((when) => told.has(when))).map((each) => each[0] ?? '');
  return unless(
    [
      [told.size === 0, 'no alert is declared', ['alerts']],
      [missing.length > 0, `no alert for ${namesInWords(missing)}`, ['alerts']],
    ],
    `${Object.keys(plan.alerts).length} alerts, with failed backups, failed restore tests and age among them`,
    ['alerts'],
  );
}

function runbooksWritten(plan: ResolvedPlan): ReadinessAnswer {
  const names = Object.keys(plan.runbooks);
  const bare = Object.entries(plan.scenarios).find(
    ([, { runbooks, failover }]) => runbooks === undefined && !hasRunbook(plan, failover),
  );
  const unverified = Object.entries(plan.runbooks).find(
    ([, { steps, verification }]) => verification === undefined && !steps.some((step) => step.do === 'check'),
  );
  const at: PlanPath = ['runbooks'];
  return unless(
    [
      [names.length === 0, 'no runbook is written', at],
      [bare !== undefined, `the scenario ${bare?.[0]} names no runbook`, ['scenarios', bare?.[0] ?? '']],
      [
        unverified !== undefined,
        `${unverified?.[0]} does not say how it is seen that it worked`,
        ['runbooks', unverified?.[0] ?? ''],
      ],
    ],
    `${names.length} runbooks, one for each of ${Object.keys(plan.scenarios).length} scenarios`,
    at,
  );
}

function hasRunbook(plan: ResolvedPlan, failover: string | undefined): boolean {
  if (failover === undefined || !Object.hasOwn(plan.failovers, failover)) return false;
  return plan.failovers[failover]?.runbook !== undefined;
}
