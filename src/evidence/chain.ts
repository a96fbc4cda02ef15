/**
 * The hash chain of one writer: every link names the hash of the one before, so that a record which was lost,
 * altered, moved or written twice is found offline, with the links alone.
 *
 * Glossary: a *writer* is one installation (host and writer id) that writes into one vault, and owns one chain; a
 * *link* is one record with its place; a *head* is the last link that is known. The end of a chain can be cut off
 * without a trace inside it, so whoever keeps a head (the local cache, another vault) passes it in.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../plan/canonical-json.ts';
import type { RunRecord } from './record.ts';
import { isObject } from './record-fields.ts';

export interface Writer {
  readonly vaultId: string;
  readonly host: string;
  /** Made once for an installation and kept in its state folder. */
  readonly writerId: string;
}

export interface ChainHead {
  /** `writerName`. */
  readonly writer: string;
  /** Of the last link; 0 for a chain that has none yet. */
  readonly sequence: number;
  /** 64 hex digits: of the last link, or of the writer where there is none yet. */
  readonly hash: string;
}

export interface ChainLink {
  readonly version: 1;
  readonly writer: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly previous: string;
  readonly record: unknown;
}

export interface AppendedLink {
  readonly link: ChainLink;
  /** Canonical JSON of the link in UTF-8: what is stored, before sealing. */
  readonly bytes: Buffer;
  /** Where to store it, in the vault. */
  readonly key: string;
  readonly head: ChainHead;
}

/** A stored link as it was found. */
export interface StoredLink {
  readonly key: string;
  readonly bytes: Uint8Array;
}

export interface ChainProblem {
  readonly kind: 'missing' | 'altered' | 'reordered' | 'forked';
  readonly writer: string;
  readonly sequence: number;
  readonly key?: string;
  /** A sentence without full stop. */
  readonly what: string;
}

export const evidencePrefix = 'lifeboat/evidence/';

const sequenceDigits = 12;
const keyPattern = /^lifeboat\/evidence\/([0-9a-f]{16})\/(\d{12})-([0-9a-f]{16})$/;

/** The chain before its first link. Its hash binds all links to vault, host and installation. */
export function emptyChain(writer: Writer): ChainHead {
  const hash = sha256(canonicalJson({ ...writer, version: 1 }));
  return { writer: hash.slice(0, 16), sequence: 0, hash };
}

/** Makes the next link. Pure: nothing is stored, and the same head and record make the same bytes. */
export function appendToChain(head: ChainHead, record: RunRecord): AppendedLink {
  const link: ChainLink = {
    version: 1,
    writer: head.writer,
    sequence: head.sequence + 1,
    previous: head.hash,
    record,
  };
  const bytes = Buffer.from(canonicalJson(link), 'utf8');
  const hash = sha256(bytes);
  const key = linkKey(link.writer, link.sequence, hash);
  return { link, bytes, key, head: { writer: link.writer, sequence: link.sequence, hash } };
}

export function linkKey(writer: string, sequence: number, hash: string): string {
  return `${evidencePrefix}${writer}/${String(sequence).padStart(sequenceDigits, '0')}-${hash.slice(0, 16)}`;
}

/** The link in the bytes; `undefined` when they are none. Its record is for `parseRecord`. */
export function readLink(bytes: Uint8Array): ChainLink | undefined {
  const json = parseJson(bytes);
  if (!isObject(json)) return undefined;
  const { version, writer, sequence, previous, record } = json;
  if (version !== 1 || typeof writer !== 'string' || typeof previous !== 'string') return undefined;
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < 1) return undefined;
  return { version, writer, sequence, previous, record };
}

/**
 * Everything that is wrong with the chains of one vault, in the order of writers and sequence; none means that every
 * record is the one that was written. `links` in any order; `knownHeads` are heads that must still be there.
 */
export function verifyChain(
  links: readonly StoredLink[],
  knownHeads: readonly ChainHead[] = [],
): readonly ChainProblem[] {
  const placed: PlacedLink[] = [];
  const problems: ChainProblem[] = [];
  for (const stored of links) {
    const result = placeLink(stored);
    if (result.ok) placed.push(result.link);
    else problems.push(result.problem);
  }
  const writers = new Set([...placed, ...problems, ...knownHeads].map(({ writer }) => writer));
  for (const writer of [...writers].sort()) {
    const own = placed.filter((link) => link.writer === writer);
    const unreadable = new Set(
      problems.filter((problem) => problem.writer === writer).map(({ sequence }) => sequence),
    );
    problems.push(...verifyWriter(writer, own, unreadable, knownHeads));
  }
  return problems.sort((a, b) => compareText(a.writer, b.writer) || a.sequence - b.sequence);
}

/**
 * The last link of every writer, for the next `verifyChain`: what was known before, or what follows it in a chain that
 * is whole. A chain with a problem tells nothing new, so that what lies about its end does not become its end.
 */
