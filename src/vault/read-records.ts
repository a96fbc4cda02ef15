import { createHash } from 'node:crypto';
import { hasCode } from '../error/lifeboat-error.ts';
import {
  type ChainHead,
  type ChainLink,
  type ChainProblem,
  evidencePrefix,
  newestHeads,
  readLink,
  verifyChain,
} from '../evidence/chain.ts';
import { parseRecord, type RunRecord } from '../evidence/record.ts';
import type { SealedObjects } from '../repository/repository-types.ts';

/** How many records are fetched at once. */
const fetchesMax = 8;

/** A link as it was read, and how long it was in the vault: what has another length there was changed. */
export interface KeptLink {
  readonly text: string;
  readonly storedBytes: number;
}

/** By key. */
export type KeptLinks = ReadonlyMap<string, KeptLink>;

export interface ReadRecords {
  readonly records: readonly RunRecord[];
  readonly problems: readonly ChainProblem[];
  /** To be kept in a cache, with the heads. */
  readonly links: KeptLinks;
  /** Links that the next reading must find. */
  readonly heads: readonly ChainHead[];
}

export interface ReadRecordsRequest {
  readonly sealed: SealedObjects;
  readonly vaultId: string;
  /** Links that need not be fetched again. */
  readonly cached: KeptLinks;
  /** Links that must be there. */
  readonly heads: readonly ChainHead[];
}

/** All records of all writers in chain order. What cannot be read or believed is a problem, never left out in silence. */
export async function readRecords(request: ReadRecordsRequest, signal?: AbortSignal): Promise<ReadRecords> {
  const { sealed, vaultId, heads } = request;
  const found: { readonly key: string; readonly size: number }[] = [];
  for await (const object of sealed.list(evidencePrefix, signal)) found.push(object);
  const links = new Map<string, KeptLink>();
  const unreadable: ChainProblem[] = [];
  const wanted = found.sort((a, b) => (a.key < b.key ? -1 : 1)).values();
  const lane = async (): Promise<void> => {
    for (const { key, size } of wanted) {
      const link = await fetchLink(request, key, size, signal);
      if ('what' in link) unreadable.push(link);
      else links.set(key, link);
    }
  };
  await Promise.all(Array.from({ length: fetchesMax }, lane));
  const stored = [...links].map(([key, { text }]) => ({ key, bytes: Buffer.from(text) }));
  const parsed = recordsOf(links, vaultId);
  const problems = [...unreadable, ...verifyChain(stored, heads), ...parsed.problems];
  return { records: parsed.records, problems, links, heads: newestHeads(stored, problems, heads) };
}

async function fetchLink(
  { sealed, cached }: ReadRecordsRequest,
  key: string,
  storedBytes: number,
  signal?: AbortSignal,
): Promise<KeptLink | ChainProblem> {
  const known = cached.get(key);
  if (known?.storedBytes === storedBytes) return known;
  try {
    return { text: (await sealed.get(key, signal)).toString('utf8'), storedBytes };
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
    return { kind: 'altered', writer: key.split('/')[2] ?? '', sequence: 0, key, what: error.message };
  }
}

/** The records in links, in chain order, and those that are none or that belong to another vault. */
export function recordsOf(
  links: KeptLinks,
  vaultId: string,
): { readonly records: readonly RunRecord[]; readonly problems: readonly ChainProblem[] } {
  const records: RunRecord[] = [];
  const problems: ChainProblem[] = [];
  for (const [key, { text }] of [...links].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const link = readLink(Buffer.from(text));
    if (!link) continue;
    const result = recordIn(link, vaultId);
    if (typeof result !== 'string') records.push(result);
    else problems.push({ kind: 'altered', writer: link.writer, sequence: link.sequence, key, what: result });
  }
  return { records, problems };
}

/** Or why there is none. */
function recordIn({ sequence, record: json }: ChainLink, vaultId: string): RunRecord | string {
  try {
    const record = parseRecord(json);
    return record.vault === vaultId ? record : `record ${sequence} was written for vault ${record.vault}`;
  } catch (error) {
    if (hasCode(error, 'OBJECT_DAMAGED')) return error.message;
    throw error;
  }
}

/** Whether the text is the one that was once stored under the key, which ends in the beginning of its hash. */
export function isTextOf(key: string, text: string): boolean {
  const hash = createHash('sha256').update(text).digest('hex');
  return key.endsWith(`-${hash.slice(0, 16)}`);
}
