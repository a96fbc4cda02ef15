import type { PlanPath } from '../plan-path.ts';
import type { ProbePlan, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { isDatabase } from './kinds-of-systems.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';
import { hours, normalAge } from './normal-age.ts';
import type { PlanFacts } from './plan-facts.ts';
import { objectivePlace } from './system-place.ts';
import { namesOfWatchedLogs } from './watched-logs.ts';

export const healthProbe: LintRule = {
  id: 'health-probe',
  number: 'T26',
  severity: 'warning',
  title: 'the health of the backups is computed wrongly',
  explanation:
    'A probe says healthy when its conditions hold, so what it measures without a condition counts for nothing, and a point ' +
    'in time compared with a duration is never right. Such a probe is green while backups are too old, or red for ever.',
  fix: 'Give each measure a condition, compare ages with durations, and allow no more than the RPO does.',
  check: (plan, facts) =>
    Object.entries(plan.probes).flatMap(([name, probe]) => [
      ...ignoredHits(name, probe),
      ...(probe.healthy ?? []).flatMap((condition, index) =>
        conditionHits(plan, facts, { at: ['probes', name, 'healthy', index], probe, condition }),
      ),
    ]),
};

type Condition = NonNullable<ProbePlan['healthy']>[number];

interface PlacedCondition {
  readonly at: PlanPath;
  readonly probe: ProbePlan;
  readonly condition: Condition;
}

function ignoredHits(name: string, { measures = [], healthy = [] }: ProbePlan): readonly LintHit[] {
  const judged = new Set(healthy.map(({ measure }) => measure));
  const ignored = measures.filter((measure) => !judged.has(measure));
  if (ignored.length === 0) return [];
  return [
    {
      at: ['probes', name, 'measures'],
      message:
        `healthy looks at ${measures.length - ignored.length} of ${measures.length} measures and ignores ` +
        `${namesInWords(ignored)}`,
      suggestion: 'add a condition for each to healthy',
    },
  ];
}

function conditionHits(plan: ResolvedPlan, facts: PlanFacts, placed: PlacedCondition): readonly LintHit[] {
  const { at, condition } = placed;
  const { measure, as, at_most: mostMs, share_at_most: share } = condition;
  if (as === 'time') return [timeHit(at, measure, mostMs)];
  if (mostMs === undefined && share === undefined) {
    const message = `the condition on ${measure} has no limit, so it always holds`;
    return [{ at, message, suggestion: 'add at_most, or share_at_most for a share' }];
  }
  if (mostMs === undefined) return [];
  if (measure === 'storage-usage') {
    const message = 'storage-usage is a share, and at_most is a duration: they cannot be compared';
    return [
      {
        at: [...at, 'at_most'],
        severity: 'error',
        message,
        suggestion: 'write share_at_most, such as "80%"',
      },
    ];
  }
  const systems = measuredSystems(plan, placed);
  return [
    ...weakHits(plan, systems, at, mostMs, measure),
    ...narrowHits(plan, facts, systems, placed, mostMs),
  ];
}

function timeHit(at: PlanPath, measure: string, mostMs: number | undefined): LintHit {
  const limit = mostMs === undefined ? 'a limit' : hours(mostMs);
  return {
    at: [...at, 'as'],
    severity: 'error',
    message:
      `${measure} is read as a time, milliseconds since 1970, and held against ${limit}, a duration: ` +
      'such a condition is never true',
    suggestion: 'write "as: age": now minus the time of the last backup',
    edits: [{ kind: 'set', at: [...at, 'as'], value: 'age' }],
  };
}

function measuredSystems(
  plan: ResolvedPlan,
  { probe, condition }: PlacedCondition,
): readonly ResolvedSystem[] {
  const { systems: names } = probe;
  const named = names === undefined ? plan.systems : plan.systems.filter(({ name }) => names.includes(name));
  const captured = named.filter(({ source, schedules }) => source !== undefined && schedules.length > 0);
  switch (condition.measure) {
    case 'last-database-backup':
      return captured.filter(isDatabase);
    case 'last-file-backup':
      return captured.filter((system) => !isDatabase(system));
    case 'replication-lag':
      return named.filter(({ replication }) => replication.length > 0);
    case 'log-lag':
      return named.filter(({ logs }) => logs !== undefined);
    default:
      return [];
  }
}

function isAge(measure: Condition['measure']): boolean {
  return measure === 'last-database-backup' || measure === 'last-file-backup';
}

function weakHits(
  plan: ResolvedPlan,
  systems: readonly ResolvedSystem[],
  at: PlanPath,
  mostMs: number,
  measure: Condition['measure'],
): readonly LintHit[] {
  const weak = systems
    .filter(({ name }) => !isAge(measure) || !namesOfWatchedLogs(plan).has(name))
    .flatMap(({ name, objectives: { rpo } }) =>
      rpo === undefined || mostMs <= rpo.valueMs ? [] : [{ name, rpo }],
    )
    .toSorted((left, right) => left.rpo.valueMs - right.rpo.valueMs);
  const [worst] = weak;
  if (worst === undefined) return [];
  return [
    {
      at: [...at, 'at_most'],
      message:
        `${measure} is well up to ${hours(mostMs)}, but the RPO of ${worst.name} is ${hours(worst.rpo.valueMs)}: ` +
        `for ${hours(mostMs - worst.rpo.valueMs)} the probe is green while the objective is broken`,
      suggestion: `allow at most ${hours(worst.rpo.valueMs)}`,
      ...objectivePlace(worst.rpo, 'the RPO'),
    },
  ];
}

function narrowHits(
  plan: ResolvedPlan,
  facts: PlanFacts,
  systems: readonly ResolvedSystem[],
  { at, condition }: PlacedCondition,
  mostMs: number,
): readonly LintHit[] {
  if (!isAge(condition.measure)) return [];
  const narrow = systems
    .flatMap((system) => ({ system, normal: normalAge(plan, system, facts) }))
    .flatMap(({ system, normal }) =>
      normal === undefined || normal.ageMs < mostMs ? [] : [{ system, normal }],
    )
    .toSorted((left, right) => right.normal.ageMs - left.normal.ageMs);
  const [worst] = narrow;
  if (worst === undefined) return [];
  return [
    {
      at: [...at, 'at_most'],
      message: `${worst.system.name} is ${worst.normal.words}, so the limit of ${hours(mostMs)} is passed although all is well`,
      relatedAt: { at: ['systems', worst.system.name], message: 'what is normal follows from here' },
    },
  ];
}
