/** `lifeboat key wrap`: a password as only a key service can read it, for `${kms:path}` in a plan. */
import { resolve } from 'node:path';
import { findPassword } from '../../config/password.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import type { Input } from '../input.ts';
import { makeSecretFile, requireAbsent } from '../secret-file.ts';

export const keyWrap: Command = {
  description:
    'Wraps the password of a vault with a key of AWS KMS and writes it to a new file. The plan then says `${kms:FILE}`: the file is ' +
    'worth nothing to whoever may not ask the service. The password must open the vault, and the file is unwrapped once to ' +
    'prove it. The recovery key must not depend on the service: keep it on paper.',
  options: [
    ...vaultOptions,
    { flag: '--kms', value: 'KEY_ID', description: 'the id, ARN or alias of the key' },
    { flag: '--out', value: 'FILE', description: 'write the wrapped password to a new FILE' },
  ],
  examples: [
    {
      line: 'lifeboat key wrap --kms alias/backup --out here.kms',
      says: 'then `password: ${kms:here.kms}` in the plan',
    },
  ],
  run: async (context, input) => {
    const { output, signal } = context;
    const keyId = needed(input, '--kms', 'the key of the service');
    const out = resolve(context.folder, needed(input, '--out', 'the file to be made'));
    await requireAbsent(out);
    const password = await passwordOf(context, input);
    await using vault = await context.openVault({ ...(await chooseVault(context, input)), password });
    const { unwrapSecret, wrapSecret } = await import('../../config/kms.ts');
    const wrapped = await wrapSecret(password, keyId, signal);
    if ((await unwrapSecret(Buffer.from(wrapped), out, signal)) !== password)
      throw new LifeboatError(
        'SECRET_UNAVAILABLE',
        'the key service gave back something else than it was given',
        {
          hint: 'Nothing was written. Try again, or use another key.',
        },
      );
    await makeSecretFile(out, wrapped.trimEnd());
    await output.text(`wrote ${out}: \`password: \${kms:${out}}\` in the plan opens ${vault.location}`);
    return { summary: { file: out, kms_key: keyId, vault: vault.id } };
  },
};

async function passwordOf(context: CliContext, input: Input): Promise<string> {
  const { folder, signal, askSecret, output } = context;
  const { location, passwordReference: reference, folder: planFolder } = await chooseVault(context, input);
  const { password } = await findPassword({
    location,
    folder,
    signal,
    ...(reference === undefined ? {} : { fromPlan: { reference, folder: planFolder ?? folder } }),
    ...(askSecret === undefined ? {} : { ask: askSecret }),
  });
  output.hide(password);
  return password;
}

function needed(input: Input, flag: string, what: string): string {
  const value = input.value(flag);
  if (value !== undefined && value !== '') return value;
  throw new LifeboatError('USAGE', `it is not said what ${what} is`, { hint: `Give ${flag}.` });
}
