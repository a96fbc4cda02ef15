/** `lifeboat key rotate`: a new password in place of the one that opens the vault now. */
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findPassword, passwordVariable } from '../../config/password.ts';
import { resolveSecret } from '../../config/resolve-secret.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { formatSecretReference, type SecretReference } from '../../plan/secret-reference.ts';
import { absolutePath } from '../../platform/absolute-path.ts';
import type { Vault } from '../../vault/vault.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { CliContext, VaultRequest } from '../cli-context.ts';
import type { Command } from '../command.ts';
import type { Input } from '../input.ts';
import { mayHaveMasterKey } from '../keys/master-key-note.ts';
import { switchFile, waitingFile, whyNotOurs } from '../keys/password-file.ts';
import { type Rotation, rotatePasswords } from '../keys/rotate-passwords.ts';
import { vaultsLeft, vaultsOfFile } from '../keys/vaults-of-file.ts';
import { generatedPassword, passwordOfNewKey } from '../new-password.ts';
import { recordKey } from '../record-vault-event.ts';
import { asTypedKey } from '../recovery-key.ts';
import { makeSecretFile } from '../secret-file.ts';
import { shortId } from '../snapshot-text.ts';

export const keyRotate: Command = {
  description:
    'Renews the password that opens a vault: adds the new one, proves that it opens the vault, and removes the old one. Cut off ' +
    'anywhere, a way in stays, and the same command goes on. A password that is kept in a file of yours (the plan says ' +
    '${file:…}, or LIFEBOAT_PASSWORD_FILE is set) is made anew and put into the file, for every vault of the plan that uses the ' +
    'file; the other vaults are named. Kept elsewhere, it is typed or read from a file, and the command says what is left to do. The master key stays the same.',
  options: [
    ...vaultOptions,
    { flag: '--new-password-file', value: 'FILE', description: 'read the new password from FILE' },
    {
      flag: '--keep-old',
      description: 'leave the old key for `lifeboat key remove`, until the new password is everywhere',
    },
  ],
  examples: [
    { line: 'lifeboat key rotate', says: "of the plan's primary vault" },
    { line: 'lifeboat key rotate --vault /mnt/backup/vault --keep-old', says: 'in two steps' },
  ],
  run: async (context, input) => {
    const request = await chooseVault(context, input);
    const place = await placeOf(context, request);
    const oldPassword = await oldPasswordOf(context, request, place);
    const requests =
      place.kind === 'file' ? await vaultsOfFile(context, input, request, place.path) : [request];
    const { newPassword, isResumed } = await newPasswordFor(context, input, place);
    const rotated = await rotatePasswords({
      vaults: requests.map((each) => ({
        name: each.location,
        open: (password) => context.openVault({ ...each, password }),
      })),
      oldPassword,
      newPassword,
      isResumed,
      keepOld: input.has('--keep-old'),
      switchOver: async () => {
        if (place.kind === 'file') await switchFile(place.path);
      },
      ...recorders(context),
      signal: context.signal,
    });
    for (const { vault, oldKeyId, newKeyId } of rotated) {
      const old = input.has('--keep-old') ? 'still opens it' : 'is removed';
      const record = {
        type: 'rotated',
        vault,
        key: newKeyId,
        old_key: oldKeyId,
        old_kept: input.has('--keep-old'),
      };
      await context.output.result(
        record,
        `key ${shortId(newKeyId)} opens ${vault}; key ${shortId(oldKeyId)} ${old}`,
      );
    }
    await tellWhatIsLeft(context, place);
    const others = await tellOthers(context, input, requests);
    const updated = place.kind === 'file' ? place.path : null;
    return {
      summary: {
        rotated: rotated.length,
        password_file: updated,
        note: mayHaveMasterKey,
        not_rotated: others,
      },
    };
  },
};

/** Nobody must think that one command has renewed the password of every vault of the plan. */
async function tellOthers(
  context: CliContext,
  input: Input,
  rotated: readonly VaultRequest[],
): Promise<readonly string[]> {
  const others = await vaultsLeft(context, input, rotated);
  for (const name of others)
    context.output.warn(
      `${name} keeps the password that it has: run \`lifeboat key rotate --vault ${name}\` for a new one`,
    );
  return others;
}

/** Where the password is kept that opens the vault now. */
type PasswordPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'elsewhere'; readonly words: string }
  | { readonly kind: 'person' };

