/**
 * Which packs of a vault were read back and found right, and when. A cache: without it they are read again.
 * After a week they count as not read, so that what rots in the vault is noticed.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../platform/atomic-file.ts';

export const rereadAfterMs = 7 * 24 * 60 * 60 * 1000;

export function loadReadPacks(cacheDirectory: string, vaultId: string, nowMs: number): Map<string, number> {
  try {
    const json: unknown = JSON.parse(readFileSync(cacheFile(cacheDirectory, vaultId), 'utf8'));
    const entries = Object.entries(json as Record<string, number>);
    return new Map(entries.filter(([, atMs]) => atMs <= nowMs && nowMs - atMs < rereadAfterMs));
  } catch {
    // a cache: whatever is wrong with it, reading the packs again is right
    return new Map();
  }
}

export async function saveReadPacks(
  cacheDirectory: string,
  vaultId: string,
  packs: ReadonlyMap<string, number>,
): Promise<void> {
  const file = cacheFile(cacheDirectory, vaultId);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomically(file, JSON.stringify(Object.fromEntries(packs)), 0o600);
}

function cacheFile(cacheDirectory: string, vaultId: string): string {
  return join(cacheDirectory, vaultId, 'read-packs.json');
}
