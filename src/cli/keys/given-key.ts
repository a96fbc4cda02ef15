/** A key that is given to be tried: typed, from a file, from shares, or the one that backups use. */
import { resolve } from 'node:path';
import { resolveSecret } from '../../config/resolve-secret.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { KeyTestRecord } from '../../evidence/vault-records.ts';
import { isForVault, type KeyShare } from '../../seal/key-shares.ts';
import { readVaultFile } from '../../vault/read-vault-file.ts';
import type { Vault } from '../../vault/vault.ts';
import type { CliContext, VaultRequest } from '../cli-context.ts';
import type { Input } from '../input.ts';
import { asTypedKey } from '../recovery-key.ts';
import { keyFromShares } from './given-shares.ts';

export interface GivenKey {
  readonly form: KeyTestRecord['form'];
  /** Absent: whatever backups would use. */
  readonly password?: string;
  /** One of those that make it up. */
  readonly share?: KeyShare;
}

/** Options of which one says where the key comes from; none of them: it is typed. */
export const givenKeyOptions = [
  { flag: '--recovery-key-file', value: 'FILE', description: 'the recovery key is in FILE' },
  {
    flag: '--share-file',
    value: 'FILE',
    description: 'a share of the recovery key is in FILE',
    repeatable: true,
  },
] as const;

/** Raises USAGE, SECRET_UNAVAILABLE, KEY_SHARES_INVALID. */
export async function givenKey(context: CliContext, input: Input, question: string): Promise<GivenKey> {
  const file = input.value('--recovery-key-file');
  const shares = input.values('--share-file');
  if (file !== undefined && shares.length > 0)
    throw usage('a key comes from a file or from shares, not from both', 'Give one of them.');
  if (file !== undefined) return { form: 'file', password: hidden(context, await fromFile(context, file)) };
  if (shares.length > 0) {
    const { password, share } = await keyFromShares(context, shares);
    return { form: 'shares', password: hidden(context, password), share };
  }
  if (context.askSecret === undefined)
    throw usage(
      'no key is given, and there is no terminal to type it on',
      'Give --recovery-key-file FILE or --share-file FILE.',
    );
  return { form: 'typed', password: hidden(context, await context.askSecret(question)) };
}

async function fromFile({ folder, signal }: CliContext, file: string): Promise<string> {
  const path = resolve(folder, file);
  return await resolveSecret({ kind: 'file', path }, { folder, name: '--recovery-key-file', signal });
}

function hidden({ output }: CliContext, password: string): string {
  output.hide(password);
  const printed = asTypedKey(password);
  if (printed !== undefined) output.hide(printed);
  return printed ?? password;
}

/** The vault, opened with this key and no other. Raises WRONG_PASSWORD, and KEY_SHARES_INVALID for shares of another vault. */
export async function openWith(
  context: CliContext,
  request: VaultRequest,
  { password, share }: GivenKey,
): Promise<Vault> {
  try {
    return await context.openVault(password === undefined ? request : { ...request, password });
  } catch (error) {
    if (share !== undefined && hasCode(error, 'WRONG_PASSWORD'))
      await requireMadeFor(context, request, share);
    throw error;
  }
}

/** Asked only when the key does not open it: whoever gave two vaults one key may use the shares for both. */
async function requireMadeFor(context: CliContext, request: VaultRequest, share: KeyShare): Promise<void> {
  await using store = await context.openStore(request);
  const file = await readVaultFile(store, context.signal);
  if (file === undefined || isForVault(share, file.id)) return;
  throw new LifeboatError(
    'KEY_SHARES_INVALID',
    `the shares were made for another vault than the one at ${store.location}`,
    { hint: 'Their pages say for which one: name that with --vault.' },
  );
}

/** Of the key that has opened the vault. */
export async function openingKeyId(vault: Vault, signal: AbortSignal): Promise<string> {
  const keys = await vault.repository.keys(signal);
  return keys.find(({ current }) => current)?.id ?? '';
}

function usage(message: string, hint: string): LifeboatError {
  return new LifeboatError('USAGE', message, { hint });
}
