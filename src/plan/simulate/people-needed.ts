/** Who has to be there: behind escalations, approvals, steps and runbooks. */
import { stepsOfRunbook } from '../graph/steps-of-runbook.ts';
import { factOf } from '../lint/plan-facts.ts';
import { type ContactPlan, contactsBehind } from '../lint/responders.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import type { Disaster } from './disaster.ts';
import { escalationOf } from './response-figures.ts';
import type { PersonNeeded } from './simulation.ts';

/** In the order in which they come in; the owner of the plan when it names nobody. */
export function peopleNeeded(disaster: Disaster, runbooks: readonly string[]): readonly PersonNeeded[] {
  const { plan } = disaster;
  const roles = new Map<string, Set<string>>();
  const need = (names: readonly string[], role: string): void => {
    for (const name of names) roles.set(name, (roles.get(name) ?? new Set()).add(role));
  };
  callRoles(disaster, need);
  const steps = new Map<string, number>();
  const known = runbooks.map((name) => stepsOfRunbook(plan, name));
  for (const step of new Set(known.flatMap((each) => each.steps))) {
    need(step.approval?.of ?? [], 'approves');
    need(step.do === 'assemble' ? step.team : [], 'is called together');
    for (const name of step.by ?? []) steps.set(name, (steps.get(name) ?? 0) + 1);
  }
  for (const [name, count] of steps) need([name], count === 1 ? 'does 1 step' : `does ${count} steps`);
  for (const name of new Set(known.flatMap((each) => [...each.runbooks])))
    need(factOf(plan.runbooks, name)?.contacts ?? [], `is asked about ${name}`);
  const people = [...roles].map(([name, of]) => personOf(plan, name, [...of]));
  if (people.length > 0) return people;
  const { owner } = plan.metadata;
  return [
    { name: owner, kind: 'owner', who: [owner], for: ['answers for the plan, which names nobody else'] },
  ];
}

type Need = (names: readonly string[], role: string) => void;

function callRoles({ plan, scenario }: Disaster, need: Need): void {
  const escalation = escalationOf(plan, scenario);
  const levels = escalation === undefined ? [] : (factOf(plan.escalations, escalation)?.levels ?? []);
  for (const [index, { who }] of levels.entries())
    need(who, index === 0 ? 'is called first' : `is called on level ${index + 1}`);
  need(scenario.declared_by ?? [], 'says that it is a disaster');
}

function personOf(plan: ResolvedPlan, name: string, roles: readonly string[]): PersonNeeded {
  const contacts = contactsBehind(plan, [name]);
  const kind = factOf(plan.teams, name) ? 'team' : factOf(plan.rotas, name) ? 'rota' : 'contact';
  const reach = contacts.map(({ contact }) => reachOf(contact)).find((each) => each !== undefined);
  return {
    name,
    kind,
    who: contacts.map(({ contact }) => contact.name),
    for: roles,
    ...(reach === undefined ? {} : { reach }),
  };
}

function reachOf({ phone, other_phone: other, email, chat }: ContactPlan): string | undefined {
  return phone ?? other ?? email ?? chat;
}
