/** `lifeboat key add`: one more password, or a new recovery key. */
import { resolve } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import type { Input } from '../input.ts';
import { passwordOfNewKey } from '../new-password.ts';
import { recordKey } from '../record-vault-event.ts';
import { newRecoveryKey } from '../recovery-key.ts';
import { makeSecretFile, requireAbsent } from '../secret-file.ts';
import { shortId } from '../snapshot-text.ts';
import { keyRecord } from './key-list.ts';

export const keyAdd: Command = {
  description:
    'Adds a password that opens the vault. The new one is typed twice or read from a file; the one in ' +
    'LIFEBOAT_PASSWORD and its relatives only opens the vault.',
  options: [
    ...vaultOptions,
    { flag: '--new-password-file', value: 'FILE', description: 'read the new password from FILE' },
    {
      flag: '--recovery-key-file',
      value: 'FILE',
      description: 'make a further recovery key instead and write it to a new FILE',
    },
  ],
  examples: [
    { line: 'lifeboat key add --vault /mnt/backup/vault', says: 'ask for the new password' },
    {
      line: 'lifeboat key add --recovery-key-file ~/recovery-key',
      says: 'when the old recovery key is lost',
    },
  ],
  run: async (context, input) => {
    const { output, signal } = context;
    const recoveryFile = recoveryFileOf(context, input);
    if (recoveryFile !== undefined) await requireAbsent(recoveryFile);
    await using vault = await context.openVault(await chooseVault(context, input));
    const password =
      recoveryFile === undefined
        ? await passwordOfNewKey(context, input.value('--new-password-file'))
        : newRecoveryKey();
    output.hide(password);
    // the file first: a key that nobody has would be one more way in for nobody
    if (recoveryFile !== undefined) await makeSecretFile(recoveryFile, password);
    const key = await vault.repository.addKey(password, signal);
    const purpose = recoveryFile === undefined ? 'password' : 'recovery';
    await recordKey(context, vault, { action: 'add', keyId: key.id, purpose });
    await output.result(keyRecord(key), `added key ${shortId(key.id)}`);
    if (recoveryFile !== undefined) {
      await output.text(`the recovery key is in ${recoveryFile}: keep it somewhere else`);
      await output.text('next: print it, then `lifeboat key test`, typing it from the paper');
    }
    return { summary: { key: key.id } };
  },
};

function recoveryFileOf({ folder }: CliContext, input: Input): string | undefined {
  const file = input.value('--recovery-key-file');
  if (file === undefined) return undefined;
  if (input.value('--new-password-file') === undefined) return resolve(folder, file);
  throw new LifeboatError('USAGE', '--new-password-file and --recovery-key-file contradict each other', {
    hint: 'Give one of them.',
  });
}
