/**
 * The objects without which certain snapshots cannot be restored: their packs, the index files that name these, the
 * snapshots themselves, all keys and the config. Packs count by one place of each blob, in a pack that may be damaged only
 * where there is no other; the walk is that of prune. A lock must be held.
 */
import { defined } from '../../error/assert.ts';
import { listIds } from '../index/load-index.ts';
import { configKey, objectKey } from '../layout.ts';
import { isThere, lostBlob } from '../prune/choose-packs.ts';
import { type FindUsedOptions, findUsed, isUsed, type UsedBlobs } from '../prune/find-used.ts';
import { flagsOf, loadPlaces, type Places } from '../prune/places.ts';
import { loadMarks, packsOfMarks } from '../prune/prune-marks.ts';
import type { NeededBy, NeededObject, NeededObjects, NeededOptions } from '../repository-types.ts';
import { loadSnapshot } from '../snapshot/snapshot-list.ts';
import type { RepositoryAccess } from '../unpacked.ts';

/** Raises VAULT_DAMAGED, OBJECT_DAMAGED, OBJECT_MISSING when it cannot be known what is needed. */
export async function neededObjects(
  access: RepositoryAccess,
  groups: readonly NeededBy[],
  options: NeededOptions = {},
): Promise<NeededObjects> {
  const { signal } = options;
  const places = await loadPlaces(access, signal);
  const suspected = flagsOf(places, options.suspectedPacks);
  const marks = packsOfMarks(await loadMarks(access, signal));
  const going = filesNaming(places, marks.keys());
  const common = await commonKeys(access, signal);
  const objects = new Map<string, NeededObject & { readonly groups: string[] }>();
  const files = new Set<number>();
  for (const { group, snapshotIds } of groups) {
    if (snapshotIds.length === 0) continue;
    const need = (key: string, size?: number): void => {
      const known = objects.get(key) ?? { key, ...(size === undefined ? {} : { size }), groups: [] };
      known.groups.push(group);
      objects.set(key, known);
    };
    const packs = packsOf(places, await usedBlobs(access, places, snapshotIds, options), suspected);
    for (const pack of packs)
      need(objectKey('pack', defined(places.index.packIds[pack], 'a pack')), places.packBytes[pack]);
    const naming = new Set([...packs].flatMap((pack) => places.filesOfPack[pack] ?? []));
    for (const file of naming) files.add(file);
    const lasting = [...naming].filter((file) => !going.has(file));
    const small = [...lasting.map((file) => indexKey(places, file)), ...common];
    for (const key of [...small, ...snapshotIds.map((id) => objectKey('snapshot', id))]) need(key);
  }
  return {
    objects: [...objects.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    replaceable: [...files]
      .filter((file) => going.has(file))
      .map((file) => indexKey(places, file))
      .sort(),
  };
}

async function usedBlobs(
  access: RepositoryAccess,
  places: Places,
  snapshotIds: readonly string[],
  options: FindUsedOptions,
): Promise<UsedBlobs> {
  const trees: string[] = [];
  for (const id of snapshotIds) trees.push((await loadSnapshot(access, id, options.signal)).tree);
  return await findUsed(access, places, trees, options);
}

function indexKey(places: Places, file: number): string {
  return objectKey('index', defined(places.files[file], 'an index file').id);
}

async function commonKeys(access: RepositoryAccess, signal?: AbortSignal): Promise<readonly string[]> {
  const keys = await listIds(access, 'key', signal);
  return [configKey, ...keys.map((id) => objectKey('key', id))];
}

/** Of a blob that lies in several packs, the first of them that is there; `suspected` ones, by number of the pack, come last. */
function packsOf(places: Places, blobs: UsedBlobs, suspected: Uint8Array): ReadonlySet<number> {
  const { index, firsts } = places;
  const packs = new Set<number>();
  const found = new Uint8Array(index.size);
  const isOpen = (first: number): boolean => isUsed(blobs, first) && found[first] !== 1;
  for (const flag of [0, 1])
    for (const [place, first] of firsts.entries()) {
      const pack = index.packNumberAt(place);
      if (suspected[pack] !== flag || !isOpen(first) || !isThere(places, place)) continue;
      found[first] = 1;
      packs.add(pack);
    }
  for (const [place, first] of firsts.entries())
    if (first === place && isOpen(first)) throw lostBlob(places, first);
  return packs;
}

/** Such an index file is written anew by the sweep, and can be made from the packs; retained, it would keep what goes. */
function filesNaming(places: Places, packIds: Iterable<string>): ReadonlySet<number> {
  const files = new Set<number>();
  for (const id of packIds) {
    const pack = places.index.packNumberOf(id);
    for (const file of pack === undefined ? [] : (places.filesOfPack[pack] ?? [])) files.add(file);
  }
  return files;
}
