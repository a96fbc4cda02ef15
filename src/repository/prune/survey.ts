/** What is in a repository and what of it the snapshots need. A lock must be held. */
import { listIds } from '../index/load-index.ts';
import { loadSnapshots } from '../snapshot/snapshot-list.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { type FindUsedOptions, findUsed, type UsedBlobs } from './find-used.ts';
import { loadPlaces, type Places, withPacks } from './places.ts';

export interface Survey {
  readonly snapshotIds: readonly string[];
  readonly places: Places;
  readonly blobs: UsedBlobs;
}

/**
 * Snapshots, then the index, then every tree. With an earlier survey of the very same snapshots and index files, whose
 * names are digests of what they hold, what is needed is known already, and only the packs are listed again.
 */
export async function surveyRepository(
  access: RepositoryAccess,
  options: FindUsedOptions,
  earlier?: Survey,
): Promise<Survey> {
  const { signal, progress } = options;
  const snapshotIds = await listIds(access, 'snapshot', signal);
  if (earlier && (await isUnchanged(access, earlier, snapshotIds, signal)))
    return { ...earlier, places: await withPacks(access, earlier.places, signal) };
  progress?.({ phase: 'prune: read the index', doneFiles: 0, doneBytes: 0 });
  const snapshots = await loadSnapshots(access, {}, signal);
  const places = await loadPlaces(access, signal);
  const trees = snapshots.map(({ tree }) => tree);
  return { snapshotIds, places, blobs: await findUsed(access, places, trees, options) };
}

async function isUnchanged(
  access: RepositoryAccess,
  earlier: Survey,
  snapshotIds: readonly string[],
  signal?: AbortSignal,
): Promise<boolean> {
  const files = await listIds(access, 'index', signal);
  const earlierFiles = earlier.places.files.map(({ id }) => id).sort();
  return isSame(snapshotIds, earlier.snapshotIds) && isSame(files, earlierFiles);
}

/** Both sorted. */
function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, at) => id === b[at]);
}
