/** `lifeboat key remove`: a password opens the vault no longer. */
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { mayHaveMasterKey } from '../keys/master-key-note.ts';
import { recordKey } from '../record-vault-event.ts';

export const keyRemove: Command = {
  description:
    'Removes a key. The one that opened the vault now cannot be removed, so that a way in stays. Whoever ' +
    'opened the vault before may have kept the master key: move to a new vault when that is a danger.',
  arguments: [{ name: 'ID', description: 'the id of the key or its beginning, from `lifeboat key list`' }],
  options: vaultOptions,
  examples: [{ line: 'lifeboat key remove 1a2b3c4d', says: 'take a password away' }],
  run: async (context, input) => {
    await using vault = await context.openVault(await chooseVault(context, input));
    const id = input.required('ID');
    const removed = await vault.repository.removeKey(id, context.signal);
    await recordKey(context, vault, { action: 'remove', keyId: removed });
    await context.output.text(`removed key ${id}`);
    context.output.note(mayHaveMasterKey);
    return { summary: { removed: id, note: mayHaveMasterKey } };
  },
};
