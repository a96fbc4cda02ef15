/** `lifeboat key test`: shows that a key opens the vault, before the day when it must. */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { CliContext, VaultRequest } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { eachVaultOptions, onEachVault, vaultsMeant } from '../each-vault.ts';
import type { Input } from '../input.ts';
import { type GivenKey, givenKey, givenKeyOptions, openingKeyId, openWith } from '../keys/given-key.ts';
import { recordKeyTest } from '../record-vault-event.ts';
import { asTypedKey } from '../recovery-key.ts';
import { shortId } from '../snapshot-text.ts';

export const keyTest: Command = {
  description:
    'Opens a vault with a key for no other purpose than to know that it does, and writes that into the vault. Fetch the paper ' +
    'from where it is kept and type it: that is the test that counts. Without --vault the key is tried on every vault of the plan; those that it ' +
    'does not open are named, because they have keys of their own. Until a recovery key was tested, and again after 180 ' +
    'days, `status`, `backup` and `run-due` ask for it.',
  options: [
    ...eachVaultOptions,
    ...givenKeyOptions,
    {
      flag: '--configured',
      description: 'test the password of each vault that backups use; it is no proof of the recovery key',
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
    const vaults = await vaultsMeant(context, input, input.value('--vault'));
    const shut: string[] = [];
    const end = await onEachVault(context, vaults, async (each, request, name) => {
      try {
        return await testIn(each, request, key);
      } catch (error) {
        // vaults seldom share a recovery key: one that is given belongs to one of them
        if (vaults.length === 1 || key.password === undefined) throw error;
        if (!hasCode(error, 'WRONG_PASSWORD', 'KEY_SHARES_INVALID')) throw error;
        shut.push(name);
        const text = each.output.style.dim('not opened by this key');
        await each.output.result({ type: 'not-opened' }, text);
        return { summary: { tested: false } };
      }
    });
    return tellShut(context, end, vaults.length, shut);
  },
};

async function testIn(context: CliContext, request: VaultRequest, key: GivenKey): Promise<CommandEnd> {
  await using vault = await openWith(context, request, key);
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
  else if (!isRecoveryKey) context.output.note('this was a password; the recovery key is still to be tested');
  return {
    summary: {
      key: keyId,
      recovery_key: isRecoveryKey,
      form: key.form,
      recorded: vault.file !== undefined,
    },
  };
}

/** A key that opens one of the vaults has passed; which ones it did not open is said, so that nobody takes them for tested. */
function tellShut(
  { output }: CliContext,
  { summary, error }: CommandEnd,
  count: number,
  names: readonly string[],
): CommandEnd {
  if (names.length === 0) return error === undefined ? { summary } : { summary, error };
  const facts = { ...summary, not_tested: names };
  if (error !== undefined) return { summary: facts, error };
  if (names.length === count) return { summary: facts, error: opensNone(count) };
  const [first] = names;
  output.note(
    `not tested: ${names.join(', ')}. Give the key of each as well: lifeboat key test --vault ${first}`,
  );
  return { summary: facts };
}

function opensNone(count: number): LifeboatError {
  return new LifeboatError('WRONG_PASSWORD', `this key opens none of the ${count} vaults of the plan`, {
    hint: 'See that it was typed as it is on the paper, and that the paper is of one of these vaults.',
  });
}

async function keyToTest(context: CliContext, input: Input): Promise<GivenKey> {
  if (!input.has('--configured')) return await givenKey(context, input, 'Recovery key, or a password: ');
  if (input.value('--recovery-key-file') === undefined && input.values('--share-file').length === 0)
    return { form: 'configured' };
  throw new LifeboatError('USAGE', '--configured and a key that is given contradict each other', {
    hint: 'Give one of them.',
  });
}
