/** `lifeboat rescue snapshots`: what there is to go back to, without a plan. */
import { vaultAlone, vaultAloneOption } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { listSnapshots } from '../list-snapshots.ts';
import { filterOptions } from '../snapshot-filter.ts';

export const rescueSnapshots: Command = {
  description: 'Lists what a vault holds, with nothing but its location and a key.',
  options: [vaultAloneOption, ...filterOptions],
  examples: [{ line: 'lifeboat rescue snapshots --vault /mnt/usb/vault', says: 'oldest first' }],
  whenNobodyReads: 'stop',
  run: async (context, input) => listSnapshots(context, vaultAlone(input), input),
};
