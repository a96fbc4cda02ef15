/** How long a step of a runbook takes: as it says, as the plan says of what it works on, or as is usual. */
import { factOf } from '../lint/plan-facts.ts';
import type { ResolvedPlan, ResolvedSystem, StepPlan } from '../resolved-plan.ts';
import { assumed, declared, type Figure, unknown } from './figure.ts';

const minuteMs = 60_000;

/** Acts that take about as long everywhere. Those that are not here can take anything. */
const usualMinutes: Partial<Readonly<Record<StepPlan['do'], number>>> = {
  assemble: 15,
  declare: 5,
  assess: 15,
  notify: 5,
  // Written afterwards or beside the work: nothing waits for it.
  document: 0,
  review: 0,
  monitor: 0,
  'choose-point': 5,
  'verify-backup': 15,
  'preserve-evidence': 30,
  'apply-logs': 10,
  'move-into-place': 5,
  'update-reference': 5,
  check: 10,
  stop: 2,
  start: 5,
  restart: 5,
  isolate: 5,
  pause: 2,
  resume: 2,
  'rotate-credentials': 30,
  promote: 5,
  'invalidate-cdn': 15,
  // What they call has its own time.
  'run-runbook': 0,
  'fail-over': 0,
};

/** But for restores, which are one task for each system. `where` names the step in words. */
export function stepFigure(plan: ResolvedPlan, step: StepPlan, where: string): Figure {
  if (step.do === 'update-dns') return dnsFigure(plan, step, where);
  const own = ownFigure(step, where);
  if (own !== undefined) return own;
  if (step.do === 'provision' && step.site !== undefined) return provisionFigure(plan, step.site);
  if (step.do === 'start' || step.do === 'restart') return longestStart(plan, step.systems);
  const minutes = usualMinutes[step.do];
  if (minutes !== undefined) return assumed(minutes * minuteMs, `the usual time of ${step.do}`);
  return unknown(
    `nobody knows how long ${where} takes`,
    `Write takes, best measured in a drill, at ${where}.`,
  );
}

/** `takes` of the step, if it has one; a timeout is the longest that it can take. */
export function ownFigure(step: StepPlan, where: string): Figure | undefined {
  if (step.takes !== undefined) return declared(step.takes, `takes of ${where}`);
  return step.timeout === undefined ? undefined : declared(step.timeout, `timeout of ${where}`);
}

export function provisionFigure(plan: ResolvedPlan, name: string): Figure {
  const site = factOf(plan.sites, name);
  if (site?.provision_takes !== undefined)
    return declared(site.provision_takes, `provision_takes of the site ${name}`);
  if (site?.role === 'standby') return assumed(0, `the site ${name} is ready to serve`);
  return unknown(
    `nobody knows how long it takes to build up ${name}`,
    `Write provision_takes of the site ${name}.`,
  );
}

function longestStart(plan: ResolvedPlan, names: readonly string[]): Figure {
  const times = systemsNamed(plan, names).map(({ estimates }) => estimates.start);
  const known = times.filter((each) => each !== undefined);
  const usualMs = (usualMinutes.start ?? 0) * minuteMs;
  if (known.length === 0 || known.length < times.length)
    return assumed(Math.max(usualMs, ...known), 'the usual time of a start');
  return declared(Math.max(...known), 'estimates.start');
}

/** Others remember the old answer for as long as the TTL says. */
function dnsFigure(
  plan: ResolvedPlan,
  step: Extract<StepPlan, { readonly do: 'update-dns' }>,
  where: string,
): Figure {
  const systems = step.systems === undefined ? plan.systems : systemsNamed(plan, step.systems);
  const records = systems.flatMap(({ dns }) => dns?.records ?? []);
  const ttls = records.map(({ ttl }) => ttl);
  const known = ttls.filter((ttl) => ttl !== undefined);
  if (known.length === 0 || known.length < ttls.length)
    return unknown(
      `nobody knows how long others remember the old names after ${where}`,
      'Declare every record that is changed, with its ttl, in systems.….dns.',
    );
  const changeMs = step.takes ?? step.timeout ?? minuteMs;
  const says = `takes and the longest ttl of ${where}`;
  return (step.takes ?? step.timeout) === undefined
    ? assumed(changeMs + Math.max(...known), `1 min and the longest ttl of ${where}`)
    : declared(changeMs + Math.max(...known), says);
}

const approvalUsualMs = 15 * minuteMs;

/** Until people have agreed: as long as it is waited for them. */
export function approvalFigure(approval: NonNullable<StepPlan['approval']>): Figure {
  if (approval.timeout !== undefined) return declared(approval.timeout, 'the time-out of the approval');
  return assumed(approvalUsualMs, 'the usual time of an approval');
}

function systemsNamed(plan: ResolvedPlan, names: readonly string[]): readonly ResolvedSystem[] {
  const byName = systemsByName(plan);
  return names.flatMap((name) => byName.get(name) ?? []);
}

const known = new WeakMap<ResolvedPlan, ReadonlyMap<string, ResolvedSystem>>();

export function systemsByName(plan: ResolvedPlan): ReadonlyMap<string, ResolvedSystem> {
  const found = known.get(plan) ?? new Map(plan.systems.map((system) => [system.name, system]));
  known.set(plan, found);
  return found;
}
