/** The repository's config object: sealed JSON, never compressed, not named by its hash. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { type SealKey, seal, unseal } from '../seal/seal.ts';
import { isIrreducible } from './chunker/polynomial.ts';
import { configKey, isId } from './layout.ts';
import { parseJson } from './unpacked.ts';

export interface RepositoryConfig {
  readonly version: 1 | 2;
  /** 64 hex digits. */
  readonly id: string;
  readonly chunkerPolynomial: bigint;
}

export async function loadConfig(
  store: ObjectStore,
  key: SealKey,
  signal?: AbortSignal,
): Promise<RepositoryConfig> {
  const stored = await store.get(configKey, undefined, signal);
  return parseConfig(parseJson(unseal(key, stored, configKey), configKey));
}

export async function saveConfig(
  store: ObjectStore,
  key: SealKey,
  config: RepositoryConfig,
  signal?: AbortSignal,
): Promise<void> {
  const json = {
    version: config.version,
    id: config.id,
    chunker_polynomial: config.chunkerPolynomial.toString(16),
  };
  await store.put(configKey, seal(key, Buffer.from(JSON.stringify(json))), signal);
}

export function parseConfig(json: unknown): RepositoryConfig {
  const fields = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  const { version, id, chunker_polynomial: polynomial } = fields;
  if (version !== 1 && version !== 2)
    throw unsupported(`repository format version ${JSON.stringify(version)}`);
  if (typeof id !== 'string' || !isId(id)) throw damaged('has no repository id');
  if (typeof polynomial !== 'string' || !/^[0-9a-f]{1,16}$/.test(polynomial))
    throw damaged('has no chunker polynomial');
  const chunkerPolynomial = BigInt(`0x${polynomial}`);
  if (!isIrreducible(chunkerPolynomial)) throw damaged('has a chunker polynomial that is not irreducible');
  return { version, id, chunkerPolynomial };
}

function unsupported(what: string): LifeboatError {
  return new LifeboatError('VAULT_UNSUPPORTED', `the vault has ${what}`, {
    hint: 'Use the newest Lifeboat or restic to open it.',
  });
}

function damaged(what: string): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `the config object ${what}`, {
    hint: 'Restore the object `config` from another copy of the vault.',
    details: { object: configKey },
  });
}
