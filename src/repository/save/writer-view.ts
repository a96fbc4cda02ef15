/**
 * What a writer knows of the repository. Marked places are left out, as if they were not there: what they hold is
 * written again, so that a sweep may take them away while the writer stands aside.
 */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { BlobIndex } from '../index/blob-index.ts';
import type { PackedBlob } from '../pack/pack-header.ts';
import {
  isGivenUp,
  loadMark,
  type MarkedPack,
  markNames,
  type PruneMark,
  packsOfMarks,
} from '../prune/prune-marks.ts';
import { createTreeReader } from '../read/tree-reader.ts';
import type { IndexView, Session } from '../session.ts';
import type { RepositoryAccess } from '../unpacked.ts';

/** Marks that can be read. What nobody can read the writer does not know, and it will not yield to its sweep. */
export async function knownMarks(access: RepositoryAccess, signal?: AbortSignal): Promise<PruneMark[]> {
  const marks: PruneMark[] = [];
  for (const name of await markNames(access, signal)) {
    try {
      marks.push(await loadMark(access, name, signal));
    } catch (error) {
      if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
    }
  }
  return marks;
}

/** Of the view of all that is there. */
export function writerView(session: Session, whole: IndexView, marks: readonly PruneMark[]): IndexView {
  if (marks.length === 0) return whole;
  const marked = packsOfMarks(marks);
  const index = new BlobIndex();
  for (const pack of whole.index.packs()) {
    const mark = marked.get(pack.id);
    index.addPack(pack.id, mark === undefined ? pack.blobs : dependable(pack.blobs, mark));
  }
  // readers of this repository see all that is there, and load it when they ask
  session.view = undefined;
  return { index, trees: createTreeReader(session.access, index) };
}

/** An index that tells the pack's places otherwise than the mark saw them makes nothing of it dependable. */
function dependable(blobs: readonly PackedBlob[], mark: MarkedPack): readonly PackedBlob[] {
  if (mark.kind !== 'rewrite' || blobs.length !== mark.blobs) return [];
  return blobs
    .toSorted((a, b) => a.offset - b.offset)
    .filter((_blob, position) => !isGivenUp(mark, position));
}

/** Raises VAULT_LOCKED when something is gone that the writer had stored or relied on. */
export function requireAllStillThere(before: BlobIndex, now: BlobIndex): void {
  for (const { type, id, packId } of before.entries()) {
    if (now.has(type, id)) continue;
    throw new LifeboatError(
      'VAULT_LOCKED',
      `while this backup stood aside for a prune, somebody else removed the pack ${packId}, on which it relied`,
      {
        hint: 'Run the backup again. Nothing that was visible before has changed; what this one wrote is unused.',
        retryable: true,
        details: { pack: packId, blob: id },
      },
    );
  }
}
