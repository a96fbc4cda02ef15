/** `lifeboat key combine`: the recovery key from its shares. */
import { resolve } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import type { Input } from '../input.ts';
import { openingKeyId, openWith } from '../keys/given-key.ts';
import { keyFromShares } from '../keys/given-shares.ts';
import { recordKeyTest } from '../record-vault-event.ts';
import { makeSecretFile, requireAbsent } from '../secret-file.ts';
import { shortId } from '../snapshot-text.ts';

export const keyCombine: Command = {
  description:
    'Puts a recovery key together from its shares, opens the vault with it to prove that it is the right one, and writes it to a new ' +
    'file or shows it once. A share with a mistake in it is named. Without files the shares are asked for.',
  options: [
    ...vaultOptions,
    { flag: '--share-file', value: 'FILE', description: 'a share is in FILE', repeatable: true },
    { flag: '--out', value: 'FILE', description: 'write the recovery key to a new FILE' },
  ],
  examples: [
    {
      line: 'lifeboat key combine --vault /mnt/backup/vault --share-file a.txt --share-file b.txt --share-file c.txt --out key',
      says: 'from files',
    },
    { line: 'lifeboat key combine --vault /mnt/backup/vault', says: 'type the shares, see the key' },
  ],
  run: async (context, input) => {
    const { output, signal } = context;
    const out = outOf(context, input);
    if (out !== undefined) await requireAbsent(out);
    const { password, share } = await keyFromShares(context, input.values('--share-file'));
    output.hide(password);
    const request = await chooseVault(context, input);
    await using vault = await openWith(context, request, { form: 'shares', password, share });
    const keyId = await openingKeyId(vault, signal);
    if (out !== undefined) await makeSecretFile(out, password);
    await output.text(`the shares make up key ${shortId(keyId)}, which opens the vault ${vault.location}`);
    if (out === undefined) output.showSecret(password);
    else await output.text(`the recovery key is in ${out}: delete the file when it is not needed any more`);
    // after the key was handed over: a vault that takes no record must not cost it
    await recordKeyTest(context, vault, { keyId, isRecoveryKey: true, form: 'shares' });
    return { summary: { key: keyId, vault: vault.id, file: out ?? null } };
  },
};

function outOf({ folder, output }: CliContext, input: Input): string | undefined {
  const out = input.value('--out');
  if (out !== undefined) return resolve(folder, out);
  if (output.showsSecrets && !output.json) return undefined;
  throw new LifeboatError('USAGE', 'a key is shown on a terminal only, and this is none', {
    hint: 'Give --out FILE.',
  });
}
