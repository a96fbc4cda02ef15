/** `lifeboat ls`: what a snapshot holds. */
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { listEntries, listOptions, pathArgument } from '../list-entries.ts';

export const ls: Command = {
  description: 'Lists what a snapshot holds, with full paths.',
  arguments: [
    { name: 'SNAPSHOT', description: 'an id, the beginning of one, or latest (default)', kind: 'optional' },
    pathArgument,
  ],
  options: [...vaultOptions, ...listOptions],
  examples: [
    { line: 'lifeboat ls latest /srv/uploads --long', says: 'a folder of the newest snapshot' },
    { line: 'lifeboat ls 1a2b3c4d --direct', says: 'the top of an older one' },
  ],
  whenNobodyReads: 'stop',
  run: async (context, input) =>
    listEntries(context, await chooseVault(context, input), input, input.argument('SNAPSHOT') ?? 'latest'),
};
