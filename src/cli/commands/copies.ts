/** `lifeboat copies`: the rule 3-2-1-1-0 for each system, from what is really there. */
import { type RuleCell, type RuleName, threeTwoOne } from '../../objective/three-two-one.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { copiesFacts } from '../plan/copies-facts.ts';
import { planHistory, wrongWith } from '../plan/plan-history.ts';
import { chosenSystems, openPlan } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import { deviceFacts } from '../plan-facts.ts';
import { momentText } from '../quantity-text.ts';
import type { Style } from '../style.ts';

export const copies: Command<AppContext> = {
  description:
    'Says for each system where its data is, by the rule 3-2-1-1-0: three copies with production, on two media, one ' +
    'off site, one that nobody can delete, and no error in the last proof. It reads the vaults; each answer names the ' +
    'records that show it (with --json by their ids), and what no record shows is unknown, never fine. Which copies a ' +
    'plan needs is for the plan to say; `status` fails when they are late.',
  arguments: [{ name: 'SYSTEM', kind: 'any', description: 'only these systems' }],
  options: planOptions,
  examples: [
    { line: 'lifeboat copies', says: 'all systems' },
    { line: 'lifeboat copies orders-db --json', says: 'one, with the records that show it' },
  ],
  run: async (context, input) => {
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    const systems = chosenSystems(session.plan, input.list('SYSTEM'));
    await using vaults = openPlanVaults(context, session);
    const histories = await planHistory(context, session, vaults, true);
    const facts = deviceFacts(session.plan, session.folder);
    const nowMs = context.nowMs();
    let met = 0;
    for (const system of systems) {
      const cells = threeTwoOne(copiesFacts(session.plan, system, histories, facts, nowMs), nowMs);
      const isMet = cells.every(({ status }) => status === 'met');
      if (isMet) met++;
      const lines = cells.map((cell) => cellText(cell, context.output.style));
      await context.output.result(
        { type: 'copies', system: system.name, met: isMet, rules: cells.map(cellRecord) },
        [context.output.style.bold(system.name), ...lines].join('\n'),
      );
    }
    const [wrong] = histories.flatMap((history) => wrongWith(history) ?? []);
    const summary = { systems: systems.length, met };
    return { summary, ...(wrong === undefined ? {} : { error: wrong }) };
  },
};

const headings: Readonly<Record<RuleName, string>> = {
  copies: '3 copies',
  media: '2 media',
  'off-site': '1 off site',
  immutable: '1 immutable',
  errors: '0 errors',
};

function cellText({ rule, status, count, reason, untilMs }: RuleCell, style: Style): string {
  const word = { met: 'ok', unmet: 'NO', unknown: 'UNKNOWN' }[status].padEnd(8);
  const paint = { met: style.green, unmet: style.red, unknown: style.yellow }[status];
  const until = untilMs === undefined ? '' : ` until ${momentText(untilMs)}`;
  const figure = rule === 'errors' && status === 'unknown' ? '?' : String(count);
  return `  ${paint(word)}${headings[rule].padEnd(12)} ${figure}  ${reason}${until}`;
}

function cellRecord({ rule, status, count, reason, evidence, untilMs }: RuleCell) {
  return {
    rule,
    status,
    count,
    reason,
    until: untilMs === undefined ? undefined : new Date(untilMs).toISOString(),
    evidence: evidence.map(({ vault, recordId, atMs }) => ({
      vault,
      record: recordId,
      at: new Date(atMs).toISOString(),
    })),
  };
}
