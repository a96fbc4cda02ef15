/**
 * What is known of a vault on this machine without opening it: the cached records, and which vault was at which
 * location. `status` lives on this; how old it is stands beside everything that follows from it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonObject, objectOf } from '../evidence/record-fields.ts';
import { writeFileAtomically } from '../platform/atomic-file.ts';
import { recordsOf } from './read-records.ts';
import { loadRecordCache } from './record-cache.ts';
import type { VaultRecords } from './vault.ts';

/** `undefined` when this machine has never read the vault at the location, or its cache is gone. */
export function knownHistory(
  cacheDirectory: string,
  location: string,
): (VaultRecords & { readonly vaultId: string }) | undefined {
  const vaultId = knownLocations(cacheDirectory)[location];
  if (typeof vaultId !== 'string') return undefined;
  const cache = loadRecordCache(cacheDirectory, vaultId);
  if (cache === undefined) return undefined;
  const { links, problems, snapshotIds, readAtMs } = cache;
  return { vaultId, records: recordsOf(links, vaultId).records, problems, snapshotIds, readAtMs };
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

function file(cacheDirectory: string): string {
  return join(cacheDirectory, 'locations.json');
}
