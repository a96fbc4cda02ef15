/** What brings one system back, with a runbook and without. */
import { factOf } from '../lint/plan-facts.ts';
import type { ResolvedSystem, StepPlan } from '../resolved-plan.ts';
import type { Disaster } from './disaster.ts';
import { declared, type Figure, never, unknown } from './figure.ts';
import type { Context, Gaps } from './recovery-context.ts';
import type { RunbookWork } from './runbook-tasks.ts';
import type { RecoveryWay } from './simulation.ts';
import { provisionFigure } from './step-figures.ts';
import { rebuildFigure, restoreFigure, startFigure } from './system-durations.ts';
import type { TaskNet } from './task-net.ts';

/** Makes `system is back` wait for its own work and for all that it depends on. */
export function addSystem(
  context: Context,
  system: ResolvedSystem,
  works: readonly RunbookWork[],
  gaps: Gaps,
): void {
  const { net, backOf, chosen, ready, alone } = context;
  const back = backOf.get(system.name) ?? ready;
  const dependencies = dependenciesOf(context, system);
  const ownStart = alone.get(system.name);
  for (const end of dependencies) {
    net.waitFor(back, end);
    if (ownStart !== undefined) net.waitFor(ownStart, end);
  }
  const own = works.filter(({ actsOn }) => actsOn.has(system.name));
  const tasks = own.flatMap(({ tasksOf }) => tasksOf.get(system.name) ?? []);
  for (const task of tasks) net.waitFor(back, task);
  const way = chosen.get(system.name)?.way;
  if (way === undefined || way.kind === 'wait') return;
  if (way.kind === 'lost') net.waitFor(back, addNever(net, system, way.why));
  else {
    const after = [ready, ...tasks, ...dependencies];
    for (const task of addStruck(context, { system, way, own, after, gaps })) net.waitFor(back, task);
  }
}

interface StruckSystem {
  readonly system: ResolvedSystem;
  readonly way: RecoveryWay;
  /** Runbooks that work on it. */
  readonly own: readonly RunbookWork[];
  readonly after: readonly number[];
  readonly gaps: Gaps;
}

/** What its runbooks leave open. */
function addStruck(context: Context, { system, way, own, after, gaps }: StruckSystem): readonly number[] {
  const acts = new Set(own.flatMap(({ actsOn }) => [...(actsOn.get(system.name) ?? [])]));
  const isTouched = isBroughtBack(acts);
  const isDone = isTouched && (way.kind !== 'restore' || restoring.some((act) => acts.has(act)));
  if (!isTouched) gaps.withoutRunbook.push(system.name);
  else if (!isDone) gaps.withoutRestore.push(system.name);
  const built = acts.has('provision') ? undefined : siteTask(context, system, gaps);
  if (built !== undefined) for (const { start } of own) context.net.waitFor(start, built);
  if (isDone) return [];
  return [addGeneric(context, system, [...after, ...(built === undefined ? [] : [built])])];
}

function addNever(net: TaskNet, { name }: ResolvedSystem, why: string): number {
  const hint = `Keep a copy of ${name} that this disaster does not reach.`;
  return net.mark(`${name} cannot come back`, [], name, never(`${name} cannot come back: ${why}`, hint));
}

const restoring: readonly StepPlan['do'][] = ['command', 'manual', 'restore'];

function dependenciesOf({ backOf, chosen }: Context, system: ResolvedSystem): readonly number[] {
  const isNew = chosen.get(system.name)?.place !== 'as it was';
  const { release, cdn, dependsOn } = system;
  const builtFrom = isNew ? [release?.repository, ...(cdn?.origins ?? [])] : [];
  return [...dependsOn, ...builtFrom].flatMap((name) => {
    const end = name === undefined || name === system.name ? undefined : backOf.get(name);
    return end === undefined ? [] : [end];
  });
}

/** Sites are built up once, as soon as people are ready. */
function siteTask(context: Context, system: ResolvedSystem, gaps: Gaps): number | undefined {
  const { chosen, net, sites, disaster, ready } = context;
  const { way, place } = chosen.get(system.name) ?? { way: undefined, place: 'as it was' as const };
  if (place === 'as it was' || way === undefined) return undefined;
  const site = 'site' in way ? way.site : undefined;
  const role = site === undefined ? undefined : factOf(disaster.plan.sites, site)?.role;
  // Another site that serves already takes over as it is.
  if (way.kind === 'fail-over' && role !== 'recovery') return undefined;
  if (place === 'unknown') gaps.withoutPlace.push(system.name);
  const key = site ?? '';
  const known = sites.get(key);
  if (known !== undefined) return known;
  const figure =
    site === undefined
      ? unknown(
          'the plan names no place to come back to, so nobody knows how long it takes to build one up',
          'Declare a site with the role standby or recovery and its provision_takes.',
        )
      : provisionFigure(disaster.plan, site);
  const label = site === undefined ? 'build up a new place' : `build up ${site}`;
  const task = net.add({ kind: 'prepare', label, figure }, [ready]);
  sites.set(key, task);
  return task;
}

/** Without a runbook: what the plan says of the system itself. */
function addGeneric(
  { disaster, net, chosen }: Context,
  system: ResolvedSystem,
  after: readonly number[],
): number {
  const { name } = system;
  const way = chosen.get(name)?.way;
  const add = (kind: 'restore' | 'start', label: string, figure: Figure, before: readonly number[]): number =>
    net.add({ kind, label, system: name, figure }, before);
  if (way?.kind === 'fail-over')
    return add('restore', `fail-over of ${name}`, failoverFigure(disaster, system), after);
  if (way?.kind === 'restart') return add('start', `start of ${name}`, startFigure(system), after);
  if (way?.kind === 'rebuild') return add('start', `rebuild of ${name}`, rebuildFigure(system), after);
  const restored = add('restore', `restore of ${name}`, restoreFigure(system, disaster.facts), after);
  return add('start', `start of ${name}`, startFigure(system), [restored]);
}

function failoverFigure({ failover, scenario }: Disaster, { name }: ResolvedSystem): Figure {
  const phases = failover?.phases ?? scenario.phases;
  const budgetMs = phases?.restore;
  if (failover !== undefined && budgetMs !== undefined) {
    const doneMs =
      phases?.count === 'deadlines' ? (phases.initiate ?? phases.assess ?? phases.detect ?? 0) : 0;
    return declared(Math.max(0, budgetMs - doneMs), 'the budget in phases.restore');
  }
  return unknown(
    `nobody knows how long the fail-over of ${name} takes`,
    'Write a runbook for the failover, with the time that each step takes.',
  );
}

const bringing: readonly StepPlan['do'][] = [
  'command',
  'deploy',
  'fail-over',
  'manual',
  'promote',
  'restart',
  'restore',
  'start',
];

/** Whether these acts bring a system back, rather than only look at it. */
export function isBroughtBack(acts: ReadonlySet<StepPlan['do']> | undefined): boolean {
  return acts !== undefined && bringing.some((act) => acts.has(act));
}
