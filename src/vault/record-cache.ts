/** The records of one vault as they were last read, so that `status` answers without opening vaults. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ChainHead, type ChainProblem, isHead } from '../evidence/chain.ts';
import { isObject } from '../evidence/record-fields.ts';
import { writeFileAtomically } from '../platform/atomic-file.ts';
import { isTextOf, type KeptLink, type KeptLinks } from './read-records.ts';

export interface CachedRecords {
  readonly readAtMs: number;
  /** When every record was last fetched; later readings fetched only what was new. */
  readonly allReadAtMs: number;
  readonly links: KeptLinks;
  /** Records that were read once and are not to be had any more: what healing puts back. */
  readonly lost: KeptLinks;
  /** The newest link of every writer that was ever read in a whole chain: a reading that lacks it does not forget it. */
  readonly heads: readonly ChainHead[];
  readonly problems: readonly ChainProblem[];
  readonly snapshotIds: readonly string[];
}

const version = 3;

/** `undefined` when there is none that can be used. */
export function loadRecordCache(cacheDirectory: string, vaultId: string): CachedRecords | undefined {
  try {
    return parseCache(JSON.parse(readFileSync(cacheFile(cacheDirectory, vaultId), 'utf8')));
  } catch {
    // a cache: whatever is wrong with it, the vault has the truth
    return undefined;
  }
}

export async function saveRecordCache(
  cacheDirectory: string,
  vaultId: string,
  { links, lost, ...cache }: CachedRecords,
): Promise<void> {
  const file = cacheFile(cacheDirectory, vaultId);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomically(
    file,
    JSON.stringify({ version, ...cache, links: [...links], lost: [...lost] }),
    0o600,
  );
}

function parseCache(json: unknown): CachedRecords | undefined {
  if (!isObject(json) || json['version'] !== version) return undefined;
  const { readAtMs, allReadAtMs, links, lost = [], heads, problems, snapshotIds } = json;
  if (typeof readAtMs !== 'number' || typeof allReadAtMs !== 'number') return undefined;
  if (!isListOf(links, isLink) || !isListOf(lost, isLink) || !isListOf(heads, isHead)) return undefined;
  if (!isListOf(problems, isProblem) || !isListOf(snapshotIds, isText)) return undefined;
  return { readAtMs, allReadAtMs, links: new Map(links), lost: new Map(lost), heads, problems, snapshotIds };
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** A text that is damaged here must not speak for the vault. */
function isLink(value: unknown): value is readonly [string, KeptLink] {
  if (!Array.isArray(value)) return false;
  const [key, link]: unknown[] = value;
  if (!isText(key) || !isObject(link) || typeof link['storedBytes'] !== 'number') return false;
  return isText(link['text']) && isTextOf(key, link['text']);
}

function isProblem(value: unknown): value is ChainProblem {
  return isObject(value) && isText(value['kind']) && isText(value['writer']) && isText(value['what']);
}

function cacheFile(cacheDirectory: string, vaultId: string): string {
  return join(cacheDirectory, vaultId, 'records.json');
}
