/** What there is of a log, from a list of the store. */
import { contains } from './coverage.ts';
import type { LogAccess } from './log-access.ts';
import { branchPrefix, logPrefixOf, type ParsedKey, parseLogKey, windowPrefix } from './piece-key.ts';

export interface ListedPiece extends ParsedKey {
  /** Bytes of the object. */
  readonly size: number;
}

/** All objects of the log with a name of ours, sorted by branch and position. */
export async function listLog(access: LogAccess, signal?: AbortSignal): Promise<readonly ListedPiece[]> {
  return await listBelow(access, logPrefixOf(access), signal);
}

export async function listBranch(
  access: LogAccess,
  branch: string,
  signal?: AbortSignal,
): Promise<readonly ListedPiece[]> {
  return await listBelow(access, branchPrefix(access, branch), signal);
}

/** Chunks and segments of the window of a position. */
export async function listWindow(
  access: LogAccess,
  branch: string,
  position: bigint,
  signal?: AbortSignal,
): Promise<readonly ListedPiece[]> {
  const listed = await listBelow(access, windowPrefix(access, branch, position), signal);
  return listed.filter(isPiece);
}

export function isPiece({ form }: ParsedKey): boolean {
  return form === 'chunk' || form === 'segment';
}

/** Without chunks that a segment holds as well. */
export function neededOf<T extends ParsedKey>(
  listed: readonly T[],
  segments: readonly ParsedKey[] = listed,
): readonly T[] {
  const found = Map.groupBy(
    segments.filter(({ form }) => form === 'segment'),
    placeOf,
  );
  return listed.filter((piece) => {
    if (!isPiece(piece)) return true;
    const around = found.get(placeOf(piece)) ?? [];
    return !around.some((segment) => segment.key !== piece.key && contains(segment, piece));
  });
}

function placeOf(piece: ParsedKey): string {
  return windowPrefix(piece, piece.branch, piece.start);
}

async function listBelow(
  { store }: LogAccess,
  prefix: string,
  signal?: AbortSignal,
): Promise<readonly ListedPiece[]> {
  const found: ListedPiece[] = [];
  for await (const { key, size } of store.list(prefix, signal)) {
    const parsed = parseLogKey(key);
    if (parsed !== undefined) found.push({ ...parsed, size });
  }
  return found.sort(byPlace);
}

function byPlace(a: ParsedKey, b: ParsedKey): number {
  if (a.branch !== b.branch) return a.branch < b.branch ? -1 : 1;
  return compare(a.start, b.start) || compare(a.end, b.end) || (a.key < b.key ? -1 : 1);
}

function compare(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
