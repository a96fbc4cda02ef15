/** `lifeboat/vault.json`: what kind of place this is, readable without a key and without secrets. */
import { LifeboatError } from '../error/lifeboat-error.ts';

export const vaultFileKey = 'lifeboat/vault.json';

export type VaultRole = 'primary' | 'secondary' | 'archive';

export interface VaultFile {
  readonly format: 1;
  /** A UUID; records refer to it. */
  readonly id: string;
  readonly role: VaultRole;
  /** RFC 3339. */
  readonly created: string;
}

export function encodeVaultFile(file: VaultFile): Buffer {
  return Buffer.from(`${JSON.stringify(file, undefined, 2)}\n`);
}

/** Raises VAULT_UNSUPPORTED for a format of the future, OBJECT_DAMAGED for what is none. */
export function decodeVaultFile(bytes: Buffer): VaultFile {
  const fields = parse(bytes);
  const { format, id, role, created } = fields;
  if (typeof format === 'number' && format > 1) {
    throw new LifeboatError('VAULT_UNSUPPORTED', `the vault has format ${format}, made by a newer Lifeboat`, {
      hint: 'Use the newest Lifeboat; stock restic opens the repository in it as well.',
    });
  }
  if (format !== 1 || typeof id !== 'string' || typeof created !== 'string' || !isRole(role)) throw damaged();
  return { format, id, role, created };
}

function parse(bytes: Buffer): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  } catch (cause) {
    throw damaged(cause);
  }
  throw damaged();
}

function isRole(value: unknown): value is VaultRole {
  return value === 'primary' || value === 'secondary' || value === 'archive';
}

function damaged(cause?: unknown): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${vaultFileKey} is not readable`, {
    hint: '`lifeboat repair heal` puts it back from its second copy in the vault; stock restic opens the repository without it.',
    details: { object: vaultFileKey },
    ...(cause === undefined ? {} : { cause }),
  });
}
