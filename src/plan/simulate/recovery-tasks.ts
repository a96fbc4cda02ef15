/**
 * All work and waiting from the disaster until the last system is back.
 *
 * First it is noticed, people are called, understand it and say that it is one. Then the runbooks of the scenario are
 * done in their order; systems that these leave out are brought back by a runbook of their own, or by what the plan
 * says of them: build up the site, restore, start, what others depend on first. A system is back when its own tasks are
 * done and all that it depends on is back.
 */
import { stepsOfRunbook } from '../graph/steps-of-runbook.ts';
import { factOf } from '../lint/plan-facts.ts';
import type { ResolvedSystem, StepPlan } from '../resolved-plan.ts';
import type { Chosen } from './choose-way.ts';
import type { Disaster } from './disaster.ts';
import type { Figure } from './figure.ts';
import { addNeeds } from './need-tasks.ts';
import type { Context } from './recovery-context.ts';
import { assessFigure, callFigure, declareFigure } from './response-figures.ts';
import { mainRunbooks } from './runbook-choice.ts';
import { addRunbooks, type RunbookWork } from './runbook-tasks.ts';
import { addSystem, isBroughtBack } from './system-tasks.ts';
import { createTaskNet, type SolvedNet, type TaskNet } from './task-net.ts';

export interface Recovery {
  readonly net: SolvedNet;
  /** By affected system: the moment at which it is back. */
  readonly backOf: ReadonlyMap<string, number>;
  /** Struck systems that no runbook brings back. */
  readonly withoutRunbook: readonly string[];
  /** Struck systems that a runbook works on without bringing their data back. */
  readonly withoutRestore: readonly string[];
  /** Where the plan names no place to come back to. */
  readonly withoutPlace: readonly string[];
  /** Runbooks that are done, those of single systems included. */
  readonly runbooks: readonly string[];
}

export function recoveryTasks(disaster: Disaster, chosen: ReadonlyMap<string, Chosen>): Recovery {
  const net = createTaskNet();
  const ways = new Map([...chosen].map(([name, { way }]) => [name, way] as const));
  const main = mainRunbooks(disaster);
  const { noticed, ready } = addResponse(disaster, net, main);
  const struck = disaster.affected.filter(({ name }) => disaster.strike.systems.has(name));
  const begin = isAutomatic(disaster, main) ? noticed : ready;
  const work = addRunbooks(disaster, net, main, struck, ways, net.mark('the runbooks begin', [begin]));
  const context: Context = {
    disaster,
    net,
    chosen,
    ready,
    sites: new Map(),
    alone: new Map(),
    backOf: new Map(),
  };
  const own = ownRunbooks(disaster, struck, work);
  const works = [
    work,
    ...[...own].map(([runbook, systems]) => addOwnRunbook(context, runbook, systems, ways)),
  ];
  for (const system of disaster.affected)
    context.backOf.set(system.name, net.mark(`${system.name} is back`, [noticed], system.name));
  const gaps = {
    withoutRunbook: [] as string[],
    withoutRestore: [] as string[],
    withoutPlace: [] as string[],
  };
  for (const system of disaster.affected) addSystem(context, system, works, gaps);
  const runbooks = [...main, ...own.keys()];
  addNeeds(context, main, runbooks);
  return { net: net.solve(), backOf: context.backOf, ...gaps, runbooks };
}

/** Nobody is waited for when the failover itself is all that is done. */
function isAutomatic({ failover, strike }: Disaster, main: readonly string[]): boolean {
  if (failover?.mode !== 'automatic' || strike.damageFollows) return false;
  return main.every((name) => name === failover.runbook);
}

/** Steps of the runbooks take the place of what is assumed here. */
function addResponse(
  disaster: Disaster,
  net: TaskNet,
  main: readonly string[],
): { readonly noticed: number; readonly ready: number } {
  const { plan, scenario, detection } = disaster;
  const acts = new Set(main.flatMap((name) => stepsOfRunbook(plan, name).steps.map((step) => step.do)));
  const noticed = net.add({ kind: 'detect', label: 'it is noticed', figure: detection }, []);
  let ready = noticed;
  const then = (act: StepPlan['do'], label: string, figure: Figure): void => {
    if (!acts.has(act)) ready = net.add({ kind: 'respond', label, figure }, [ready]);
  };
  then('assemble', 'people are called', callFigure(plan, scenario));
  then('assess', 'it is understood', assessFigure(plan, scenario));
  if (scenario.declared_by !== undefined) then('declare', 'it is declared', declareFigure());
  return { noticed, ready };
}

/** Systems that the scenario's runbooks do not bring back, by the runbook that they name. */
function ownRunbooks(
  { plan }: Disaster,
  struck: readonly ResolvedSystem[],
  { actsOn }: RunbookWork,
): ReadonlyMap<string, readonly ResolvedSystem[]> {
  const own = new Map<string, ResolvedSystem[]>();
  for (const system of struck) {
    const { name, runbook } = system;
    if (
      runbook === undefined ||
      factOf(plan.runbooks, runbook) === undefined ||
      isBroughtBack(actsOn.get(name))
    )
      continue;
    own.set(runbook, [...(own.get(runbook) ?? []), system]);
  }
  return own;
}

/** A runbook for one system alone begins when all that this depends on is back; one for several orders them itself. */
function addOwnRunbook(
  context: Context,
  runbook: string,
  systems: readonly ResolvedSystem[],
  ways: Parameters<typeof addRunbooks>[4],
): RunbookWork {
  const { net, disaster, ready } = context;
  const start = net.mark(`${runbook} begins`, [ready]);
  const work = addRunbooks(disaster, net, [runbook], systems, ways, start);
  const [only] = systems;
  if (systems.length === 1 && only !== undefined) context.alone.set(only.name, start);
  return work;
}
