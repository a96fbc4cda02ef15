import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';
import { canBeReached, contactsBehind } from './responders.ts';

export const escalationDeadEnd: LintRule = {
  id: 'escalation-dead-end',
  number: 'T19',
  severity: 'warning',
  title: 'an escalation never reaches its next level, or nobody',
  explanation:
    'The next level is called when the time of the one before it is over without an answer. A level without a time waits ' +
    'for ever, and a chain whose last level is silent or empty ends in nothing.',
  fix: 'Give each level a timeout, say with if_nobody what happens in the end, and name people who can be reached.',
  check: (plan) =>
    Object.entries(plan.escalations).flatMap(([name, escalation]) => hitsOf(plan, name, escalation)),
};

type EscalationPlan = ResolvedPlan['escalations'][string];

function hitsOf(plan: ResolvedPlan, name: string, escalation: EscalationPlan): readonly LintHit[] {
  const at: PlanPath = ['escalations', name];
  return [...waitHits(at, escalation), ...endHits(at, escalation), ...peopleHits(plan, at, escalation)];
}

function waitHits(at: PlanPath, { levels }: EscalationPlan): readonly LintHit[] {
  const waiting = levels.flatMap(({ timeout }, index) =>
    timeout === undefined && index < levels.length - 1 ? [index] : [],
  );
  const [first] = waiting;
  if (first === undefined) return [];
  const which = waiting.map((index) => String(index + 1));
  const have = waiting.length === 1 ? `level ${which[0]} has` : `levels ${namesInWords(which)} have`;
  const reached =
    first + 1 === levels.length - 1
      ? `level ${levels.length} is`
      : `levels ${first + 2} to ${levels.length} are`;
  return [
    {
      at: [...at, 'levels', first],
      message: `${have} no timeout, so ${reached} never reached: ${first + 1} of ${levels.length} levels can be called`,
      suggestion: 'add for example "timeout: 10 min" to each level but the last',
    },
  ];
}

function endHits(at: PlanPath, { levels, if_nobody: ifNobody }: EscalationPlan): readonly LintHit[] {
  if (ifNobody !== undefined) return [];
  const last = levels.at(-1);
  const waits = last?.timeout === undefined ? ' has no timeout and' : '';
  return [
    {
      at,
      onKey: true,
      message: `the last level (${levels.length})${waits} is followed by nothing: what happens when nobody answers is not said`,
      suggestion: 'add if_nobody, for example "The wall sheet says whom to wake."',
    },
  ];
}

/** All levels in one: a chain of names without numbers is one fault. */
function peopleHits(plan: ResolvedPlan, at: PlanPath, { levels }: EscalationPlan): readonly LintHit[] {
  const dead = levels.flatMap(({ who, channels }, index) => {
    const people = contactsBehind(plan, who);
    const isReached = channels !== undefined || people.some(({ contact }) => canBeReached(contact));
    return people.length === 0 || isReached ? [] : [{ index, names: people.map(({ name }) => name) }];
  });
  const [first] = dead;
  if (first === undefined) return [];
  const names = [...new Set(dead.flatMap((level) => level.names))];
  const which = dead.map(({ index }) => String(index + 1));
  const levelWords = which.length === 1 ? `level ${which[0]} calls` : `levels ${namesInWords(which)} call`;
  return [
    {
      at: [...at, 'levels', first.index, 'who'],
      message: `${levelWords} ${namesInWords(names)}, of whom none has a number or an address`,
      suggestion: 'give somebody of each level a phone number',
      relatedAt: { at: ['contacts', names[0] ?? ''], message: 'one who cannot be reached' },
    },
  ];
}
