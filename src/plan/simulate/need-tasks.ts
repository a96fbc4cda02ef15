import { needsOfRunbook } from '../graph/needs-of-runbook.ts';
import { never, unknown } from './figure.ts';
import type { Context } from './recovery-context.ts';
import { type NeedState, needStates } from './struck-needs.ts';
import type { TaskNet } from './task-net.ts';

/** Needs that run on systems of the plan are back with these; needs that are gone for good hold up all that use them. */
export function addNeeds(context: Context, main: readonly string[], runbooks: readonly string[]): void {
  const { disaster, net } = context;
  const { plan, affected, strike } = disaster;
  const ofMain = new Set(main.flatMap((runbook) => needsOfRunbook(plan, runbook)));
  const gone = needStates(disaster, runbooks).filter(({ state }) => state === 'struck' || state === 'later');
  // What a need of the runbooks runs on is brought back by these runbooks, which begin without it.
  const carriers = new Set(gone.filter(({ name }) => ofMain.has(name)).flatMap((each) => each.carriers));
  const struck = affected.filter(({ name }) => strike.systems.has(name)).map(({ name }) => name);
  for (const need of gone) {
    const others = ofMain.has(need.name) ? struck.filter((name) => !carriers.has(name)) : [];
    const ends = need.state === 'struck' ? [addGone(net, need)] : carriersBack(context, need);
    for (const name of new Set([...need.users, ...others])) holdUp(context, need, name, ends);
  }
}

function carriersBack({ backOf }: Context, { carriers }: NeedState): readonly number[] {
  return carriers.map((name) => backOf.get(name)).filter((end) => end !== undefined);
}

function holdUp({ net, backOf }: Context, need: NeedState, system: string, ends: readonly number[]): void {
  const back = backOf.get(system);
  if (back === undefined) return;
  for (const end of ends) net.waitFor(back, end === back ? addCircle(net, need) : end);
}

function addGone(net: TaskNet, { name, need }: NeedState): number {
  const says = `${name} is gone with the site ${need.site ?? ''}, and nothing stands in for it`;
  return net.mark(`${name} is there`, [], undefined, unknown(says, `Write a fallback of ${name}.`));
}

function addCircle(net: TaskNet, { name }: NeedState): number {
  const says = `its recovery needs ${name}, which runs on itself`;
  return net.mark(`${name} is there`, [], undefined, never(says, `Write a fallback of ${name}.`));
}
