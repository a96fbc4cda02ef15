/** Tasks and what they wait for. Numbers are handed out in the order of adding. */
import { defined } from '../../error/assert.ts';
import { longestPaths, pathTo } from '../graph/longest-paths.ts';
import { recoveryOrder } from '../graph/recovery-order.ts';
import type { FigureOrigin } from '../lint/worst-loss.ts';
import { atLeastMs, type Figure, type UnknownFigure, weakestOrigin } from './figure.ts';
import type { PathStep, TaskKind, TimelineTask } from './simulation.ts';

export interface Task {
  /** `mark`: no work, only a moment that others wait for. */
  readonly kind: TaskKind | 'mark';
  readonly label: string;
  /** The system that it is for; absent: for several. */
  readonly system?: string;
  readonly figure: Figure;
}

export interface TaskNet {
  add(task: Task, after: readonly number[]): number;
  /** A moment at which all these are done. */
  mark(label: string, after: readonly number[], system?: string, figure?: Figure): number;
  waitFor(task: number, other: number): void;
  solve(): SolvedNet;
}

export interface SolvedNet {
  readonly tasks: readonly Task[];
  /** `undefined`: it is in a circle of waiting or behind one. */
  endOf(task: number): TaskEnd | undefined;
  /** Tasks that wait for each other in a circle. */
  readonly cycles: readonly (readonly number[])[];
  /** Those that end last one after the other, up to this one. */
  pathTo(task: number): readonly number[];
  timelineOf(task: number, critical: ReadonlySet<number>): TimelineTask | undefined;
  stepOf(task: number): PathStep;
}

export interface TaskEnd {
  readonly startMs: number;
  readonly endMs: number;
  /** The weakest of all figures that it rests on. */
  readonly origin: FigureOrigin;
  /** An unknown figure that its end rests on; one that never ends before others. */
  readonly unknown?: UnknownFigure;
  readonly isStartKnown: boolean;
}

const nothing: Figure = { kind: 'known', valueMs: 0, origin: 'measured', says: 'a moment' };

export function createTaskNet(): TaskNet {
  const tasks: Task[] = [];
  const before: number[][] = [];
  const add = (task: Task, after: readonly number[]): number => {
    before.push([...new Set(after)]);
    return tasks.push(task) - 1;
  };
  return {
    add,
    mark: (label, after, system, figure = nothing) =>
      add({ kind: 'mark', label, figure, ...(system === undefined ? {} : { system }) }, after),
    waitFor: (task, other) => {
      if (task !== other) defined(before[task], 'a task').push(other);
    },
    solve: () => solve(tasks, before),
  };
}

function solve(tasks: readonly Task[], before: readonly (readonly number[])[]): SolvedNet {
  const order = recoveryOrder(before);
  const taskOf = (task: number): Task => defined(tasks[task], 'a task');
  const paths = longestPaths(before, order, (task) => atLeastMs(taskOf(task).figure));
  const ends = new Array<TaskEnd | undefined>(tasks.length).fill(undefined);
  for (const task of order.order) {
    const path = paths[task];
    if (path === undefined) continue;
    const befores = (before[task] ?? []).map((other) => ends[other]).filter((end) => end !== undefined);
    ends[task] = endOf(taskOf(task), path.lengthMs, befores);
  }
  return {
    tasks,
    cycles: order.cycles,
    endOf: (task) => ends[task],
    pathTo: (task) => pathTo(paths, task),
    timelineOf: (task, critical) => timelineOf(taskOf(task), ends[task], critical.has(task)),
    stepOf: (task) => stepOf(taskOf(task)),
  };
}

function endOf({ figure, kind }: Task, endMs: number, befores: readonly TaskEnd[]): TaskEnd {
  const unknowns = befores.map((end) => end.unknown).filter((each) => each !== undefined);
  const before = unknowns.find(({ isNever }) => isNever) ?? unknowns[0];
  const own = figure.kind === 'unknown' ? figure : undefined;
  const unknown = own?.isNever ? own : (before ?? own);
  const origins = new Set(befores.map(({ origin }) => origin));
  if (kind !== 'mark' && figure.kind === 'known') origins.add(figure.origin);
  return {
    startMs: endMs - atLeastMs(figure),
    endMs,
    origin: weakestOrigin(origins),
    isStartKnown: before === undefined,
    ...(unknown === undefined ? {} : { unknown }),
  };
}

function timelineOf(task: Task, end: TaskEnd | undefined, isCritical: boolean): TimelineTask | undefined {
  const { kind, label, figure } = task;
  if (kind === 'mark' || end === undefined) return undefined;
  const { startMs, endMs, isStartKnown } = end;
  return { kind, label, startMs, endMs, says: figure.says, isStartKnown, isCritical, ...originIn(figure) };
}

function stepOf({ label, system, figure }: Task): PathStep {
  return {
    label,
    says: figure.says,
    ...(system === undefined ? {} : { system }),
    ...(figure.kind === 'known' ? { durationMs: figure.valueMs } : {}),
    ...originIn(figure),
  };
}

function originIn(figure: Figure): { readonly origin?: FigureOrigin } {
  return figure.kind === 'known' ? { origin: figure.origin } : {};
}
