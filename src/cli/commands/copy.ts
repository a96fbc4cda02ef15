/** `lifeboat copy`: brings every vault of the plan the points that it should have and does not. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import type { Input } from '../input.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { type CopySystemRequest, copySystem, type SystemCopy } from '../plan/copy-system.ts';
import { newRun } from '../plan/new-run.ts';
import { endOf, reportCopy } from '../plan/plan-backup.ts';
import { chosenSystems, openPlan, type PlanSession } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';

export const copy: Command<AppContext> = {
  description:
    'Brings every vault of the plan the points that it should have and does not: the newest, and those that its own ' +
    'retention keeps. The vault that a point comes from is read once for all that need it; everything is proven by ' +
    'its hash on the way, sealed under the key of the other vault, and read back there. Backups do this by themselves; ' +
    'the command makes up for a vault that was away. With --point it copies just that point. Exit code 3 when a ' +
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
    await using vaults = openPlanVaults(context, session);
    const run = newRun(context, session, 'manual');
    const choice = choiceOf(session, input);
    const copies: SystemCopy[] = [];
    for (const system of systems) {
      for (const one of await copySystem(context, { session, vaults, run, ...choice.request }, system)) {
        copies.push(one);
        await reportCopy(context, one);
      }
    }
    choice.requireFound();
    if (copies.length === 0) await context.output.text('Every vault has what it should have.');
    const { error } = endOf(copies, 'copies');
    const points = copies.reduce((sum, { copied }) => sum + copied.length, 0);
    const failed = copies.filter((one) => one.error !== undefined).length;
    return { summary: { vaults: copies.length, points, failed }, ...(error === undefined ? {} : { error }) };
  },
};

interface Choice {
  readonly request: Pick<CopySystemRequest, 'from' | 'into' | 'asked'>;
  /** Raises SNAPSHOT_NOT_FOUND for a point that no vault has. */
  readonly requireFound: () => void;
}

function choiceOf({ plan }: PlanSession, input: Input): Choice {
  const from = input.value('--from');
  const into = input.values('--to');
  const ids = input.values('--point');
  for (const name of [...into, ...(from === undefined ? [] : [from])]) {
    if (plan.vaults.some((vault) => vault.name === name)) continue;
    throw new LifeboatError('USAGE', `the plan has no vault "${name}"`, {
      hint: `It has: ${plan.vaults.map((vault) => vault.name).join(', ')}.`,
    });
  }
  const found = new Set<string>();
  const asked = ({ id }: RecoveryPoint): boolean => {
    const matching = ids.filter((begin) => id.startsWith(begin));
    for (const begin of matching) found.add(begin);
    return matching.length > 0;
  };
  return {
    request: {
      ...(from === undefined ? {} : { from }),
      ...(into.length === 0 ? {} : { into }),
      ...(ids.length === 0 ? {} : { asked }),
    },
    requireFound: () => {
      const missing = ids.find((id) => !found.has(id));
      if (missing === undefined) return;
      throw new LifeboatError(
        'SNAPSHOT_NOT_FOUND',
        `no vault has a point whose id begins with "${missing}" and that is not in the others yet`,
        { hint: 'Run `lifeboat points` to see the ids.' },
      );
    },
  };
}
