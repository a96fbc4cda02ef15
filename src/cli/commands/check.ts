/** `lifeboat check`: is everything in the vault there and sound? */
import { checkOptions, checkVault, rollingOptions, rollingWithinOf } from '../check-vault.ts';
import type { Command } from '../command.ts';
import { eachVaultOptions, onEachVault, vaultsMeant } from '../each-vault.ts';

export const check: Command = {
  description:
    'Looks for damage in every vault of the plan: keys, index, snapshots and folders, and on demand the bytes of the data themselves. ' +
    'Every finding names the object. `lifeboat repair heal` mends what another vault still has. Damage ends with exit code 13, and until the points are read back again ' +
    '`lifeboat status` counts none of the vault.',
  options: [...eachVaultOptions, ...checkOptions, ...rollingOptions],
  examples: [
    { line: 'lifeboat check', says: 'the structure, in seconds' },
    { line: 'lifeboat check --read-data', says: 'every byte of every vault, which some stores charge for' },
    { line: 'lifeboat check --read-data --vault away', says: 'every byte of one vault' },
    {
      line: 'lifeboat check --rolling',
      says: 'what is due today, so that every byte is read within 30 days',
    },
    { line: 'lifeboat check --subset 1/7', says: 'a seventh of the data each day of the week' },
  ],
  run: async (context, input) => {
    const vaults = await vaultsMeant(context, input, input.value('--vault'));
    return await onEachVault(context, vaults, async (each, request) => {
      const rollingWithinMs = rollingWithinOf(input, request);
      return await checkVault(each, request, input, {
        keepsRecord: true,
        ...(rollingWithinMs === undefined ? {} : { rollingWithinMs }),
      });
    });
  },
};
