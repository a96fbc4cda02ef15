import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { AlertPlan, Objective, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { hours, normalAge } from './normal-age.ts';
import type { PlanFacts } from './plan-facts.ts';
import { objectivePlace } from './system-place.ts';
import { namesOfWatchedLogs } from './watched-logs.ts';

export const alertThreshold: LintRule = {
  id: 'alert-threshold',
  number: 'T7',
  severity: 'warning',
  title: 'a threshold that is typed fits neither the schedule nor the RPO',
  explanation:
    'An alert on age or lag has to lie above what is reached on every good day and not above what may be lost. ' +
    'One below that cries every day until nobody listens, and one above it speaks when the objective is broken already.',
  fix: 'Leave "above" out: it is then computed from the RPO, the schedule and what runs take.',
  check: (plan, facts) =>
    Object.entries(plan.alerts).flatMap(([name, alert]) =>
      alert.above === undefined ? [] : hitsOf(plan, facts, name, { ...alert, above: alert.above }),
    ),
};

type TypedAlert = AlertPlan & { readonly above: number };

function hitsOf(plan: ResolvedPlan, facts: PlanFacts, name: string, alert: TypedAlert): readonly LintHit[] {
  const at: PlanPath = ['alerts', name, 'above'];
  const systems = watchedSystems(plan, alert);
  const edits = [{ kind: 'remove', at } as const];
  const hits = [earlyHit(plan, facts, systems, alert), lateHit(plan, facts, systems, alert)];
  // Taking it out once ends both.
  return hits
    .filter((hit) => hit !== undefined)
    .map((hit, index) => ({ at, ...hit, ...(index === 0 ? { edits } : {}) }));
}

function watchedSystems(plan: ResolvedPlan, { when, systems }: AlertPlan): readonly ResolvedSystem[] {
  const named =
    systems === undefined ? plan.systems : plan.systems.filter(({ name }) => systems.includes(name));
  switch (when) {
    case 'backup-age':
      return named.filter(({ source, schedules }) => source !== undefined && schedules.length > 0);
    case 'log-lag':
      return named.filter(({ logs }) => logs !== undefined);
    case 'replication-lag':
      return named.filter(({ replication }) => replication.length > 0);
    default:
      return [];
  }
}

/** What is reached while all is well, with the arithmetic. */
function usual(
  plan: ResolvedPlan,
  facts: PlanFacts,
  system: ResolvedSystem,
  when: AlertPlan['when'],
): { readonly ageMs: number; readonly words: string } | undefined {
  if (when === 'backup-age') return normalAge(plan, system, facts);
  const lags =
    when === 'log-lag' ? [system.logs?.max_lag ?? 0] : system.replication.map((each) => each.max_lag);
  const ageMs = Math.max(...lags);
  // A lag may touch its limit; only a threshold below the limit speaks of what the plan allows.
  return {
    ageMs: ageMs - 1,
    words: `its ${when === 'log-lag' ? 'log' : 'replica'} may be ${formatDuration(ageMs)} behind`,
  };
}

type Judged = Omit<LintHit, 'at'>;

function earlyHit(
  plan: ResolvedPlan,
  facts: PlanFacts,
  systems: readonly ResolvedSystem[],
  alert: TypedAlert,
): Judged | undefined {
  const early = systems
    .map((system) => ({ system, normal: usual(plan, facts, system, alert.when) }))
    .flatMap(({ system, normal }) =>
      normal === undefined || normal.ageMs < alert.above ? [] : [{ system, normal }],
    )
    .toSorted((left, right) => right.normal.ageMs - left.normal.ageMs);
  const [worst] = early;
  if (worst === undefined) return undefined;
  const others = early.length > 1 ? `, and so for ${early.length - 1} more` : '';
  return {
    message:
      `${worst.system.name} is ${worst.normal.words}, so an alert above ${hours(alert.above)} ` +
      `is raised although all is well${others}`,
    suggestion: suggestionOf(worst.system, worst.normal.ageMs),
    relatedAt: { at: ['systems', worst.system.name], message: 'what is normal follows from here' },
  };
}

function lateHit(
  plan: ResolvedPlan,
  facts: PlanFacts,
  systems: readonly ResolvedSystem[],
  alert: TypedAlert,
): Judged | undefined {
  const late = systems
    .filter((system) => alert.when !== 'backup-age' || !namesOfWatchedLogs(plan).has(system.name))
    .flatMap((system) => (isLate(system, alert) ? [{ system, rpo: system.objectives.rpo }] : []))
    .toSorted((left, right) => left.rpo.valueMs - right.rpo.valueMs);
  const [worst] = late;
  if (worst === undefined) return undefined;
  const others = late.length > 1 ? `, and so for ${late.length - 1} more` : '';
  const normalMs = usual(plan, facts, worst.system, alert.when)?.ageMs ?? 0;
  const lateMs = alert.above - worst.rpo.valueMs;
  return {
    message:
      `the RPO of ${worst.system.name} is ${hours(worst.rpo.valueMs)}, an alert above ${hours(alert.above)} is raised ` +
      `${hours(lateMs)} after it is broken${timesInWords(alert.above, worst.rpo.valueMs)}${others}`,
    suggestion: suggestionOf(worst.system, normalMs),
    ...objectivePlace(worst.rpo, 'the RPO'),
  };
}

function isLate(
  system: ResolvedSystem,
  { above }: TypedAlert,
): system is ResolvedSystem & { readonly objectives: { readonly rpo: Objective } } {
  return system.objectives.rpo !== undefined && above > system.objectives.rpo.valueMs;
}

function timesInWords(aboveMs: number, rpoMs: number): string {
  const times = rpoMs === 0 ? 0 : aboveMs / rpoMs;
  return times >= 2 ? ` (${Math.round(times * 10) / 10} times the RPO)` : '';
}

function suggestionOf({ name, objectives, logs }: ResolvedSystem, normalMs: number): string {
  const rpoMs = objectives.rpo?.valueMs;
  if (rpoMs === undefined)
    return `leave "above" out; for ${name} it must be more than ${hours(normalMs + 1)}`.replace(' 1 ms', '');
  if (normalMs >= rpoMs && logs !== undefined) {
    return `the RPO of ${name} rests on its log: watch that with an alert "log-lag", and let the age of its backups lie above ${hours(roundedUp(normalMs))}`;
  }
  if (normalMs >= rpoMs) {
    return `no threshold fits ${name}: what is normal is already more than the RPO allows; change the schedule first and leave "above" out`;
  }
  return `leave "above" out; for ${name} it must lie above ${hours(roundedUp(normalMs))} and not above ${hours(rpoMs)}`;
}

function roundedUp(valueMs: number): number {
  return Math.ceil(valueMs / 1000) * 1000;
}
