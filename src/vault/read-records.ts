import { hasCode } from '../error/lifeboat-error.ts';
import {
  type ChainHead,
  type ChainProblem,
  evidencePrefix,
  readLink,
  type StoredLink,
  verifyChain,
} from '../evidence/chain.ts';
import { parseRecord, type RunRecord } from '../evidence/record.ts';
import type { SealedObjects } from '../repository/repository-types.ts';

/** How many records are fetched at once. */
const fetchesMax = 8;

export interface ReadRecords {
  readonly records: readonly RunRecord[];
  readonly problems: readonly ChainProblem[];
  /** The links as stored, by key, to be kept in a cache. */
  readonly links: ReadonlyMap<string, string>;
}

/**
 * All records of all writers in chain order. Links never change once written, so those in `cached` are not
 * fetched again. What cannot be read is a problem, never left out in silence.
 */
export async function readRecords(
  sealed: SealedObjects,
  cached: ReadonlyMap<string, string>,
  heads: readonly ChainHead[],
  signal?: AbortSignal,
): Promise<ReadRecords> {
  const keys: string[] = [];
  for await (const { key } of sealed.list(evidencePrefix, signal)) keys.push(key);
  const links = new Map<string, string>();
  const unreadable: ChainProblem[] = [];
  const wanted = keys.sort().values();
  const lane = async (): Promise<void> => {
    for (const key of wanted) await fetchLink(sealed, key, cached, links, unreadable, signal);
  };
  await Promise.all(Array.from({ length: fetchesMax }, lane));
  const stored: StoredLink[] = [...links].map(([key, text]) => ({ key, bytes: Buffer.from(text) }));
  const parsed = parseLinks(stored);
  return {
    records: parsed.records,
    problems: [...unreadable, ...verifyChain(stored, heads), ...parsed.problems],
    links,
  };
}

async function fetchLink(
  sealed: SealedObjects,
  key: string,
  cached: ReadonlyMap<string, string>,
  links: Map<string, string>,
  unreadable: ChainProblem[],
  signal?: AbortSignal,
): Promise<void> {
  try {
    links.set(key, cached.get(key) ?? (await sealed.get(key, signal)).toString('utf8'));
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
    unreadable.push({
      kind: 'altered',
      writer: key.split('/')[2] ?? '',
      sequence: 0,
      key,
      what: error.message,
    });
  }
}

function parseLinks(stored: readonly StoredLink[]): Pick<ReadRecords, 'records' | 'problems'> {
  const records: RunRecord[] = [];
  const problems: ChainProblem[] = [];
  for (const { key, bytes } of stored.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    const link = readLink(bytes);
    if (!link) continue;
    try {
      records.push(parseRecord(link.record));
    } catch (error) {
      if (!hasCode(error, 'OBJECT_DAMAGED')) throw error;
      problems.push({
        kind: 'altered',
        writer: link.writer,
        sequence: link.sequence,
        key,
        what: error.message,
      });
    }
  }
  return { records, problems };
}