export function newestHeads(
  links: readonly StoredLink[],
  problems: readonly ChainProblem[],
  before: readonly ChainHead[],
): readonly ChainHead[] {
  const doubtful = new Set(problems.map(({ writer }) => writer));
  const heads = new Map<string, ChainHead>();
  const keepNewer = (head: ChainHead): void => {
    if (head.sequence > (heads.get(head.writer)?.sequence ?? 0)) heads.set(head.writer, head);
  };
  before.forEach(keepNewer);
  for (const stored of links) {
    const placed = placeLink(stored);
    if (!placed.ok || doubtful.has(placed.link.writer)) continue;
    const { writer, sequence, hash } = placed.link;
    keepNewer({ writer, sequence, hash });
  }
  return [...heads.values()];
}

export function isHead(value: unknown): value is ChainHead {
  if (!isObject(value)) return false;
  const { writer, sequence, hash } = value;
  return typeof writer === 'string' && typeof hash === 'string' && Number.isSafeInteger(sequence);
}

/** A link whose bytes belong under its key. */
interface PlacedLink {
  readonly key: string;
  readonly writer: string;
  readonly sequence: number;
  readonly previous: string;
  readonly hash: string;
}

type Placing =
  | { readonly ok: true; readonly link: PlacedLink }
  | { readonly ok: false; readonly problem: ChainProblem };

function placeLink(stored: StoredLink): Placing {
  const match = keyPattern.exec(stored.key);
  const [, writer = '', sequenceText = '0', shortHash = ''] = match ?? [];
  const sequence = Number(sequenceText);
  const problem = (kind: ChainProblem['kind'], what: string): Placing => ({
    ok: false,
    problem: { kind, writer, sequence, key: stored.key, what },
  });
  if (match === null) return problem('altered', `"${stored.key}" is not the name of a record`);
  const hash = sha256(stored.bytes);
  const link = readLink(stored.bytes);
  if (link !== undefined && (link.writer !== writer || link.sequence !== sequence)) {
    return problem('reordered', `record ${sequence} holds what was written as record ${link.sequence}`);
  }
  if (link === undefined || !hash.startsWith(shortHash)) {
    return problem('altered', `record ${sequence} does not hold what was written`);
  }
  return { ok: true, link: { key: stored.key, writer, sequence, previous: link.previous, hash } };
}

function verifyWriter(
  writer: string,
  links: readonly PlacedLink[],
  unreadable: ReadonlySet<number>,
  knownHeads: readonly ChainHead[],
): readonly ChainProblem[] {
  const bySequence = Map.groupBy(links, (link) => link.sequence);
  const heads = knownHeads.filter((head) => head.writer === writer && head.sequence > 0);
  const last = [...bySequence.keys(), ...unreadable, ...heads.map((head) => head.sequence)].reduce(
    (newest, sequence) => Math.max(newest, sequence),
    0,
  );
  return [
    ...missingLinks(writer, bySequence, unreadable, last),
    ...brokenLinks(writer, bySequence),
    ...brokenHeads(bySequence, heads),
  ];
}

/** One problem for each run of absent numbers, so that a damaged number cannot ask for endless ones. */
function missingLinks(
  writer: string,
  bySequence: ReadonlyMap<number, readonly PlacedLink[]>,
  unreadable: ReadonlySet<number>,
  last: number,
): readonly ChainProblem[] {
  const present = [...new Set([...bySequence.keys(), ...unreadable])].sort((a, b) => a - b);
  const problems: ChainProblem[] = [];
  let expected = 1;
  for (const sequence of [...present, last + 1]) {
    if (sequence > expected) {
      const range =
        sequence - 1 === expected ? `record ${expected} is` : `records ${expected} to ${sequence - 1} are`;
      problems.push({ kind: 'missing', writer, sequence: expected, what: `${range} missing` });
    }
    expected = sequence + 1;
  }
  return problems;
}

function brokenLinks(
  writer: string,
  bySequence: ReadonlyMap<number, readonly PlacedLink[]>,
): readonly ChainProblem[] {
  const problems: ChainProblem[] = [];
  for (const [sequence, links] of bySequence) {
    if (links.length > 1) {
      problems.push({
        kind: 'forked',
        writer,
        sequence,
        what: `record ${sequence} exists ${links.length} times`,
      });
    }
    const before = bySequence.get(sequence - 1);
    for (const link of links) {
      if (follows(link, before)) continue;
      const what = `record ${sequence} does not continue record ${sequence - 1}`;
      problems.push({ kind: 'altered', writer, sequence, key: link.key, what });
    }
  }
  return problems;
}

/** What lies before is unknown where it is missing, which is reported as such. */
function follows(link: PlacedLink, before: readonly PlacedLink[] | undefined): boolean {
  if (link.sequence === 1) return link.previous.startsWith(link.writer);
  return before === undefined || before.some((candidate) => candidate.hash === link.previous);
}

function brokenHeads(
  bySequence: ReadonlyMap<number, readonly PlacedLink[]>,
  heads: readonly ChainHead[],
): readonly ChainProblem[] {
  return heads.flatMap(({ writer, sequence, hash }) => {
    const found = bySequence.get(sequence);
    if (found === undefined || found.some((link) => link.hash === hash)) return [];
    return [
      { kind: 'altered' as const, writer, sequence, what: `record ${sequence} is not the one that is known` },
    ];
  });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
