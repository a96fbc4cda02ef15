import type { ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { ownSteps, type PlacedStep, runbookEntries, sectionSteps } from './runbook-steps.ts';

export const unknownAudience: LintRule = {
  id: 'unknown-audience',
  severity: 'error',
  title: 'a step tells people whom the plan does not know',
  explanation:
    'The step names an audience that the communication plan does not describe. Nobody then knows who is told, how, and what.',
  fix: 'Describe the audience under communication.audiences, or name one that stands there.',
  check: (plan) => allSteps(plan).flatMap((placed) => audienceHits(plan, placed)),
};

function allSteps(plan: ResolvedPlan): readonly PlacedStep[] {
  return runbookEntries(plan).flatMap(([name, book]) => [
    ...ownSteps(name, book),
    ...sectionSteps(name, book, 'rollback'),
  ]);
}

function audienceHits(plan: ResolvedPlan, { step, at }: PlacedStep): readonly LintHit[] {
  if (step.do !== 'notify') return [];
  const known = Object.keys(plan.communication?.audiences ?? {});
  return (step.audiences ?? []).flatMap((name, index) => {
    if (known.includes(name)) return [];
    const expected =
      known.length === 0 ? 'an audience that the plan declares' : `one of ${known.slice(0, 12).join(', ')}`;
    return [
      {
        at: [...at, 'audiences', index],
        message: `there is no audience "${name}" in the communication plan`,
        expected,
        suggestion: `describe it under communication.audiences.${name}`,
        // An audience that is there and has errors or gaps of its own is no part of the plan that is linted.
        relatedAt: { at: ['communication', 'audiences', name], message: 'audiences are described here' },
      },
    ];
  });
}

export const approvalImpossible: LintRule = {
  id: 'approval-impossible',
  severity: 'error',
  title: 'a step needs more approvals than there are people',
  explanation:
    'More people must agree than stand behind the names that may agree. The step then waits until its time is over, and by default stops the recovery.',
  fix: 'Name more people who may approve, or ask for fewer approvals.',
  check: (plan) =>
    allSteps(plan).flatMap(({ step, at }): readonly LintHit[] => {
      if (step.approval === undefined) return [];
      const { of, needed } = step.approval;
      const people = peopleBehind(plan, of);
      if (needed <= people) return [];
      const who = people === 1 ? 'one person stands' : `${people} people stand`;
      const message = `${needed} approvals are needed, and only ${who} behind ${of.slice(0, 5).join(', ')}`;
      return [
        { at: [...at, 'approval', 'needed'], message, suggestion: 'name more people, or ask for fewer' },
      ];
    }),
};

const namesMax = 1_000;

/** How many persons can answer; a group or a company may be any number of them. */
function peopleBehind(plan: ResolvedPlan, names: readonly string[]): number {
  const seen = new Set<string>();
  const pending = [...names];
  let people = 0;
  for (let name = pending.pop(); name !== undefined && seen.size < namesMax; name = pending.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const members = membersOf(plan, name);
    if (members === undefined) people += personsOf(plan, name);
    else pending.push(...members);
  }
  return people;
}

/** Of a team or a rota. */
function membersOf({ teams, rotas }: ResolvedPlan, name: string): readonly string[] | undefined {
  if (Object.hasOwn(teams, name)) return teams[name]?.members;
  return Object.hasOwn(rotas, name) ? rotas[name]?.members : undefined;
}

/** One for a person; nobody knows for others. */
function personsOf({ contacts }: ResolvedPlan, name: string): number {
  const isPerson = Object.hasOwn(contacts, name) && contacts[name]?.kind === 'person';
  return isPerson ? 1 : Number.POSITIVE_INFINITY;
}

export const repeatUnsafe: LintRule = {
  id: 'repeat-unsafe',
  severity: 'warning',
  title: 'a step is done again although nobody knows whether that is safe',
  explanation:
    'After a crash in the middle a repeatable step simply runs again, and one of class check is asked about by its probe. ' +
    'To promote, to fail over or to lead names elsewhere twice can split the data or undo what people did meanwhile.',
  fix: 'Give the step the class once, or the class check with a probe that says whether its effect is there.',
  check: (plan) => allSteps(plan).flatMap(repeatHits),
};

/** Acts that are not the same when they are done twice. */
const onceOnly: readonly string[] = [
  'promote',
  'fail-over',
  'update-dns',
  'rotate-credentials',
  'move-into-place',
  'migrate',
];

function repeatHits({ step, at }: PlacedStep): readonly LintHit[] {
  if (step.class === 'check' && step.probe === undefined) {
    const message = `the ${step.do} is of class check, and no probe says whether its effect is there`;
    return [{ at: [...at, 'class'], message, suggestion: 'name a probe, or write "class: once"' }];
  }
  const isUnsafe = onceOnly.includes(step.do) || (step.do === 'manual' && step.unsafe_twice);
  if (step.class !== 'repeatable' || !isUnsafe) return [];
  const message = `the ${step.do} is done again without a question when nobody knows whether it was done`;
  return [
    {
      at: [...at, 'class'],
      message,
      suggestion: 'write "class: once"',
      edits: [{ kind: 'set', at: [...at, 'class'], value: 'once' }],
    },
  ];
}
