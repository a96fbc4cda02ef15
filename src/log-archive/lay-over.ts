/**
 * Lays pieces over each other, in order of their starts: where they overlap their bytes must be the same, where one is
 * damaged another may hold its bytes. Out of it comes what one segment in their place holds.
 */
import { hasCode } from '../error/lifeboat-error.ts';
import { releaseMemory } from '../platform/release-memory.ts';
import type { ListedPiece } from './list-log.ts';
import type { LogAccess, LogFinding } from './log-access.ts';
import { type LogMarks, type LogSpan, noMarks } from './log-archive.ts';
import { mergeMarks } from './merge-marks.ts';
import type { LinkEnd } from './piece-header.ts';
import { linksOf, type OpenedObject, readObject } from './piece-object.ts';
import { damageFinding } from './read-log.ts';

export interface LaidOver {
  /** Of the whole span; `undefined` when damage or a conflict leaves it open what they are. */
  readonly whole?: WholeSpan;
  readonly findings: readonly LogFinding[];
  readonly bytesRead: number;
}

export interface WholeSpan {
  readonly bytes: Buffer;
  readonly previous: string;
  readonly cuts: readonly bigint[];
  /** Of all pieces, in no order. */
  readonly links: readonly LinkEnd[];
  readonly marks: LogMarks;
}

interface Laying {
  readonly span: LogSpan;
  readonly bytes: Buffer;
  filled: bigint;
  previous: string | undefined;
  marks: LogMarks;
  bytesRead: number;
  isWhole: boolean;
  readonly cuts: bigint[];
  readonly links: LinkEnd[];
  readonly findings: LogFinding[];
}

/**
 * `pieces` cover the span, within one window, ascending. Raises what the store raises, OBJECT_MISSING when a piece went
 * meanwhile.
 */
export async function layOver(
  access: LogAccess,
  span: LogSpan,
  pieces: readonly ListedPiece[],
  signal?: AbortSignal,
): Promise<LaidOver> {
  const laying: Laying = {
    ...{ span, bytes: Buffer.allocUnsafeSlow(Number(span.end - span.start)), filled: span.start },
    ...{ previous: undefined, marks: noMarks, bytesRead: 0, isWhole: true },
    ...{ cuts: [], links: [], findings: [] },
  };
  for (const piece of pieces) {
    const opened = await openOrFind(access, laying, piece, signal);
    if (opened === undefined) continue;
    lay(laying, piece, opened);
    releaseMemory(opened.body);
  }
  const { bytes, previous, cuts, links, marks, findings, bytesRead } = laying;
  const isWhole = laying.isWhole && laying.filled >= span.end && previous !== undefined;
  return { ...(isWhole && { whole: { bytes, previous, cuts, links, marks } }), findings, bytesRead };
}

async function openOrFind(
  access: LogAccess,
  laying: Laying,
  { key }: ListedPiece,
  signal?: AbortSignal,
): Promise<OpenedObject | undefined> {
  try {
    const opened = await readObject(access, key, signal);
    laying.bytesRead += opened.body.length;
    return opened;
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED')) throw error;
    laying.findings.push(damageFinding(key, error));
    return undefined;
  }
}

function lay(laying: Laying, piece: ListedPiece, { header, body }: OpenedObject): void {
  const { span, bytes, filled } = laying;
  if (piece.start > filled) {
    // what was to be between them is damaged
    laying.isWhole = false;
    laying.filled = piece.start;
  }
  const at = Number(piece.start - span.start);
  const known = Math.min(Number(laying.filled - piece.start), body.length);
  if (known > 0 && laying.isWhole && !body.subarray(0, known).equals(bytes.subarray(at, at + known))) {
    laying.findings.push({ kind: 'conflict', key: piece.key, what: 'holds other bytes than another piece' });
    laying.isWhole = false;
  }
  const cuts = piece.form === 'segment' ? header.cuts : [piece.end];
  laying.links.push(...linksIn(piece, header, cuts, body), ...header.others);
  if (piece.end <= laying.filled) return;
  body.copy(bytes, Number(laying.filled - span.start), known);
  laying.cuts.push(...cuts.filter((cut) => cut > laying.filled));
  laying.filled = piece.end;
  laying.previous ??= header.previous;
  laying.marks = mergeMarks(laying.marks, header.marks);
}

function linksIn(
  piece: ListedPiece,
  header: OpenedObject['header'],
  cuts: readonly bigint[],
  body: Buffer,
): readonly LinkEnd[] {
  if (piece.form === 'chunk') return [{ end: piece.end, link: header.link }];
  return linksOf(piece, { ...header, cuts }, body);
}
