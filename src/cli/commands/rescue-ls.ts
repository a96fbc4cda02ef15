/** `lifeboat rescue ls`: what a snapshot holds, without a plan. */
import { snapshotOption, vaultAlone, vaultAloneOption } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { listEntries, listOptions, pathArgument } from '../list-entries.ts';

export const rescueLs: Command = {
  description: 'Lists what a snapshot holds, with nothing but the location of its vault and a key.',
  arguments: [pathArgument],
  options: [vaultAloneOption, snapshotOption, ...listOptions],
  examples: [
    { line: 'lifeboat rescue ls --vault /mnt/usb/vault', says: 'the newest snapshot' },
    {
      line: 'lifeboat rescue ls /srv --vault /mnt/usb/vault --snapshot 1a2b3c4d -l',
      says: 'a folder of another',
    },
  ],
  whenNobodyReads: 'stop',
  run: async (context, input) =>
    listEntries(context, vaultAlone(input), input, input.value('--snapshot') ?? 'latest'),
};
