/** `lifeboat check`: is everything in the vault there and sound? */
import { checkOptions, checkVault } from '../check-vault.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';

export const check: Command = {
  description:
    'Looks for damage: keys, index, snapshots and folders, and on demand the bytes of the data themselves. ' +
    'Every finding names the object. Damage ends with exit code 13, and until the points are read back again ' +
    '`lifeboat status` counts none of the vault.',
  options: [...vaultOptions, ...checkOptions],
  examples: [
    { line: 'lifeboat check', says: 'the structure, in seconds' },
    { line: 'lifeboat check --read-data', says: 'every byte' },
    { line: 'lifeboat check --subset 1/7', says: 'a seventh of the data each day of the week' },
  ],
  run: async (context, input) =>
    checkVault(context, await chooseVault(context, input), input, { keepsRecord: true }),
};
