/** `lifeboat dump`: the bytes of one file. */
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';

export const dump: Command = {
  description: 'Prints the content of one file of a snapshot to standard output, byte by byte as it was.',
  arguments: [
    { name: 'SNAPSHOT', description: 'an id, the beginning of one, or latest' },
    { name: 'PATH', description: 'the full path of a file, as `lifeboat ls` shows it' },
  ],
  options: vaultOptions,
  examples: [
    { line: 'lifeboat dump latest /etc/fstab', says: 'look at a file' },
    { line: 'lifeboat dump 1a2b3c4d /srv/orders.db > orders.db', says: 'get a file back' },
  ],
  whenNobodyReads: 'stop',
  run: async (context, input) => {
    const { output, signal } = context;
    await using vault = await context.openVault(await chooseVault(context, input));
    const snapshot = await vault.repository.snapshot(input.required('SNAPSHOT'), {}, signal);
    let bytes = 0;
    for await (const chunk of vault.repository.dump(snapshot, input.required('PATH'), signal)) {
      signal.throwIfAborted();
      bytes += chunk.length;
      if (output.json) await output.result({ type: 'data', base64: chunk.toString('base64') });
      else await output.bytes(chunk);
    }
    return { summary: { snapshot: snapshot.id, path: input.required('PATH'), bytes } };
  },
};
