import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { listIds } from '../index/load-index.ts';
import type { Snapshot, SnapshotFilter } from '../repository-types.ts';
import { loadUnpacked, type RepositoryAccess } from '../unpacked.ts';
import { decodeSnapshot } from './snapshot-codec.ts';

/** How many snapshot files are fetched at once. */
const fetchesMax = 8;

/** Oldest first. One that is forgotten while the others are read is left out; one that is listed and not there is damage. */
export async function loadSnapshots(
  access: RepositoryAccess,
  filter: SnapshotFilter = {},
  signal?: AbortSignal,
): Promise<Snapshot[]> {
  const ids = await listIds(access, 'snapshot', signal);
  const snapshots: Snapshot[] = [];
  for (let at = 0; at < ids.length; at += fetchesMax) {
    const batch = ids.slice(at, at + fetchesMax);
    snapshots.push(...(await Promise.all(batch.map((id) => loadUnlessForgotten(access, id, signal)))).flat());
  }
  return snapshots.filter((snapshot) => matches(snapshot, filter)).sort(byTime);
}

/** Whoever reads without a lock may be overtaken by a forget. */
async function loadUnlessForgotten(
  access: RepositoryAccess,
  id: string,
  signal: AbortSignal | undefined,
): Promise<readonly Snapshot[]> {
  try {
    return [await loadSnapshot(access, id, signal)];
  } catch (error) {
    if (!hasCode(error, 'OBJECT_MISSING')) throw error;
    if ((await listIds(access, 'snapshot', signal)).includes(id)) throw error;
    return [];
  }
}

/** `latest` or a prefix of an id. */
export async function findSnapshot(
  access: RepositoryAccess,
  selector: string,
  filter: SnapshotFilter = {},
  signal?: AbortSignal,
): Promise<Snapshot> {
  if (selector === 'latest') {
    const latest = (await loadSnapshots(access, filter, signal)).at(-1);
    if (latest) return latest;
    throw notFound(
      'the vault has no snapshot that matches',
      'Run `lifeboat snapshots` to see what there is.',
    );
  }
  const matching = (await listIds(access, 'snapshot', signal)).filter((id) => id.startsWith(selector));
  const [id] = matching;
  if (id === undefined || !/^[0-9a-f]+$/.test(selector)) {
    throw notFound(
      `no snapshot has an id that begins with "${selector}"`,
      'Run `lifeboat snapshots` to see the ids.',
    );
  }
  if (matching.length > 1) throw ambiguous(selector, matching);
  return await loadSnapshot(access, id, signal);
}

export async function loadSnapshot(
  access: RepositoryAccess,
  id: string,
  signal?: AbortSignal,
): Promise<Snapshot> {
  return decodeSnapshot(id, await loadUnpacked(access, 'snapshot', id, signal));
}

function matches(snapshot: Snapshot, filter: SnapshotFilter): boolean {
  if (filter.hostname !== undefined && snapshot.hostname !== filter.hostname) return false;
  if (filter.tags?.some((tag) => !snapshot.tags?.includes(tag))) return false;
  if (filter.paths === undefined) return true;
  return [...filter.paths].sort().join('\0') === [...snapshot.paths].sort().join('\0');
}

function byTime(a: Snapshot, b: Snapshot): number {
  return a.timeMs - b.timeMs || (a.time < b.time ? -1 : a.time > b.time ? 1 : 0) || (a.id < b.id ? -1 : 1);
}

function notFound(message: string, hint: string): LifeboatError {
  return new LifeboatError('SNAPSHOT_NOT_FOUND', message, { hint });
}

function ambiguous(selector: string, ids: readonly string[]): LifeboatError {
  return new LifeboatError(
    'SNAPSHOT_AMBIGUOUS',
    `"${selector}" is the beginning of ${ids.length} snapshot ids`,
    {
      hint: `Use more digits: ${ids
        .slice(0, 4)
        .map((id) => id.slice(0, 12))
        .join(', ')}.`,
    },
  );
}
