/** Which packs a restore reads, without reading any data: what must be within reach before it begins. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { objectKey } from '../layout.ts';
import { entryBytes, headerLengthBytes, sealOverheadBytes } from '../pack/pack-header.ts';
import { coldObjects } from '../prune/retained-objects.ts';
import type { TreeReader } from '../read/tree-reader.ts';
import type { NeededPack, PathSelection, Snapshot } from '../repository-types.ts';
import { planRestore, type RestorePlan } from './restore-plan.ts';
import { wantedBlobs } from './wanted-blobs.ts';

/** Packs of data alone. Raises OBJECT_COLD when a folder on the way lies in a pack that must be thawed itself. */
export async function packsOfRestore(
  { index, trees }: { readonly index: BlobIndex; readonly trees: TreeReader },
  snapshot: Snapshot,
  selection: PathSelection,
): Promise<readonly NeededPack[]> {
  const plan = await planRestore(trees, snapshot, selection);
  return packsCalled(index, new Set(wantedBlobs(plan.files, index).packIds));
}

/** Packs that hold folders, of all snapshots: what is in them is only known when they are read. */
export function packsOfTrees(index: BlobIndex): readonly NeededPack[] {
  const numbers = new Set<number>();
  for (let entry = 0; entry < index.size; entry++)
    if (index.isTreeAt(entry)) numbers.add(index.packNumberAt(entry));
  return packsCalled(index, new Set([...numbers].map((number) => index.packIds[number] ?? '')));
}

function packsCalled(index: BlobIndex, ids: ReadonlySet<string>): readonly NeededPack[] {
  const bytes = new Map<number, number>();
  const numbers = new Map([...ids].map((id) => [index.packNumberOf(id) ?? -1, id]));
  for (let entry = 0; entry < index.size; entry++) {
    const pack = index.packNumberAt(entry);
    if (!numbers.has(pack)) continue;
    const before = bytes.get(pack) ?? sealOverheadBytes + headerLengthBytes;
    const inHeader = entryBytes({ uncompressedLength: index.isCompressedAt(entry) ? 1 : 0 });
    bytes.set(pack, before + index.lengthAt(entry) + inHeader);
  }
  return [...numbers].map(([number, id]) => ({ key: objectKey('pack', id), bytes: bytes.get(number) ?? 0 }));
}

/** Before anything is written. Raises OBJECT_COLD. A store without archive classes is asked nothing. */
export async function refuseColdPacks(
  store: ObjectStore,
  index: BlobIndex,
  { files }: RestorePlan,
  signal?: AbortSignal,
): Promise<void> {
  if (store.abilities.thaw === undefined) return;
  const keys = wantedBlobs(files, index).packIds.map((id) => objectKey('pack', id));
  const cold = await coldObjects(store, keys, signal);
  const [first] = cold;
  if (first === undefined) return;
  throw new LifeboatError(
    'OBJECT_COLD',
    `${cold.size} of the ${keys.length} packs that this restore needs are in an archive class of ${store.location} and must be thawed first`,
    {
      hint: 'Run the restore with `--thaw standard`: it shows what that takes, asks for it, waits and goes on. Nothing was written.',
      details: { packs: cold.size, of: keys.length, key: first },
    },
  );
}
