/** The records of one vault as they were last read, so that `status` answers without opening vaults. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChainProblem } from '../evidence/chain.ts';
import { readLink } from '../evidence/chain.ts';
import { parseRecord, type RunRecord } from '../evidence/record.ts';
import { writeFileAtomically } from '../platform/atomic-file.ts';

export interface CachedRecords {
  readonly readAtMs: number;
  /** Stored links by key. */
  readonly links: ReadonlyMap<string, string>;
  readonly problems: readonly ChainProblem[];
  readonly snapshotIds: readonly string[];
}

/** `undefined` when there is none that can be used. */
export function loadRecordCache(cacheDirectory: string, vaultId: string): CachedRecords | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(cacheFile(cacheDirectory, vaultId), 'utf8'));
    return parseCache(json);
  } catch {
    // a cache: whatever is wrong with it, the vault has the truth
    return undefined;
  }
}

export async function saveRecordCache(
  cacheDirectory: string,
  vaultId: string,
  cache: CachedRecords,
): Promise<void> {
  const file = cacheFile(cacheDirectory, vaultId);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const json = { version: 1, readAtMs: cache.readAtMs, links: [...cache.links], problems: cache.problems, snapshotIds: cache.snapshotIds };
  await writeFileAtomically(file, JSON.stringify(json), 0o600);
}

/** Links that cannot be read are left out: the cache was made from those that could. */
export function recordsInCache(cache: CachedRecords): readonly RunRecord[] {
  return [...cache.links]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, text]) => {
      const link = readLink(Buffer.from(text));
      return link ? [parseRecord(link.record)] : [];
    });
}

function parseCache(json: unknown): CachedRecords | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { version, readAtMs, links, problems, snapshotIds } = json as Record<string, unknown>;
  if (
    version !== 1 ||
    typeof readAtMs !== 'number' ||
    !Array.isArray(links) ||
    !Array.isArray(problems) ||
    !Array.isArray(snapshotIds)
  )
    return undefined;
  return {
    readAtMs,
    links: new Map(links as [string, string][]),
    problems: problems as ChainProblem[],
    snapshotIds: snapshotIds as string[],
  };
}

function cacheFile(cacheDirectory: string, vaultId: string): string {
  return join(cacheDirectory, vaultId, 'records.json');
}
