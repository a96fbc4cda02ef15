/** `lifeboat key remove`: a password opens the vault no longer. */

import { hasCode } from '../../error/lifeboat-error.ts';
import type { Vault } from '../../vault/vault.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { neverAsksOption } from '../confirm.ts';
import { mayHaveMasterKey } from '../keys/master-key-note.ts';
import { recordedKeys } from '../lost-parts.ts';
import { recordKey } from '../record-vault-event.ts';

export const keyRemove: Command = {
  description:
    'Removes a key. The one that opened the vault now cannot be removed, so that a way in stays. Whoever ' +
    'opened the vault before may have kept the master key: move to a new vault when that is a danger.',
  arguments: [{ name: 'ID', description: 'the id of the key or its beginning, from `lifeboat key list`' }],
  options: [...vaultOptions, neverAsksOption],
  examples: [{ line: 'lifeboat key remove 1a2b3c4d', says: 'take a password away' }],
  run: async (context, input) => {
    await using vault = await context.openVault(await chooseVault(context, input));
    const id = input.required('ID');
    const removed = await removeKey(vault, id, context.signal);
    await recordKey(context, vault, { action: 'remove', keyId: removed });
    await context.output.text(`removed key ${id}`);
    context.output.note(mayHaveMasterKey);
    return { summary: { removed: id, note: mayHaveMasterKey } };
  },
};

/** One that is gone already, past the records, needs only the record. Raises KEY_NOT_FOUND. */
async function removeKey(vault: Vault, begin: string, signal: AbortSignal): Promise<string> {
  try {
    return await vault.repository.removeKey(begin, signal);
  } catch (error) {
    if (!hasCode(error, 'KEY_NOT_FOUND') || begin === '') throw error;
    const there = new Set((await vault.repository.keys(signal)).map(({ id }) => id));
    const { records } = await vault.records(signal);
    const [id, ...more] = recordedKeys(records).filter((each) => each.startsWith(begin) && !there.has(each));
    if (id === undefined || more.length > 0) throw error;
    return id;
  }
}
