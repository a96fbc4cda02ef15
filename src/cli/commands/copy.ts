/** `lifeboat copy`: brings every vault of the plan the points that it should have and does not. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import type { Input } from '../input.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { type AskedState, askedStates, cannotBeGiven, isAsked, stillLacking } from '../plan/asked-points.ts';
import { type CopySystemRequest, copySystem, type SystemCopy } from '../plan/copy-system.ts';
import { newRun } from '../plan/new-run.ts';
import { endOf, reportCopy } from '../plan/plan-backup.ts';
import { planHistory } from '../plan/plan-history.ts';
import { chosenSystems, openPlan, type PlanSession } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';

export const copy: Command<AppContext> = {
  description:
    'Brings every vault of the plan the points that it should have and does not: the newest, and those that its own ' +
    'retention keeps. The vault that a point comes from is read once for all that need it; everything is proven by ' +
    'its hash on the way, sealed under the key of the other vault, and read back there. Backups do this by themselves; ' +
    'the command makes up for a vault that was away. With --point it copies just that point, by the id that it has in any vault. Exit code 3 when a ' +
    'point could not be copied because no vault has it whole.',
  arguments: [{ name: 'SYSTEM', kind: 'any', description: 'only these systems of the plan' }],
  options: [
    ...planOptions,
    { flag: '--from', value: 'VAULT', description: 'take points from this vault only' },
    { flag: '--to', value: 'VAULT', description: 'into this vault only', repeatable: true },
    {
      flag: '--point',
      value: 'ID',
      description: 'copy this point, whatever retention says',
      repeatable: true,
    },
  ],
  examples: [
    { line: 'lifeboat copy', says: 'what every vault of ./lifeboat.yaml is owed' },
    { line: 'lifeboat copy orders-db --from here --to away', says: 'one system, one way' },
    {
      line: 'lifeboat copy --point 1f6df0a2 --to archive',
      says: 'one older point, by the id that points shows',
    },
  ],
  run: async (context, input) => {
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    const systems = chosenSystems(session.plan, input.list('SYSTEM'));
    requireVaults(session, input);
    await using vaults = openPlanVaults(context, session);
    const run = newRun(context, session, 'manual');
    const ids = input.values('--point');
    const states =
      ids.length === 0
        ? undefined
        : askedStates(ids, systems, await planHistory(context, session, vaults, true));
    const request = requestOf(input, states);
    const copies: SystemCopy[] = [];
    for (const system of systems) {
      for (const one of await copySystem(context, { session, vaults, run, ...request }, system)) {
        copies.push(one);
        await reportCopy(context, one);
      }
    }
    const lacking =
      states === undefined
        ? []
        : stillLacking(session.plan, states, await planHistory(context, session, vaults, true), (vault) =>
            isTarget(request, vault),
          );
    if (copies.length === 0 && lacking.length === 0) await context.output.text(nothingToDo(states));
    const error = endOf(copies, 'copies').error ?? cannotBeGiven(lacking);
    const points = copies.reduce((sum, { copied }) => sum + copied.length, 0);
    const failed = copies.filter((one) => one.error !== undefined).length;
    return { summary: { vaults: copies.length, points, failed }, ...(error === undefined ? {} : { error }) };
  },
};

type Chosen = Pick<CopySystemRequest, 'from' | 'into' | 'asked'>;

function requestOf(input: Input, states: readonly AskedState[] | undefined): Chosen {
  const from = input.value('--from');
  const into = input.values('--to');
  return {
    ...(from === undefined ? {} : { from }),
    ...(into.length === 0 ? {} : { into }),
    ...(states === undefined ? {} : { asked: (point: RecoveryPoint) => isAsked(states, point) }),
  };
}

function requireVaults({ plan }: PlanSession, input: Input): void {
  const from = input.value('--from');
  for (const name of [...input.values('--to'), ...(from === undefined ? [] : [from])]) {
    if (plan.vaults.some((vault) => vault.name === name)) continue;
    throw new LifeboatError('USAGE', `the plan has no vault "${name}"`, {
      hint: `It has: ${plan.vaults.map((vault) => vault.name).join(', ')}.`,
    });
  }
}

function isTarget({ from, into }: Chosen, vault: string): boolean {
  return vault !== from && into?.includes(vault) !== false;
}

function nothingToDo(states: readonly AskedState[] | undefined): string {
  if (states === undefined) return 'Every vault has what it should have.';
  const ids = [...new Set(states.map(({ id }) => id.slice(0, 8)))].join(', ');
  return `Every vault that it was to go to has ${ids} already.`;
}
