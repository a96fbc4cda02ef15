/**
 * Packs that no readable index file names. Interrupted backups leave some; but where an index file cannot be read, or is
 * gone, they hold what snapshots need. Their own headers tell.
 */
import { hasCode } from '../../error/lifeboat-error.ts';
import { forEachLimited } from '../for-each-limited.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import type { IndexedPack } from '../index/index-file.ts';
import { objectKey } from '../layout.ts';
import { readPackHeader } from '../pack/read-header.ts';
import type { CheckFinding } from '../repository-types.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import type { IndexFilesRead } from './check-index.ts';
import type { TreesWalked } from './check-trees.ts';
import type { Findings } from './findings.ts';

const headersAtOnce = 8;

export interface PlacedPacks {
  /** Those whose headers could be read; they are in the index now. */
  readonly ids: ReadonlySet<string>;
  readonly damaged: readonly string[];
  /** In an archive class: what they hold is not known. */
  readonly cold: readonly string[];
}

/** Adds them to the index by what their headers say. */
export async function placeUnnamed(
  access: RepositoryAccess,
  index: BlobIndex,
  { packs, unnamed }: IndexFilesRead,
  signal?: AbortSignal,
): Promise<PlacedPacks> {
  const placed: IndexedPack[] = [];
  const [damaged, cold]: [string[], string[]] = [[], []];
  await forEachLimited(unnamed, headersAtOnce, async (id) => {
    try {
      placed.push({ id, blobs: await readPackHeader(access, id, packs.get(id) ?? 0, signal) });
    } catch (error) {
      if (hasCode(error, 'OBJECT_COLD')) cold.push(id);
      else if (hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) damaged.push(id);
      else throw error;
    }
  });
  // always in the same order, whichever header came first
  for (const { id, blobs } of placed.sort((a, b) => (a.id < b.id ? -1 : 1))) index.addPack(id, blobs);
  return { ids: new Set(placed.map(({ id }) => id)), damaged: damaged.sort(), cold: cold.sort() };
}

/** Of them, those that may hold what is needed: all, where not everything could be walked. */
export function neededUnnamed(
  index: BlobIndex,
  { unnamed }: IndexFilesRead,
  { unnamedEntries }: TreesWalked,
  placed: PlacedPacks | undefined,
  isWalked: boolean,
): ReadonlySet<string> {
  if (!isWalked) return new Set(unnamed);
  const holders = Array.from(unnamedEntries, (entry) => index.entryAt(entry).packId);
  return new Set([...holders, ...(placed?.damaged ?? []), ...(placed?.cold ?? [])]);
}

/** What is to be said of them, and of blobs that no index file knows because of them. */
export function unnamedFindings(
  index: BlobIndex,
  { unnamed, unreadable }: IndexFilesRead,
  { unnamedEntries, missing }: TreesWalked,
  placed: PlacedPacks | undefined,
): Findings {
  const holders = new Set(Array.from(unnamedEntries, (entry) => index.entryAt(entry).packId));
  const { damaged = [], cold = [] } = missing.length > 0 ? (placed ?? {}) : {};
  const errors = [...damaged.map(withoutHeader), ...missingFindings(missing, cold)];
  if (unreadable.size > 0) {
    const hints = unnamed.length === 0 ? [] : [following(unnamed.length, unnamedEntries.size)];
    return { errors, hints };
  }
  const told = new Set([...holders, ...damaged, ...cold]);
  return {
    errors: holders.size === 0 ? errors : [lacking(holders.size, unnamedEntries.size), ...errors],
    hints: unnamed.filter((id) => !told.has(id)).map(leftOver),
  };
}

/** One line for all of them: an index file may have named thousands. */
function following(packs: number, blobs: number): CheckFinding {
  const needed = blobs === 0 ? '' : `, with ${count(blobs, 'blob')} that snapshots need`;
  return {
    object: 'index',
    what: `no index file that can be read names ${count(packs, 'pack')}${needed}`,
    hint: 'That follows from the index file that cannot be read, and is mended with it. Do not prune before.',
  };
}

function lacking(packs: number, blobs: number): CheckFinding {
  return {
    object: 'index',
    what: `lacks ${count(blobs, 'blob')} that snapshots need, in ${count(packs, 'pack')} that no index file names: one is gone`,
    hint: '`lifeboat repair index` makes it anew from the packs. Do not prune before.',
  };
}

function withoutHeader(id: string): CheckFinding {
  return {
    object: objectKey('pack', id),
    what: 'is in no index file that can be read, and its own header cannot be read: it may hold what is missing',
    hint: '`lifeboat repair heal` takes what is missing from another vault. Do not prune before.',
  };
}

/** Nobody has looked for them everywhere while headers are in an archive class. */
function missingFindings(missing: readonly CheckFinding[], cold: readonly string[]): readonly CheckFinding[] {
  if (missing.length === 0 || cold.length === 0) return missing;
  return [
    {
      object: 'index',
      what: `lacks what snapshots need in ${count(missing.length, 'place')}; it may lie in ${count(cold.length, 'pack')} that no index file names and an archive class keeps from being read`,
      hint: '`lifeboat repair index` makes it anew from the packs when they are thawed. Do not prune before.',
    },
  ];
}

function leftOver(id: string): CheckFinding {
  return {
    object: objectKey('pack', id),
    what: 'is in no index file',
    hint: 'Harmless: an interrupted backup leaves such packs; the next prune removes them.',
  };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
