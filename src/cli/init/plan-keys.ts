/** Which file holds the password of which vault. Decided before anything is made, so that the plan can name them. */
import { access, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import type { SecretReference } from '../../plan/secret-reference.ts';
import { syncFolder } from '../../platform/atomic-file.ts';
import { configDirectory } from '../../platform/environment.ts';
import { randomBytes } from '../../platform/random.ts';
import { makeSecretFile } from '../secret-file.ts';
import type { ChosenVault, InitChoices, KeySource } from './init-choices.ts';
import { nameFrom } from './system-name.ts';

export interface KeyFile {
  readonly path: string;
  readonly state: 'new' | 'there';
}

/** By vault; nothing for vaults whose password comes from the environment or from a person. */
export type KeyFiles = ReadonlyMap<string, KeyFile>;

/** As strong as the key that it opens. */
const passwordBytes = 32;
const idDigits = 8;

export async function planKeys(choices: InitChoices, keys: KeySource, planId: string): Promise<KeyFiles> {
  const files = new Map<string, KeyFile>();
  for (const vault of choices.vaults) {
    const file = await keyFileOf(vault, choices, keys, planId);
    if (file !== undefined) files.set(vault.name, file);
  }
  return files;
}

async function keyFileOf(
  vault: ChosenVault,
  choices: InitChoices,
  keys: KeySource,
  planId: string,
): Promise<KeyFile | undefined> {
  switch (keys.kind) {
    case 'environment':
      return undefined;
    case 'file':
      return { path: keys.path, state: (await isThere(keys.path)) ? 'there' : 'new' };
    case 'generated': {
      // whoever made the vault that is there knows where its key is; the program asks
      if (vault.state === 'there') return undefined;
      const path = join(configDirectory(), 'keys', `${nameFrom(choices.name, 'plan')}-${vault.name}`);
      const isTaken = await isThere(path);
      return { path: isTaken ? `${path}-${planId.slice(0, idDigits)}` : path, state: 'new' };
    }
    default:
      return keys satisfies never;
  }
}

/** Where only some are known, the plan names those. */
export function passwordReferences(files: KeyFiles): ReadonlyMap<string, SecretReference> {
  return new Map([...files].map(([name, { path }]) => [name, { kind: 'file', path }]));
}

/** A new random password, in a file that only its owner reads. Never overwrites one. */
export async function makeKeyFile(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new LifeboatError('PERMISSION_DENIED', `the folder ${dirname(path)} cannot be made`, {
      hint: `Name another place with --key-file: ${systemErrorName(cause) ?? 'unknown error'}.`,
      cause,
    });
  }
  await makeSecretFile(path, randomBytes(passwordBytes).toString('base64url'));
  await syncFolder(dirname(path));
}

/** For a key that opens nothing, because its vault was never begun. */
export async function dropKeyFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
