/** `lifeboat forget`: gives up the recovery points that retention no longer keeps, or those that are named. */

import { vaultOptions } from '../choose-vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { clearSuspicion } from '../retention/clear-suspicion.ts';
import { forgetByPlan, forgetByRules, forgetNamed } from '../retention/forget.ts';
import { groupOption, policyOptions } from '../retention/policy-options.ts';
import { placeOf } from '../retention/searched-vaults.ts';
import { filterOptions } from '../snapshot-filter.ts';

export const forget: Command<AppContext> = {
  description:
    'Gives up recovery points. Under a plan by its retention, in all vaults or in --vault; without one by the rules ' +
    'given here, as restic does. --preview says for each point whether it stays, and why. What is held never goes, nor ' +
    'the newest proven point; while something looks like ransomware nothing does. `lifeboat prune` then removes the bytes.',
  arguments: [{ name: 'SYSTEM', kind: 'any', description: 'only these systems of the plan' }],
  options: [
    ...vaultOptions,
    { flag: '--preview', description: 'show what would go, and change nothing' },
    { flag: '--yes', description: 'do not ask; for scripts and schedules' },
    {
      flag: '--point',
      value: 'ID',
      description: 'give up this point, whatever retention says',
      repeatable: true,
    },
    { flag: '--why', value: 'TEXT', description: 'the reason; it is kept in the vault' },
    { flag: '--clear-suspicion', value: 'SYSTEM', description: 'somebody looked: retention may go on' },
    ...policyOptions,
    groupOption,
    ...filterOptions,
  ],
  examples: [
    { line: 'lifeboat forget --preview', says: 'every point, kept or dropped, and why' },
    { line: 'lifeboat forget --yes', says: 'the retention of the plan, from a script' },
    {
      line: 'lifeboat forget --vault /mnt/backup --keep-daily 7 --keep-monthly 12',
      says: "any restic repository, by restic's rules",
    },
    { line: 'lifeboat forget --point 1f2e3d4c --why "holds a secret"', says: 'one point' },
  ],
  run: async (context, input) => {
    const cleared = input.value('--clear-suspicion');
    if (cleared !== undefined) return await clearSuspicion(context, input, cleared);
    if (input.values('--point').length > 0) return await forgetNamed(context, input);
    const place = await placeOf(context, input);
    return place.session === undefined
      ? await forgetByRules(context, input, place.request)
      : await forgetByPlan(context, input, place.session, place.vault);
  },
};
