import type { ResolvedPlan } from '../resolved-plan.ts';
import { factOf } from './plan-facts.ts';

export type ContactPlan = ResolvedPlan['contacts'][string];

export interface NamedContact {
  readonly name: string;
  readonly contact: ContactPlan;
}

/** The contacts behind the names of contacts, teams and rotas; teams in circles end, unknown names are left out. */
export function contactsBehind(plan: ResolvedPlan, names: readonly string[]): readonly NamedContact[] {
  const seen = new Set<string>();
  const found: NamedContact[] = [];
  const pending = names.toReversed();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const contact = factOf(plan.contacts, name);
    if (contact !== undefined) found.push({ name, contact });
    const members = factOf(plan.teams, name)?.members ?? factOf(plan.rotas, name)?.members ?? [];
    pending.push(...members.toReversed());
  }
  return found;
}

/** Whether somebody asleep is woken: chat and mail are read in the morning. */
export function hasPhone({ phone, other_phone: other }: ContactPlan): boolean {
  return phone !== undefined || other !== undefined;
}

export function canBeReached(contact: ContactPlan): boolean {
  return hasPhone(contact) || contact.email !== undefined || contact.chat !== undefined;
}
