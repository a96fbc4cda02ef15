/**
 * What is known of a vault on this machine without opening it: the cached records, and which vault was at which
 * location. `status` lives on this; how old it is stands beside everything that follows from it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChainHead } from '../evidence/chain.ts';
import { type JsonObject, objectOf } from '../evidence/record-fields.ts';
import { writeFileAtomically } from '../platform/atomic-file.ts';
import { recordsOf } from './read-records.ts';
import { loadRecordCache } from './record-cache.ts';
import type { VaultRecords } from './vault.ts';
import { decodeVaultFile, encodeVaultFile, type VaultFile } from './vault-file.ts';

/** `file`: as the vault had it when it was last opened under a plan. */
export type KnownHistory = VaultRecords & {
  readonly vaultId: string;
  readonly file?: VaultFile;
  /** The newest record of each writer. */
  readonly heads: readonly ChainHead[];
};

/** `undefined` when this machine has never read the vault at the location, or its cache is gone. */
export function knownHistory(cacheDirectory: string, location: string): KnownHistory | undefined {
  const vaultId = knownLocations(cacheDirectory)[location];
  if (typeof vaultId !== 'string') return undefined;
  const cache = loadRecordCache(cacheDirectory, vaultId);
  if (cache === undefined) return undefined;
  const { links, heads, problems, snapshotIds, readAtMs } = cache;
  const { records } = recordsOf(links, vaultId);
  const known = { vaultId, records, heads, problems, snapshotIds, readAtMs };
  const file = rememberedVaultFile(cacheDirectory, vaultId);
  return file === undefined ? known : { ...known, file };
}

/** So that a wrong byte in the plain original is seen without the key. */
export async function rememberVaultFile(cacheDirectory: string, vault: VaultFile): Promise<void> {
  const known = rememberedVaultFile(cacheDirectory, vault.id);
  if (known !== undefined && encodeVaultFile(known).equals(encodeVaultFile(vault))) return;
  mkdirSync(join(cacheDirectory, vault.id), { recursive: true, mode: 0o700 });
  await writeFileAtomically(
    vaultFile(cacheDirectory, vault.id),
    encodeVaultFile(vault).toString('utf8'),
    0o600,
  );
}

/** As the vault had it when this machine opened it last. */
export function rememberedVaultFile(cacheDirectory: string, vaultId: string): VaultFile | undefined {
  try {
    return decodeVaultFile(readFileSync(vaultFile(cacheDirectory, vaultId)));
  } catch {
    // a cache: without it the id alone is compared
    return undefined;
  }
}

export async function rememberLocation(
  cacheDirectory: string,
  location: string,
  vaultId: string,
): Promise<void> {
  const known = knownLocations(cacheDirectory);
  if (known[location] === vaultId) return;
  mkdirSync(cacheDirectory, { recursive: true, mode: 0o700 });
  await writeFileAtomically(file(cacheDirectory), JSON.stringify({ ...known, [location]: vaultId }), 0o600);
}

function knownLocations(cacheDirectory: string): JsonObject {
  try {
    return objectOf(JSON.parse(readFileSync(file(cacheDirectory), 'utf8')), 'locations.json');
  } catch {
    // a cache: without it vaults are opened
    return {};
  }
}

function vaultFile(cacheDirectory: string, vaultId: string): string {
  return join(cacheDirectory, vaultId, 'vault.json');
}

function file(cacheDirectory: string): string {
  return join(cacheDirectory, 'locations.json');
}
