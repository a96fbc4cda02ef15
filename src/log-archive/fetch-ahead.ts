/** Objects are fetched before they are asked for: opening one and fetching the next go on at the same time. */
import type { ListedPiece } from './list-log.ts';
import type { LogAccess } from './log-access.ts';

/** As large as pieces get, these are a few dozen megabytes. */
const aheadMax = 3;

/** Of pieces in the order of the log, as far as `end`. Each may be asked for once. */
export function fetchAhead(
  { store }: LogAccess,
  pieces: readonly ListedPiece[],
  end: bigint,
  signal?: AbortSignal,
): (piece: ListedPiece) => Promise<Buffer> {
  const underway = new Map<string, Promise<Buffer>>();
  const start = ({ key }: ListedPiece): Promise<Buffer> => {
    const bytes = store.get(key, undefined, signal);
    // whether it is needed shows later, and then it is awaited
    bytes.catch(() => undefined);
    underway.set(key, bytes);
    return bytes;
  };
  return (piece) => {
    const own = underway.get(piece.key) ?? start(piece);
    const next = pieces.filter((other) => other.start >= piece.end && other.start < end);
    for (const other of next.slice(0, aheadMax)) if (!underway.has(other.key)) start(other);
    underway.delete(piece.key);
    return own;
  };
}
