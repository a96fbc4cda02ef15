/**
 * Appends to one branch. Pieces are named, chained and sealed in order and may be stored in any order: what is durable
 * is the run of pieces without a hole, and whoever continues after a crash begins where it ends.
 */
import { assert } from '../error/assert.ts';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { isThere } from '../object-store/is-there.ts';
import { linkOf, noLink, sha256 } from './chain-link.ts';
import { listWindow } from './list-log.ts';
import type { LogAccess } from './log-access.ts';
import type { LogMarks, LogPiece, LogWriter, PreparedPiece } from './log-archive.ts';
import { isSameContent, type PieceHeader } from './piece-header.ts';
import { fitsWindow, spanKey } from './piece-key.ts';
import { encodeObject, pieceOf, readHeader, readObject } from './piece-object.ts';

export async function openWriter(
  access: LogAccess,
  branch: string,
  from: bigint,
  signal?: AbortSignal,
): Promise<LogWriter> {
  let next = from;
  let previous = await linkAt(access, branch, from, signal);
  return {
    branch,
    prepare(start: bigint, bytes: Uint8Array, marks: LogMarks): PreparedPiece {
      assert(start === next, `bytes at ${start} follow what ended at ${next}`);
      const end = start + BigInt(bytes.length);
      assert(end > start && fitsWindow(start, end), 'a piece is not empty and lies in one window');
      const digest = sha256(bytes);
      const link = linkOf({ previous, branch, start, end, digest });
      const header = { digest, previous, link, marks, storedAtMs: access.nowMs(), cuts: [], others: [] };
      const key = spanKey(access, { branch, start, end }, 'chunk');
      const object = encodeObject(access, key, header, bytes);
      next = end;
      previous = link;
      return { ...pieceOf(key, header), digest, object };
    },
    store: (piece, storeSignal) => storePiece(access, piece, storeSignal),
  };
}

async function storePiece(access: LogAccess, piece: PreparedPiece, signal?: AbortSignal): Promise<LogPiece> {
  const { object, digest, ...stored } = piece;
  const header = await createObject(access, { key: piece.key, object, digest }, signal);
  return header === undefined ? stored : pieceOf(piece.key, header);
}

export interface NewObject {
  readonly key: string;
  readonly object: Uint8Array;
  readonly digest: string;
}

/**
 * Durable when it resolves. `undefined` when it was made, else the header of what was there with the same content.
 * Something damaged is no content: it is replaced, where the store lets us. Raises LOG_CONFLICT.
 */
export async function createObject(
  access: LogAccess,
  { key, object, digest }: NewObject,
  signal?: AbortSignal,
): Promise<PieceHeader | undefined> {
  const { store } = access;
  const { createOnly } = store.abilities;
  if (createOnly !== undefined) {
    if ((await createOnly.create(key, object, signal)) === 'created') return undefined;
  } else if (!(await isThere(store, key, signal))) {
    await store.put(key, object, signal);
    return undefined;
  }
  try {
    const { header } = await readObject(access, key, signal);
    if (isSameContent(header, { digest })) return header;
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
    await store.put(key, object, signal);
    return undefined;
  }
  throw conflict(access, key);
}

/** The link of what ends at the position, zeros where nothing readable tells. */
async function linkAt(
  access: LogAccess,
  branch: string,
  position: bigint,
  signal?: AbortSignal,
): Promise<string> {
  if (position === 0n) return noLink;
  const pieces = await listWindow(access, branch, position - 1n, signal);
  for (const piece of pieces.filter(({ end }) => end === position)) {
    try {
      return (await readHeader(access, piece, signal)).link;
    } catch (error) {
      if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
    }
  }
  return noLink;
}

function conflict({ store, system }: LogAccess, key: string): LifeboatError {
  return new LifeboatError(
    'LOG_CONFLICT',
    `${store.location} holds other bytes than the server of ${system} at the same place of its log: ${key}`,
    {
      hint: 'Find out which two servers write under one identity, stop the one that must not, and take a new base backup.',
      details: { object: key, system },
    },
  );
}
