/** `lifeboat snapshots`: what a vault holds, oldest first. */
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { listSnapshots } from '../list-snapshots.ts';
import { filterOptions } from '../snapshot-filter.ts';

export const snapshots: Command = {
  description:
    'Lists the snapshots of a vault, oldest first. `latest` names the last one in other commands. Where the terminal is too ' +
    'narrow, it leaves out the tags of plan and run, then the host, then all tags, then the middle of long paths.',
  options: [...vaultOptions, ...filterOptions],
  examples: [
    { line: 'lifeboat snapshots', says: "of the plan's primary vault" },
    { line: 'lifeboat snapshots --vault /mnt/backup/vault --tag system:orders-db', says: 'of one system' },
  ],
  whenNobodyReads: 'stop',
  run: async (context, input) => listSnapshots(context, await chooseVault(context, input), input),
};
