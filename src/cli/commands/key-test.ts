/** `lifeboat key test`: shows that a key opens the vault, before the day when it must. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { vaultOptions } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import type { Input } from '../input.ts';
import { type GivenKey, givenKey, givenKeyOptions, openingKeyId, openWith } from '../keys/given-key.ts';
import { recordKeyTest } from '../record-vault-event.ts';
import { asTypedKey } from '../recovery-key.ts';
import { shortId } from '../snapshot-text.ts';

export const keyTest: Command = {
  description:
    'Opens a vault with a key for no other purpose than to know that it does, and writes that into the vault. Fetch the paper ' +
    'from where it is kept and type it: that is the test that counts. Until a recovery key was tested, and again after 180 ' +
    'days, `status`, `backup` and `run-due` ask for it.',
  options: [
    ...vaultOptions,
    ...givenKeyOptions,
    {
      flag: '--configured',
      description: 'test the password that backups use; it is no proof of the recovery key',
    },
  ],
  examples: [
    { line: 'lifeboat key test', says: 'type the recovery key from the paper' },
    {
      line: 'lifeboat key test --share-file a.txt --share-file b.txt --share-file c.txt',
      says: 'shares from three people',
    },
  ],
  run: async (context, input) => {
    const key = await keyToTest(context, input);
    await using vault = await openWith(context, input, key);
    // opened is not yet read: something sealed must come back as well
    const { records } = await vault.records(context.signal);
    const keyId = await openingKeyId(vault, context.signal);
    const isRecoveryKey = key.password !== undefined && asTypedKey(key.password) !== undefined;
    await recordKeyTest(context, vault, { keyId, isRecoveryKey, form: key.form });
    // so that what this machine knows of the vault has the test as well
    if (vault.file !== undefined) await vault.records(context.signal);
    const what = isRecoveryKey ? 'the recovery key' : 'the key';
    await context.output.text(
      `${what} ${shortId(keyId)} opens the vault ${vault.location}, and ${records.length} records with it`,
    );
    if (vault.file === undefined)
      context.output.note('this is a plain repository: it keeps no record of the test');
    else if (!isRecoveryKey)
      context.output.note('this was a password; the recovery key is still to be tested');
    return {
      summary: {
        key: keyId,
        recovery_key: isRecoveryKey,
        form: key.form,
        recorded: vault.file !== undefined,
      },
    };
  },
};

async function keyToTest(context: CliContext, input: Input): Promise<GivenKey> {
  if (!input.has('--configured')) return await givenKey(context, input, 'Recovery key, or a password: ');
  if (input.value('--recovery-key-file') === undefined && input.values('--share-file').length === 0)
    return { form: 'configured' };
  throw new LifeboatError('USAGE', '--configured and a key that is given contradict each other', {
    hint: 'Give one of them.',
  });
}
