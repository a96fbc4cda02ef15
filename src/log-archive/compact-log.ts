/**
 * Makes one segment of many chunks: they are read and compared where they overlap, the segment is stored, read back and
 * compared, and only then they are deleted. Cut off anywhere, nothing is lost: what is left over is done by the next
 * compaction. Pieces that disagree stay as they are, and are told of.
 */
import { hasCode } from '../error/lifeboat-error.ts';
import { releaseMemory } from '../platform/release-memory.ts';
import { sha256 } from './chain-link.ts';
import { joined } from './coverage.ts';
import { damagedPiece } from './damaged-piece.ts';
import { type Deleting, deletePieces, newDeleting } from './delete-pieces.ts';
import { layOver, type WholeSpan } from './lay-over.ts';
import { isPiece, type ListedPiece, listLog } from './list-log.ts';
import type { LogAccess, LogFinding } from './log-access.ts';
import type { LogSpan } from './log-archive.ts';
import type { CompactOptions, CompactReport } from './log-keeping.ts';
import { spanKey, windowEnd, windowStart } from './piece-key.ts';
import { encodeObject, linksOf, readObject } from './piece-object.ts';
import { createObject } from './write-log.ts';

/** An idle database fills a window in weeks; listing thousands of its heartbeats would cost more than this. */
const windowPiecesMax = 256;

interface Work {
  readonly access: LogAccess;
  readonly deleting: Deleting;
  readonly findings: LogFinding[];
  segments: number;
}

export async function compactLog(access: LogAccess, options: CompactOptions = {}): Promise<CompactReport> {
  const { piecesMax = windowPiecesMax, mayDelete = true, pause, signal } = options;
  const work: Work = { access, deleting: newDeleting(!mayDelete), findings: [], segments: 0 };
  for (const run of runsOf((await listLog(access, signal)).filter(isPiece))) {
    if (!isDue(run, piecesMax, work.deleting.isRefused)) continue;
    await pause?.();
    await compactRun(work, run, signal);
  }
  const { segments, findings, deleting } = work;
  return {
    ...{ segments, findings, deleted: deleting.deleted, kept: deleting.kept },
    isDeleteRefused: deleting.isRefused,
  };
}

/** Pieces of one window that hang together. */
export interface PieceRun {
  readonly span: LogSpan;
  readonly pieces: readonly ListedPiece[];
}

/** `pieces`: sorted. */
export function* runsOf(pieces: readonly ListedPiece[]): Generator<PieceRun> {
  const windows = Map.groupBy(pieces, ({ branch, start }) => `${branch}/${windowStart(start)}`);
  for (const own of windows.values())
    for (const span of joined(own))
      yield { span, pieces: own.filter(({ start }) => span.start <= start && start < span.end) };
}

function isDue({ span, pieces }: PieceRun, piecesMax: number, isDeleteRefused: boolean): boolean {
  if (pieces.length < 2) return false;
  const isSegmented = pieces.some(
    ({ form, start, end }) => form === 'segment' && start === span.start && end === span.end,
  );
  if (isSegmented) return !isDeleteRefused;
  return span.end === windowEnd(span.start) || pieces.length >= piecesMax;
}

async function compactRun(work: Work, { span, pieces }: PieceRun, signal?: AbortSignal): Promise<void> {
  const { access } = work;
  try {
    const { whole, findings } = await layOver(access, span, pieces, signal);
    work.findings.push(...findings);
    if (whole === undefined) return;
    const key = await storeSegment(access, span, whole, signal);
    work.segments++;
    await deletePieces(
      access,
      pieces.filter((piece) => piece.key !== key),
      work.deleting,
      signal,
    );
  } catch (error) {
    // another compaction was quicker
    if (hasCode(error, 'OBJECT_MISSING')) return;
    if (!hasCode(error, 'LOG_CONFLICT', 'OBJECT_DAMAGED')) throw error;
    const kind = error.code === 'LOG_CONFLICT' ? 'conflict' : 'damaged';
    work.findings.push({ kind, key: spanKey(access, span, 'segment'), what: error.message });
  }
}

/** Durable and read back when it resolves. */
async function storeSegment(
  access: LogAccess,
  span: LogSpan,
  { bytes, previous, cuts, links, marks }: WholeSpan,
  signal?: AbortSignal,
): Promise<string> {
  const key = spanKey(access, span, 'segment');
  const digest = sha256(bytes);
  const own = linksOf(span, { previous, cuts }, bytes);
  const known = new Set(own.map(({ end, link }) => `${end} ${link}`));
  const others = links.filter(({ end, link }) => !known.has(`${end} ${link}`));
  const link = own.at(-1)?.link ?? previous;
  const header = { digest, previous, link, marks, storedAtMs: access.nowMs(), cuts, others };
  const object = encodeObject(access, key, header, bytes);
  await createObject(access, { key, object, digest }, signal);
  releaseMemory(object);
  const { body } = await readObject(access, key, signal);
  if (!body.equals(bytes)) throw damagedPiece(key, 'reads back with other bytes than were stored');
  releaseMemory(body);
  releaseMemory(bytes);
  return key;
}
