/** The log archive of one system and one incarnation over an object store. */
import { hasCode } from '../error/lifeboat-error.ts';
import { noLink, sha256 } from './chain-link.ts';
import { checkLog } from './check-log.ts';
import { compactLog } from './compact-log.ts';
import { coverageOf } from './coverage.ts';
import { type ListedPiece, listBranch, listLog, listWindow, neededOf } from './list-log.ts';
import type { LogAccess } from './log-access.ts';
import {
  type DeclaredGap,
  type LogArchive,
  type LogCoverage,
  type LogPiece,
  type LogSpan,
  noMarks,
} from './log-archive.ts';
import type { LogKeeper } from './log-keeping.ts';
import { historyKey, spanKey, windowEnd, windowStart } from './piece-key.ts';
import { encodeObject, pieceOf, readHeader, readObject } from './piece-object.ts';
import { readLog } from './read-log.ts';
import { previewTrim, trimLog } from './trim-log.ts';
import { createObject, openWriter } from './write-log.ts';

export type LogArchiveOptions = Omit<LogAccess, 'tell'> & Partial<Pick<LogAccess, 'tell'>>;

export interface OpenLog extends LogArchive, LogKeeper {}

export function openLogArchive(options: LogArchiveOptions): OpenLog {
  const access: LogAccess = { tell: () => undefined, ...options };
  return {
    system: access.system,
    incarnation: access.incarnation,
    createsOnly: access.store.abilities.createOnly !== undefined,
    coverage: (signal) => coverageNow(access, signal),
    pieces: (span, signal) => piecesOf(access, span, signal),
    read: (span, signal) => readLog(access, span, signal),
    history: (branch, signal) => readHistory(access, branch, signal),
    branches: async (signal) => [...byBranch(await listLog(access, signal)).keys()],
    declaredGaps: (branch, signal) => declaredGaps(access, branch, signal),
    writer: (branch, from, signal) => openWriter(access, branch, from, signal),
    putHistory: (branch, text, signal) =>
      putText(access, historyKey(access, branch), text, undefined, signal),
    declareGap: (gap, reason, signal) =>
      putText(access, spanKey(access, gap, 'gap'), new Uint8Array(0), reason, signal),
    compact: (compactOptions) => compactLog(access, compactOptions),
    check: (checkOptions) => checkLog(access, checkOptions),
    lastingKeys: async (signal) =>
      neededOf(await listLog(access, signal)).flatMap(({ form, key }) => (form === 'chunk' ? [] : [key])),
    previewTrim: (needs, signal) => previewTrim(access, needs, signal),
    trim: (preview, signal) => trimLog(access, preview, signal),
  };
}

/**
 * A list takes its time: what a compaction put where the list had passed, and took away where it had not come yet, looks
 * as if it were missing. It is there in a second list, and a name of the first that is gone was replaced by one of it.
 */
async function coverageNow(access: LogAccess, signal?: AbortSignal): Promise<readonly LogCoverage[]> {
  const first = await listLog(access, signal);
  const seen = coverages(first);
  if (seen.every(({ gaps }) => gaps.every(({ isDeclared }) => isDeclared))) return seen;
  return coverages([...first, ...(await listLog(access, signal))]);
}

function coverages(listed: readonly ListedPiece[]): readonly LogCoverage[] {
  return [...byBranch(listed)].map(([branch, own]) => coverageOf(branch, own));
}

function byBranch(listed: readonly ListedPiece[]): ReadonlyMap<string, readonly ListedPiece[]> {
  return Map.groupBy(listed, ({ branch }) => branch);
}

async function* piecesOf(access: LogAccess, span: LogSpan, signal?: AbortSignal): AsyncGenerator<LogPiece> {
  for (let at = windowStart(span.start); at < span.end; at = windowEnd(at))
    for (const piece of await piecesOfWindow(access, span.branch, at, signal))
      if (piece.end > span.start && piece.start < span.end) yield piece;
}

/** A compaction may replace what was listed a moment ago; it does so only a few times. */
const listsMax = 4;

async function piecesOfWindow(
  access: LogAccess,
  branch: string,
  at: bigint,
  signal?: AbortSignal,
): Promise<readonly LogPiece[]> {
  for (let lists = 1; ; lists++) {
    const pieces: LogPiece[] = [];
    try {
      for (const listed of await listWindow(access, branch, at, signal))
        pieces.push(pieceOf(listed.key, await readHeader(access, listed, signal)));
      return pieces;
    } catch (error) {
      if (!hasCode(error, 'OBJECT_MISSING') || lists === listsMax) throw error;
    }
  }
}

async function readHistory(
  access: LogAccess,
  branch: string,
  signal?: AbortSignal,
): Promise<Buffer | undefined> {
  try {
    return (await readObject(access, historyKey(access, branch), signal)).body;
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}

async function putText(
  access: LogAccess,
  key: string,
  body: Uint8Array,
  reason: string | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const digest = sha256(body);
  const header = {
    ...{ digest, previous: noLink, link: noLink, marks: noMarks, cuts: [], others: [] },
    storedAtMs: access.nowMs(),
    ...(reason === undefined ? {} : { reason }),
  };
  await createObject(access, { key, digest, object: encodeObject(access, key, header, body) }, signal);
}

async function declaredGaps(
  access: LogAccess,
  branch: string,
  signal?: AbortSignal,
): Promise<readonly DeclaredGap[]> {
  const gaps: DeclaredGap[] = [];
  for (const { key, form, start, end } of await listBranch(access, branch, signal)) {
    if (form !== 'gap') continue;
    const { header } = await readObject(access, key, signal);
    gaps.push({ branch, start, end, reason: header.reason ?? '', declaredAtMs: header.storedAtMs });
  }
  return gaps;
}
