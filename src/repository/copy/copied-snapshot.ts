/**
 * The snapshot that a copy becomes, and how two snapshots are known to be copies of each other. As restic's copy does
 * it, so that each recognises what the other has copied: the parent goes, for it means nothing in another repository,
 * and `original` keeps the id of the first of them. Source: restic `cmd/restic/cmd_copy.go`.
 */
import type { Snapshot } from '../repository-types.ts';

export function copiedFields(source: Snapshot): Omit<Snapshot, 'id'> {
  const { id, parent: _parent, ...fields } = source;
  return { ...fields, original: source.original ?? id };
}

/** The one among the snapshots of the target that is a copy of the source's, or what both were copied from. */
export function findCopy(source: Snapshot, inTarget: readonly Snapshot[]): Snapshot | undefined {
  const first = source.original ?? source.id;
  return inTarget.find(
    (candidate) => (candidate.id === first || candidate.original === first) && isSimilar(candidate, source),
  );
}

/** All but parent and original, and what says only how the snapshot was made. */
function isSimilar(a: Snapshot, b: Snapshot): boolean {
  return (
    a.timeMs === b.timeMs &&
    a.tree === b.tree &&
    a.hostname === b.hostname &&
    a.username === b.username &&
    (a.uid ?? 0) === (b.uid ?? 0) &&
    (a.gid ?? 0) === (b.gid ?? 0) &&
    sameSet(a.paths, b.paths) &&
    sameSet(a.tags ?? [], b.tags ?? []) &&
    sameList(a.excludes ?? [], b.excludes ?? [])
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return sameList([...a].sort(), [...b].sort());
}
