import type { ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { ownSteps, type PlacedStep, runbookEntries, type Section, sectionSteps } from './runbook-steps.ts';

export const stepOrder: LintRule = {
  id: 'step-order',
  severity: 'error',
  title: 'the order of the steps of a runbook cannot be kept',
  explanation:
    'A step waits for one that does not exist, for itself, or for one that has the same name as another. ' +
    'The runbook then stands still in the middle of the disaster, or goes on too early.',
  fix: 'Give each step that others wait for an id of its own, and let "after" name steps that can be done before.',
  check: (plan) =>
    runbookEntries(plan).flatMap(([name, book]) => {
      const steps = [...ownSteps(name, book), ...sectionSteps(name, book, 'rollback')];
      return [...doubleIds(steps), ...unknownSteps(steps), ...circles(steps)];
    }),
};

function doubleIds(steps: readonly PlacedStep[]): readonly LintHit[] {
  const first = new Map<string, PlacedStep>();
  return steps.flatMap((placed) => {
    const { id } = placed.step;
    const before = id === undefined ? undefined : first.get(id);
    if (id !== undefined && before === undefined) first.set(id, placed);
    if (id === undefined || before === undefined) return [];
    return [
      {
        at: [...placed.at, 'id'],
        message: `two steps of this runbook have the id "${id}"`,
        suggestion: 'give one of them another id',
        relatedAt: { at: [...before.at, 'id'], message: 'the first one stands here' },
      },
    ];
  });
}

function unknownSteps(steps: readonly PlacedStep[]): readonly LintHit[] {
  const ids = new Set(steps.map(({ step }) => step.id));
  return steps.flatMap(({ step, at }) =>
    (step.after ?? []).flatMap((name, index) =>
      ids.has(name)
        ? []
        : [
            {
              at: [...at, 'after', index],
              message: `the step waits for "${name}", and no step of this runbook has that id`,
              suggestion: 'give the step that is meant this id, or name another',
            },
          ],
    ),
  );
}

/** A step without `after` waits for the one above it in its section, which makes some waits impossible. */
function circles(steps: readonly PlacedStep[]): readonly LintHit[] {
  const places = new Map(steps.map((placed, index) => [placed.step.id ?? `#${index}`, index]));
  const waits = steps.map((placed, index) => waitsFor(placed, index, steps, places));
  const stuck = unreachable(waits);
  return steps.flatMap(({ step, at }, index) => {
    const late = (step.after ?? []).find((name) => stuck.has(places.get(name) ?? -1));
    if (!stuck.has(index) || late === undefined || (places.get(late) ?? -1) < index) return [];
    const message =
      places.get(late) === index
        ? 'the step waits for itself'
        : `the step waits for "${late}", which stands below it and waits for it in turn`;
    const suggestion = `move "${late}" above it, or let "${late}" say what it waits for`;
    return [{ at: [...at, 'after'], message, suggestion }];
  });
}

function waitsFor(
  placed: PlacedStep,
  index: number,
  steps: readonly PlacedStep[],
  places: ReadonlyMap<string, number>,
): readonly number[] {
  if (placed.step.after !== undefined) return placed.step.after.flatMap((name) => places.get(name) ?? []);
  const above: Section | undefined = steps[index - 1]?.section;
  return above === placed.section ? [index - 1] : [];
}

/** Steps that can never begin, because what they wait for waits for them. */
function unreachable(waits: readonly (readonly number[])[]): ReadonlySet<number> {
  const open = waits.map((each) => new Set(each).size);
  const waiting = new Map<number, number[]>();
  waits.forEach((each, index) => {
    for (const other of new Set(each)) waiting.set(other, [...(waiting.get(other) ?? []), index]);
  });
  const ready = open.flatMap((count, index) => (count === 0 ? [index] : []));
  const left = new Set(waits.keys());
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    left.delete(next);
    for (const index of waiting.get(next) ?? []) {
      const count = (open[index] ?? 0) - 1;
      open[index] = count;
      if (count === 0) ready.push(index);
    }
  }
  return left;
}

/** Runbooks that run each other in a circle never end. */
export const runbookCircle: LintRule = {
  id: 'runbook-circle',
  severity: 'error',
  title: 'runbooks run each other in a circle',
  explanation:
    'A runbook that comes back to itself through others never ends. Nobody can say what is done, nor how long it takes.',
  fix: 'Take one of the "run-runbook" steps out of the circle.',
  check: (plan) => runbookEntries(plan).flatMap(([name]) => circleHits(plan, name)),
};

const circleStepsMax = 500;

function circleHits(plan: ResolvedPlan, start: string): readonly LintHit[] {
  const book = plan.runbooks[start];
  if (book === undefined) return [];
  return ownSteps(start, book).flatMap(({ step, at }) => {
    if (step.do !== 'run-runbook' || !leadsBack(plan, step.runbook, start)) return [];
    const message =
      step.runbook === start
        ? `the runbook ${start} runs itself`
        : `the runbook ${start} runs ${step.runbook}, which leads back to it`;
    return [{ at: [...at, 'runbook'], message, suggestion: 'run another runbook, or leave the step out' }];
  });
}

function leadsBack(plan: ResolvedPlan, from: string, to: string): boolean {
  const seen = new Set<string>();
  const pending = [from];
  for (let next = pending.pop(); next !== undefined && seen.size < circleStepsMax; next = pending.pop()) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    const book = Object.hasOwn(plan.runbooks, next) ? plan.runbooks[next] : undefined;
    const steps = book === undefined ? [] : ownSteps(next, book);
    pending.push(...steps.flatMap(({ step }) => (step.do === 'run-runbook' ? [step.runbook] : [])));
  }
  return false;
}
