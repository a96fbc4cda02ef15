/**
 * What is known of a vault on this machine without opening it: the cached records, and which vault was at which
 * location. `status` lives on this; how old it is stands beside everything that follows from it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../platform/atomic-file.ts';
import { loadRecordCache, recordsInCache } from './record-cache.ts';
import type { VaultRecords } from './vault.ts';

/** `undefined` when this machine has never read the vault at the location, or its cache is gone. */
export function knownHistory(
  cacheDirectory: string,
  location: string,
): (VaultRecords & { readonly vaultId: string }) | undefined {
  const vaultId = knownLocations(cacheDirectory)[location];
  const cache = vaultId === undefined ? undefined : loadRecordCache(cacheDirectory, vaultId);
  if (vaultId === undefined || cache === undefined) return undefined;
  const { problems, snapshotIds, readAtMs } = cache;
  return { vaultId, records: recordsInCache(cache), problems, snapshotIds, readAtMs };
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

function knownLocations(cacheDirectory: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(file(cacheDirectory), 'utf8')) as Record<string, string>;
  } catch {
    // a cache: without it vaults are opened
    return {};
  }
}

function file(cacheDirectory: string): string {
  return join(cacheDirectory, 'locations.json');
}
