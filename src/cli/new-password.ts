/** A password for a new key: from the environment, from a file, or typed twice. */
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findPassword, passwordVariable } from '../config/password.ts';
import { resolveSecret } from '../config/resolve-secret.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { SecretReference } from '../plan/secret-reference.ts';
import { randomBytes } from '../platform/random.ts';
import type { CliContext } from './cli-context.ts';
import { makeSecretFile } from './secret-file.ts';

/** As strong as the key that it opens. */
const generatedBytes = 32;

/** Where the plan says that the password of a vault is. Relative paths in it count from `folder`. */
export interface PlannedPassword {
  readonly reference?: SecretReference;
  readonly folder: string;
}

export interface NewPassword {
  readonly password: string;
  /** The file that was made for it. */
  readonly madeFile?: string;
}

/**
 * For a new vault. A `keyFile` wins over the environment, and that over the plan. A file that is not there is made, with
 * a new password.
 */
export async function newPassword(
  context: CliContext,
  keyFile: string | undefined,
  planned: PlannedPassword,
): Promise<NewPassword> {
  const made = await passwordFrom(context, keyFile, planned);
  context.output.hide(made.password);
  return made;
}

/** For one more key of a vault: the environment's password opens the vault and does not count here. `option` names the file. */
export async function passwordOfNewKey(
  context: CliContext,
  file: string | undefined,
  option = '--new-password-file',
): Promise<string> {
  const password =
    file === undefined
      ? await typedTwice(context, `Give ${option} FILE, a file that holds it.`)
      : await fromFile(context, file, option);
  context.output.hide(password);
  return password;
}

/** 256 bits that no person has to type. */
export function generatedPassword(): string {
  return randomBytes(generatedBytes).toString('base64url');
}

async function passwordFrom(
  context: CliContext,
  keyFile: string | undefined,
  { reference, folder }: PlannedPassword,
): Promise<NewPassword> {
  const { signal } = context;
  if (keyFile !== undefined) return await fromKeyFile(context, keyFile);
  if (passwordVariable() !== undefined)
    return await findPassword({ location: 'to be made', folder: context.folder, signal });
  if (reference === undefined) return { password: await typedTwice(context, environmentHint) };
  if (reference.kind === 'file') return await fromKeyFile(context, resolve(folder, reference.path));
  return { password: await resolveSecret(reference, { folder, name: 'the password of the vault', signal }) };
}

async function fromKeyFile(context: CliContext, keyFile: string): Promise<NewPassword> {
  const path = resolve(context.folder, keyFile);
  if (await isThere(path)) return { password: await fromFile(context, path, '--key-file') };
  const password = generatedPassword();
  await makeSecretFile(path, password);
  await context.output.text(
    `wrote a new password to ${path}: LIFEBOAT_PASSWORD_FILE=${path} opens the vault`,
  );
  return { password, madeFile: path };
}

async function fromFile({ folder, signal }: CliContext, path: string, name: string): Promise<string> {
  return await resolveSecret({ kind: 'file', path }, { folder, name, signal });
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

const environmentHint = 'Set LIFEBOAT_PASSWORD_FILE to a file that holds it; `--help` names the other ways.';

async function typedTwice({ askSecret }: CliContext, hint: string): Promise<string> {
  if (askSecret === undefined)
    throw new LifeboatError('USAGE', 'no password is given, and there is no terminal to ask on', { hint });
  const first = await askSecret('New password: ');
  const again = await askSecret('The same again: ');
  if (first !== '' && first === again) return first;
  throw new LifeboatError('USAGE', first === '' ? 'the password is empty' : 'the two passwords differ', {
    hint: 'Run the command again and type the same password twice.',
  });
}
