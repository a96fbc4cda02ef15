/** The steps of a runbook as tasks: one after the other, unless they say what they come after. */
import { factOf } from '../lint/plan-facts.ts';
import type { ResolvedSystem, StepPlan } from '../resolved-plan.ts';
import type { Disaster } from './disaster.ts';
import { assumed, type Figure } from './figure.ts';
import { isAbout } from './runbook-choice.ts';
import type { RecoveryWay, TaskKind } from './simulation.ts';
import { approvalFigure, stepFigure } from './step-figures.ts';
import { restoreFigure } from './system-durations.ts';
import type { TaskNet } from './task-net.ts';

export interface RunbookWork {
  readonly start: number;
  /** When all of it is done. */
  readonly end: number;
  /** By system: the tasks that bring it back. */
  readonly tasksOf: ReadonlyMap<string, readonly number[]>;
  /** By system: what is done with it there. */
  readonly actsOn: ReadonlyMap<string, ReadonlySet<StepPlan['do']>>;
}

interface Walk {
  readonly disaster: Disaster;
  readonly net: TaskNet;
  /** Whom a step is about that names nobody. */
  readonly usual: readonly ResolvedSystem[];
  readonly ways: ReadonlyMap<string, RecoveryWay>;
  readonly done: Map<string, number>;
  readonly running: Set<string>;
  /** Systems whose data a step restored: a second restore of them is the rest of the first. */
  readonly restored: Set<string>;
  readonly tasksOf: Map<string, number[]>;
  readonly actsOn: Map<string, Set<StepPlan['do']>>;
}

/** Runbooks that follow each other, after `start`. */
export function addRunbooks(
  disaster: Disaster,
  net: TaskNet,
  names: readonly string[],
  usual: readonly ResolvedSystem[],
  ways: ReadonlyMap<string, RecoveryWay>,
  start: number,
): RunbookWork {
  const tasksOf = new Map<string, number[]>();
  const actsOn = new Map<string, Set<StepPlan['do']>>();
  const walk: Walk = {
    disaster,
    net,
    usual,
    ways,
    done: new Map(),
    running: new Set(),
    restored: new Set(),
    tasksOf,
    actsOn,
  };
  let end = start;
  for (const name of names) end = addRunbook(walk, name, end);
  return { start, end, tasksOf, actsOn };
}

/** A runbook is done once; where it is called again, it is done already. Calls in a circle are no work. */
function addRunbook(walk: Walk, name: string, start: number): number {
  const before = walk.done.get(name);
  const runbook = factOf(walk.disaster.plan.runbooks, name);
  if (before !== undefined) return walk.net.mark(`${name} is done`, [start, before]);
  if (runbook === undefined || walk.running.has(name) || walk.running.size >= callsDeepMax) return start;
  walk.running.add(name);
  const ends: number[] = [];
  const byId = new Map<string, number>();
  for (const [index, step] of runbook.steps.entries()) {
    const above = ends.at(-1) ?? start;
    const named = step.after?.map((id) => byId.get(id) ?? above) ?? [above];
    const after = [start, ...named];
    const end = addStep(walk, { step, runbook: name, index, after });
    ends.push(end);
    if (step.id !== undefined) byId.set(step.id, end);
  }
  walk.running.delete(name);
  const end = walk.net.mark(`${name} is done`, [start, ...ends]);
  walk.done.set(name, end);
  return end;
}

const callsDeepMax = 50;

interface Placed {
  readonly step: StepPlan;
  readonly runbook: string;
  readonly index: number;
  readonly after: readonly number[];
}

function addStep(walk: Walk, placed: Placed): number {
  const { step, runbook, index } = placed;
  const { net, disaster } = walk;
  const where = `${step.title ?? step.do} (step ${index + 1} of ${runbook})`;
  const approved =
    step.approval === undefined
      ? placed.after
      : [
          net.add(
            {
              kind: 'respond',
              label: `approval of ${step.title ?? step.do}`,
              figure: approvalFigure(step.approval),
            },
            placed.after,
          ),
        ];
  const about = systemsOf(walk, step, runbook);
  if (step.do === 'restore' && step.takes === undefined && step.timeout === undefined)
    return addRestores(walk, about, where, approved);
  const figure = stepFigure(disaster.plan, step, where);
  const label = step.title ?? labelOf(step, about);
  const [only] = about;
  const system =
    about.length === 1 && only !== undefined && kindOf[step.do] !== 'respond' ? only.name : undefined;
  const task = net.add(
    { kind: kindOf[step.do], label, figure, ...(system === undefined ? {} : { system }) },
    approved,
  );
  const called = calledBy(walk, step);
  const end = called === undefined ? task : addRunbook(walk, called, task);
  if (bringsBack.has(step.do)) for (const { name } of about) note(walk, name, step.do, end);
  return end;
}

