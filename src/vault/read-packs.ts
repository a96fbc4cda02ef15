/**
 * Which packs of a vault were read back and found right, and when. A cache: without it they are read again, and what
 * is said of the share that was read begins anew. Where a backup relies on it, a pack counts as not read after a week,
 * so that what rots in the vault is noticed.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../platform/atomic-file.ts';

export const rereadAfterMs = 7 * 24 * 60 * 60 * 1000;

export interface ReadTimes {
  /** When each pack was last read, by its id: milliseconds since the epoch. */
  readonly packs: ReadonlyMap<string, number>;
  /** Packs that were last found in an archive class, where they cannot be read. */
  readonly cold?: ReadonlySet<string>;
  /** When the last rolling check ended. */
  readonly rollingAtMs?: number;
}

/** Packs that were read within a week. */
export function loadReadPacks(cacheDirectory: string, vaultId: string, nowMs: number): Map<string, number> {
  const { packs } = loadReadTimes(cacheDirectory, vaultId, nowMs);
  return new Map([...packs].filter(([, atMs]) => nowMs - atMs < rereadAfterMs));
}

/** All that is known; times in the future are believed of no clock. */
export function loadReadTimes(cacheDirectory: string, vaultId: string, nowMs: number): ReadTimes {
  try {
    const json: unknown = JSON.parse(readFileSync(cacheFile(cacheDirectory, vaultId), 'utf8'));
    const { rolling, cold, ...packs } = json as Record<string, unknown>;
    const isPast = (atMs: unknown): atMs is number => typeof atMs === 'number' && atMs <= nowMs;
    const known = new Map<string, number>();
    for (const [id, atMs] of Object.entries(packs)) if (isPast(atMs)) known.set(id, atMs);
    const coldIds = Array.isArray(cold) ? cold.filter((id) => typeof id === 'string') : [];
    return {
      packs: known,
      ...(coldIds.length === 0 ? {} : { cold: new Set(coldIds) }),
      ...(isPast(rolling) ? { rollingAtMs: rolling } : {}),
    };
  } catch {
    // a cache: whatever is wrong with it, reading the packs again is right
    return { packs: new Map() };
  }
}

/** Adds to what is known; an empty map makes everything unknown, for something is damaged. */
export async function saveReadPacks(
  cacheDirectory: string,
  vaultId: string,
  packs: ReadonlyMap<string, number>,
): Promise<void> {
  if (packs.size === 0) return await saveReadTimes(cacheDirectory, vaultId, { packs });
  const known = loadReadTimes(cacheDirectory, vaultId, Number.POSITIVE_INFINITY);
  await saveReadTimes(cacheDirectory, vaultId, { ...known, packs: new Map([...known.packs, ...packs]) });
}

export async function saveReadTimes(
  cacheDirectory: string,
  vaultId: string,
  { packs, cold = new Set(), rollingAtMs }: ReadTimes,
): Promise<void> {
  const file = cacheFile(cacheDirectory, vaultId);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const rolling = rollingAtMs === undefined ? {} : { rolling: rollingAtMs };
  const asked = cold.size === 0 ? {} : { cold: [...cold] };
  await writeFileAtomically(
    file,
    JSON.stringify({ ...rolling, ...asked, ...Object.fromEntries(packs) }),
    0o600,
  );
}

function cacheFile(cacheDirectory: string, vaultId: string): string {
  return join(cacheDirectory, vaultId, 'read-packs.json');
}