async function placeOf(context: CliContext, request: VaultRequest): Promise<PasswordPlace> {
  const variable = passwordVariable();
  const fromPlan = request.passwordReference;
  const reference = variable?.reference ?? fromPlan;
  if (variable !== undefined && fromPlan !== undefined)
    await requireSameKeeper(context, request, variable.name, fromPlan);
  if (reference === undefined) return { kind: 'person' };
  const words = variable?.name ?? formatSecretReference(reference);
  if (reference.kind !== 'file') return { kind: 'elsewhere', words };
  const folder = variable === undefined ? (request.folder ?? context.folder) : context.folder;
  const path = absolutePath(reference.path, folder);
  const why = await whyNotOurs(path);
  return why === undefined ? { kind: 'file', path } : { kind: 'elsewhere', words: `${path} (${why})` };
}

/** The plan would go on with a password that opens nothing any more. */
async function requireSameKeeper(
  { folder }: CliContext,
  request: VaultRequest,
  variable: string,
  fromPlan: SecretReference,
): Promise<void> {
  const given = passwordVariable();
  const isSameFile =
    given?.reference.kind === 'file' &&
    fromPlan.kind === 'file' &&
    absolutePath(given.reference.path, folder) === absolutePath(fromPlan.path, request.folder ?? folder);
  if (isSameFile) return;
  throw new LifeboatError(
    'USAGE',
    `the password is given by ${variable}, while the plan takes it from elsewhere`,
    {
      hint: `Unset ${variable}, so that what the plan refers to is renewed; or give --vault LOCATION in a folder without a plan.`,
    },
  );
}

async function oldPasswordOf(
  context: CliContext,
  request: VaultRequest,
  place: PasswordPlace,
): Promise<string> {
  const { output, signal, askSecret, folder } = context;
  const reference = request.passwordReference;
  const found = await findPassword({
    location: request.location,
    folder,
    signal,
    ...(reference === undefined ? {} : { fromPlan: { reference, folder: request.folder ?? folder } }),
    ...(askSecret === undefined ? {} : { ask: askSecret }),
  });
  output.hide(found.password);
  if (asTypedKey(found.password) === undefined || place.kind === 'file') return found.password;
  throw new LifeboatError('USAGE', 'this is a recovery key, and rotating is for passwords', {
    hint: 'Make a new one with `lifeboat key add --recovery-key-file FILE`, test it, and remove the old with `lifeboat key remove`.',
  });
}

async function newPasswordFor(
  context: CliContext,
  input: Input,
  place: PasswordPlace,
): Promise<{ readonly newPassword: string; readonly isResumed: boolean }> {
  const file = input.value('--new-password-file');
  if (place.kind !== 'file') return { newPassword: await passwordOfNewKey(context, file), isResumed: false };
  const waiting = waitingFile(place.path);
  if (await isThere(waiting)) {
    const name = waiting;
    const { folder, signal, output } = context;
    const newPassword = await resolveSecret({ kind: 'file', path: waiting }, { folder, name, signal });
    output.hide(newPassword);
    output.note(`a rotation was cut off: going on with the password in ${waiting}`);
    return { newPassword, isResumed: true };
  }
  const newPassword =
    file === undefined ? generatedPassword() : await passwordOfNewKey(context, resolve(context.folder, file));
  context.output.hide(newPassword);
  await makeSecretFile(waiting, newPassword);
  return { newPassword, isResumed: false };
}

function recorders(context: CliContext): Pick<Rotation<Vault>, 'onAdded' | 'onRemoved'> {
  return {
    onAdded: (vault, keyId) => recordKey(context, vault, { action: 'add', keyId, purpose: 'password' }),
    onRemoved: (vault, keyId) => recordKey(context, vault, { action: 'remove', keyId, purpose: 'password' }),
  };
}

async function tellWhatIsLeft({ output }: CliContext, place: PasswordPlace): Promise<void> {
  switch (place.kind) {
    case 'file':
      await output.text(`the new password is in ${place.path}; keep a copy off this machine`);
      break;
    case 'elsewhere':
      output.warn(`put the new password where ${place.words} finds it: until then backups that use it fail`);
      break;
    case 'person':
      await output.text('the new password is the one that you gave');
      break;
    default:
      place satisfies never;
  }
  output.note(mayHaveMasterKey);
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
