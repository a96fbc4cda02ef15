/** `lifeboat unlock`: removes locks that processes left behind. */
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { neverAsksOption } from '../confirm.ts';
import { plural } from '../quantity-text.ts';

export const unlock: Command = {
  description:
    'Removes locks whose owner is certainly gone: a dead process of this machine, or a lock that nobody ' +
    'refreshed for 30 minutes. Commands do this by themselves; --all is for locks of other machines.',
  options: [
    ...vaultOptions,
    { flag: '--all', description: 'remove every lock, also those of live processes' },
    neverAsksOption,
  ],
  examples: [
    { line: 'lifeboat unlock', says: 'what is certainly stale' },
    { line: 'lifeboat unlock --all', says: 'everything; make sure that nothing else uses the vault' },
  ],
  run: async (context, input) => {
    const { output, signal } = context;
    await using vault = await context.openVault(await chooseVault(context, input));
    const removed = await vault.repository.unlock(input.has('--all'), signal);
    const what = removed === 0 ? 'no lock was removed' : `removed ${plural(removed, 'lock')}`;
    await output.text(`${what} (${vault.location})`);
    return { summary: { removed } };
  },
};
