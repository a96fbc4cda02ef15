/** Deletes what nothing needs any more: first as a preview, then exactly that. */
import { joined } from './coverage.ts';
import { deletePieces, newDeleting } from './delete-pieces.ts';
import { type ListedPiece, listLog } from './list-log.ts';
import type { LogAccess } from './log-access.ts';
import type { TrimPreview, TrimReport } from './log-keeping.ts';

export async function previewTrim(
  access: LogAccess,
  needs: ReadonlyMap<string, bigint | 'nothing'>,
  signal?: AbortSignal,
): Promise<TrimPreview> {
  const pieces = (await listLog(access, signal)).filter((piece) =>
    isUnneeded(piece, needs.get(piece.branch)),
  );
  const branches = [...Map.groupBy(pieces, ({ branch }) => branch)].map(([branch, own]) => {
    const need = needs.get(branch);
    return { branch, spans: joined(own), ...(typeof need === 'bigint' ? { keptFrom: need } : {}) };
  });
  const bytes = pieces.reduce((sum, { size }) => sum + size, 0);
  return { branches, pieces: pieces.map(({ key, size }) => ({ key, size })), bytes };
}

/** Histories are small, and tell how branches that are needed came to be. */
function isUnneeded({ form, end }: ListedPiece, need: bigint | 'nothing' | undefined): boolean {
  if (form === 'history' || need === undefined) return false;
  return need === 'nothing' || end <= need;
}

/** In order of positions: cut off anywhere, what is left hangs together. */
export async function trimLog(
  access: LogAccess,
  { pieces }: TrimPreview,
  signal?: AbortSignal,
): Promise<TrimReport> {
  const deleting = newDeleting();
  await deletePieces(access, pieces, deleting, signal);
  const { deleted, bytes, kept } = deleting;
  const [first] = pieces;
  const isKept = kept > 0 && first !== undefined;
  const what = `and ${kept - 1} more are not needed, and the store does not delete them`;
  return { deleted, bytes, kept, findings: isKept ? [{ kind: 'kept', key: first.key, what }] : [] };
}
