import type { ResolvedPlan } from '../resolved-plan.ts';
import { daysBetween, startOfDay } from './days.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';
import { canBeReached, contactsBehind, hasPhone } from './responders.ts';

export const contactGaps: LintRule = {
  id: 'contact-gaps',
  number: 'O7',
  severity: 'warning',
  title: 'somebody cannot be reached, or nobody has tried lately',
  explanation:
    'A disaster comes at night, and a name without a number helps nobody then. Numbers change without a word, so one that ' +
    'was not tried for half a year is a guess.',
  fix: 'Add a phone number, try it, and write the day into verified.',
  check: (plan, { nowMs }) => [
    ...unreachable(plan),
    ...asleep(plan),
    ...stale(plan, nowMs),
    ...vendorsWithout(plan),
    ...indispensable(plan),
  ],
};

function unreachable(plan: ResolvedPlan): readonly LintHit[] {
  return Object.entries(plan.contacts).flatMap(([name, contact]) =>
    canBeReached(contact)
      ? []
      : [
          {
            at: ['contacts', name],
            message: `${name} has neither a phone number nor an address`,
            suggestion: 'add a phone number that is answered at night',
          },
        ],
  );
}

/** People of an escalation who are only reached while they look at a screen. */
function asleep(plan: ResolvedPlan): readonly LintHit[] {
  return Object.entries(plan.escalations).flatMap(([escalation, { levels }]) =>
    levels.flatMap(({ who, channels }, index): readonly LintHit[] => {
      if ((channels ?? []).some((name) => wakes(plan, name))) return [];
      const people = contactsBehind(plan, who).filter(({ contact }) => canBeReached(contact));
      if (people.length === 0 || people.some(({ contact }) => hasPhone(contact))) return [];
      const names = namesInWords(people.map(({ name }) => name));
      return [
        {
          at: ['escalations', escalation, 'levels', index, 'who'],
          message: `level ${index + 1} calls ${names} by mail or chat only: nobody is woken at night`,
          suggestion: 'add a phone number, or a channel that pages',
          relatedAt: { at: ['contacts', people[0]?.name ?? ''], message: 'has no phone number' },
        },
      ];
    }),
  );
}

function wakes(plan: ResolvedPlan, channel: string): boolean {
  const kind = Object.hasOwn(plan.channels, channel) ? plan.channels[channel]?.kind : undefined;
  return kind === 'pagerduty' || kind === 'opsgenie' || kind === 'sms' || kind === 'phone';
}

/** Half a year. */
export const verifiedDaysMax = 183;

function stale(plan: ResolvedPlan, nowMs: number | undefined): readonly LintHit[] {
  if (nowMs === undefined) return [];
  return Object.entries(plan.contacts).flatMap(([name, { verified }]) => {
    if (verified === undefined) return [];
    const days = daysBetween(startOfDay(verified), nowMs);
    if (days <= verifiedDaysMax) return [];
    const message = `${name} was last tried ${days} days ago, more than ${verifiedDaysMax}`;
    return [{ at: ['contacts', name, 'verified'], message, suggestion: 'call or write, and set the day' }];
  });
}

function vendorsWithout(plan: ResolvedPlan): readonly LintHit[] {
  return Object.entries(plan.vendors).flatMap(([name, { phone, contact }]) => {
    if (phone !== undefined) return [];
    const behind = contact === undefined ? [] : contactsBehind(plan, [contact]);
    const known = [
      ...behind,
      ...Object.entries(plan.contacts).map(([key, each]) => ({ name: key, contact: each })),
    ].some((each) => (behind.includes(each) || each.contact.vendor === name) && hasPhone(each.contact));
    if (known) return [];
    const message = `nobody can call ${name}: neither it nor a contact of it has a number`;
    return [{ at: ['vendors', name], message, suggestion: 'add its emergency number' }];
  });
}

/** A note: whoever is the only one everywhere is also on holiday some day. */
function indispensable(plan: ResolvedPlan): readonly LintHit[] {
  const groups = [...Object.values(plan.teams), ...Object.values(plan.rotas)].map(({ members }) =>
    contactsBehind(plan, members),
  );
  const [first] = groups[0] ?? [];
  if (groups.length < 2 || first === undefined || first.contact.kind !== 'person') return [];
  const isOnly = groups.every((people) => people.length === 1 && people[0]?.name === first.name);
  if (!isOnly || first.contact.deputy !== undefined) return [];
  const message = `${first.name} is the only member of all ${groups.length} teams and rotas, and has no deputy`;
  return [{ at: ['contacts', first.name], severity: 'info', message, suggestion: 'name a deputy' }];
}
