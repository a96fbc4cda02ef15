/**
 * Renews the password of vaults: the new key is added and proved in every one of them, then whoever keeps the password
 * gets the new one, and only then the old key goes. Wherever that is cut off, the password that is kept opens every
 * vault, and so does the old one or the new one as long as nobody has changed what is kept.
 */
import { defined } from '../../error/assert.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { Repository } from '../../repository/repository-types.ts';

/** A vault as far as its keys go. */
export interface KeyedVault extends AsyncDisposable {
  readonly location: string;
  readonly repository: Pick<Repository, 'keys' | 'addKey' | 'removeKey'>;
}

export interface RotatedVault<V extends KeyedVault> {
  /** For people. */
  readonly name: string;
  /** Raises WRONG_PASSWORD. */
  open(password: string): Promise<V>;
}

export interface Rotation<V extends KeyedVault> {
  readonly vaults: readonly RotatedVault<V>[];
  readonly oldPassword: string;
  readonly newPassword: string;
  /** An earlier rotation was cut off: the new password may open some vaults already. */
  readonly isResumed: boolean;
  readonly keepOld: boolean;
  /** Runs when the new password opens every vault: from its end on the new one is the one that is kept. */
  switchOver(): Promise<void>;
  onAdded(vault: V, keyId: string): Promise<void>;
  onRemoved(vault: V, keyId: string): Promise<void>;
  readonly signal: AbortSignal;
}

export interface RotatedKey {
  readonly vault: string;
  readonly oldKeyId: string;
  readonly newKeyId: string;
}

/** Raises what opening and locking raise, and then the old password still opens everything it opened. */
export async function rotatePasswords<V extends KeyedVault>(
  rotation: Rotation<V>,
): Promise<readonly RotatedKey[]> {
  const rotated: RotatedKey[] = [];
  for (const vault of rotation.vaults) rotated.push(await addNew(rotation, vault));
  await rotation.switchOver();
  if (rotation.keepOld) return rotated;
  for (const [at, vault] of rotation.vaults.entries())
    await removeOld(rotation, vault, defined(rotated[at], 'key that was added'));
  return rotated;
}

async function addNew<V extends KeyedVault>(
  rotation: Rotation<V>,
  vault: RotatedVault<V>,
): Promise<RotatedKey> {
  const { oldPassword, newPassword, signal } = rotation;
  await using old = await vault.open(oldPassword);
  const oldKeyId = await currentKey(old, signal);
  if (!rotation.isResumed || !(await opens(vault, newPassword))) {
    const { id } = await old.repository.addKey(newPassword, signal);
    await rotation.onAdded(old, id);
  }
  // as a stranger would: nothing of the old session helps
  await using proof = await vault.open(newPassword);
  const newKeyId = await currentKey(proof, signal);
  if (newKeyId === oldKeyId) throw samePassword();
  return { vault: vault.name, oldKeyId, newKeyId };
}

async function removeOld<V extends KeyedVault>(
  { newPassword, signal, onRemoved }: Rotation<V>,
  vault: RotatedVault<V>,
  { oldKeyId }: RotatedKey,
): Promise<void> {
  await using opened = await vault.open(newPassword);
  try {
    await opened.repository.removeKey(oldKeyId, signal);
  } catch (error) {
    if (hasCode(error, 'VAULT_LOCKED')) throw oldKeyStays(vault.name, oldKeyId, error);
    throw error;
  }
  await onRemoved(opened, oldKeyId);
}

async function opens<V extends KeyedVault>(vault: RotatedVault<V>, password: string): Promise<boolean> {
  try {
    await using _opened = await vault.open(password);
    return true;
  } catch (error) {
    if (hasCode(error, 'WRONG_PASSWORD')) return false;
    throw error;
  }
}

async function currentKey({ repository }: KeyedVault, signal: AbortSignal): Promise<string> {
  const keys = await repository.keys(signal);
  return defined(keys.find(({ current }) => current)?.id, 'key that opened the vault');
}

function samePassword(): LifeboatError {
  return new LifeboatError('USAGE', 'the new password is the old one', { hint: 'Give another one.' });
}

function oldKeyStays(name: string, keyId: string, cause: LifeboatError): LifeboatError {
  const id = keyId.slice(0, 10);
  return new LifeboatError(
    'VAULT_LOCKED',
    `the new password is in force, and the old key of ${name} is still there: ${cause.message}`,
    {
      hint: `When the vault is free, run \`lifeboat key remove ${id} --vault ${name}\`.`,
      details: cause.details,
      cause,
    },
  );
}
