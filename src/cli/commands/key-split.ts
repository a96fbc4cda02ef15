/** `lifeboat key split`: a recovery key as shares, any n of which make it up again. */
import { resolve } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { splitSecret } from '../../seal/key-shares.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import type { Input } from '../input.ts';
import { givenKey, givenKeyOptions, openWith } from '../keys/given-key.ts';
import { handOutShares } from '../keys/hand-out-shares.ts';
import { recordKey } from '../record-vault-event.ts';
import { bytesOfKey, newRecoveryKey } from '../recovery-key.ts';

const sharesDefault = 5;
const neededDefault = 3;

export const keySplit: Command = {
  description:
    'Splits a recovery key into shares for several people: any n of the m put it together again, fewer learn nothing. The key must ' +
    'open the vault. The shares go into text files that only their owner reads, to be printed and deleted, or are shown on the ' +
    'terminal one at a time. The key itself stays as it is.',
  options: [
    ...vaultOptions,
    { flag: '--shares', value: 'M', description: `how many are made (default: ${sharesDefault})` },
    { flag: '--needed', value: 'N', description: `how many are needed (default: ${neededDefault})` },
    { flag: '--out', value: 'DIR', description: 'write them into DIR, which is made if it is not there' },
    ...givenKeyOptions,
    { flag: '--new', description: 'make a further recovery key that exists as shares only' },
  ],
  examples: [
    {
      line: 'lifeboat key split --shares 5 --needed 3 --out shares',
      says: 'three of five people are enough',
    },
    { line: 'lifeboat key split --new', says: 'show a new key in shares, one at a time' },
  ],
  run: async (context, input) => {
    const shares = countOf(input, '--shares', sharesDefault);
    const needed = countOf(input, '--needed', neededDefault);
    const out = outOf(context, input);
    const isNew = input.has('--new');
    if (isNew && givenKeyOptions.some(({ flag }) => input.has(flag)))
      throw usage('--new and a key that is given contradict each other', 'Give one of them.');
    const given = isNew ? undefined : await givenKey(context, input, 'Recovery key: ');
    const key = given?.password ?? newRecoveryKey();
    context.output.hide(key);
    const secret = bytesOfKey(key);
    if (secret === undefined)
      throw usage(
        'this is no recovery key',
        'A password cannot be split; make a recovery key with `lifeboat key split --new`.',
      );
    await using vault = await openWith(
      context,
      await chooseVault(context, input),
      isNew ? { form: 'configured' } : { form: 'typed', password: key },
    );
    const printed = await splitSecret({ secret, vaultId: vault.id, shares, needed });
    for (const text of printed) context.output.hide(text);
    // the shares first: a key that nobody has would be one more way in for nobody
    const files = await handOutShares(context, {
      printed,
      needed,
      vaultId: vault.id,
      location: vault.location,
      ...(out === undefined ? {} : { out }),
    });
    if (isNew) {
      const added = await vault.repository.addKey(key, context.signal);
      await recordKey(context, vault, { action: 'add', keyId: added.id, purpose: 'recovery' });
    }
    await context.output.text(
      `next: \`lifeboat key test --share-file …\` with ${needed} of them, before they go to their people`,
    );
    return { summary: { shares, needed, vault: vault.id, files, new_key: isNew } };
  },
};

function countOf(input: Input, flag: string, byDefault: number): number {
  const text = input.value(flag);
  if (text === undefined) return byDefault;
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw usage(`${flag} ${text} is no number`, 'Give a whole number, such as 5.');
}

function outOf({ folder, output, askSecret }: CliContext, input: Input): string | undefined {
  const out = input.value('--out');
  if (out !== undefined) return resolve(folder, out);
  if (output.showsSecrets && !output.json && askSecret !== undefined) return undefined;
  throw usage('shares are shown on a terminal only, and this is none', 'Give --out DIR.');
}

function usage(message: string, hint: string): LifeboatError {
  return new LifeboatError('USAGE', message, { hint });
}
