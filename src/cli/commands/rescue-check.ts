/** `lifeboat rescue check`: the check without a plan. */
import { checkOptions, checkVault } from '../check-vault.ts';
import { vaultAlone, vaultAloneOption } from '../choose-vault.ts';
import type { Command } from '../command.ts';

export const rescueCheck: Command = {
  description:
    'Looks for damage in a vault, with nothing but its location and a key. Also on a read-only copy.',
  options: [vaultAloneOption, ...checkOptions],
  examples: [{ line: 'lifeboat rescue check --vault /mnt/usb/vault --read-data', says: 'every byte' }],
  run: async (context, input) => checkVault(context, vaultAlone(input), input, { keepsRecord: false }),
};