function calledBy({ disaster: { plan } }: Walk, step: StepPlan): string | undefined {
  if (step.do === 'run-runbook') return step.runbook;
  return step.do === 'fail-over' ? factOf(plan.failovers, step.failover)?.runbook : undefined;
}

/** One system after the other, what others depend on first. */
function addRestores(
  walk: Walk,
  about: readonly ResolvedSystem[],
  where: string,
  after: readonly number[],
): number {
  let ends = after;
  for (const system of about) {
    // People try what the runbook says before they know that nothing is left, and the others wait meanwhile.
    if (!['restore', 'lost'].includes(walk.ways.get(system.name)?.kind ?? '')) continue;
    const figure: Figure = walk.restored.has(system.name)
      ? assumed(0, 'a part of the restore before')
      : restoreFigure(system, walk.disaster.facts);
    walk.restored.add(system.name);
    const label = `restore of ${system.name}`;
    ends = [walk.net.add({ kind: 'restore', label, system: system.name, figure }, ends)];
    note(walk, system.name, 'restore', ends[0] ?? 0);
  }
  return walk.net.mark(where, ends);
}

function note(walk: Walk, system: string, act: StepPlan['do'], task: number): void {
  const tasks = walk.tasksOf.get(system) ?? [];
  const acts = walk.actsOn.get(system) ?? new Set();
  tasks.push(task);
  acts.add(act);
  walk.tasksOf.set(system, tasks);
  walk.actsOn.set(system, acts);
}

/** Affected systems that the step works on, in the order of recovery. */
function systemsOf(walk: Walk, step: StepPlan, runbook: string): readonly ResolvedSystem[] {
  const { plan, affected } = walk.disaster;
  const isNamed =
    ('systems' in step && step.systems !== undefined) ||
    step.do === 'fail-over' ||
    factOf(plan.runbooks, runbook)?.systems !== undefined;
  if (!isNamed) return walk.usual;
  return affected.filter(({ name }) => isAbout(plan, step, runbook, name));
}

const bringsBack: ReadonlySet<StepPlan['do']> = new Set([
  'apply-logs',
  'change-access',
  'check',
  'command',
  'configure',
  'deploy',
  'fail-over',
  'invalidate-cdn',
  'manual',
  'migrate',
  'move-into-place',
  'patch',
  'promote',
  'provision',
  'reapply-erasures',
  'restart',
  'restore',
  'rotate-credentials',
  'run-runbook',
  'start',
  'update-dns',
  'update-reference',
]);

const kindOf: Readonly<Record<StepPlan['do'], TaskKind>> = {
  assemble: 'respond',
  declare: 'respond',
  assess: 'respond',
  investigate: 'respond',
  notify: 'respond',
  document: 'respond',
  review: 'respond',
  monitor: 'start',
  manual: 'prepare',
  command: 'prepare',
  patch: 'prepare',
  'change-access': 'prepare',
  'choose-point': 'prepare',
  'verify-backup': 'prepare',
  'safety-copy': 'prepare',
  'preserve-evidence': 'prepare',
  stop: 'prepare',
  isolate: 'prepare',
  pause: 'prepare',
  provision: 'prepare',
  'rotate-credentials': 'prepare',
  restore: 'restore',
  'apply-logs': 'restore',
  migrate: 'restore',
  'move-into-place': 'restore',
  'reapply-erasures': 'restore',
  promote: 'restore',
  'fail-over': 'restore',
  'run-runbook': 'prepare',
  resume: 'start',
  'update-reference': 'start',
  check: 'start',
  start: 'start',
  restart: 'start',
  'update-dns': 'start',
  'invalidate-cdn': 'start',
  deploy: 'start',
  configure: 'start',
};

const namesMax = 3;

function labelOf(step: StepPlan, about: readonly ResolvedSystem[]): string {
  const isNamed = 'systems' in step && step.systems !== undefined;
  if (!isNamed) return step.do;
  const names = about.map(({ name }) => name);
  const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : '';
  return `${step.do} ${names.slice(0, namesMax).join(', ')}${more}`.trim();
}
