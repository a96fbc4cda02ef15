/**
 * Makes damaged and missing objects anew: from what can still be read of them, and from other repositories that hold
 * the same blobs. New packs and their index come first, then snapshots, and only then the damaged objects go; a pack
 * of which something needed is lost stays where it is. Interrupted anywhere, nothing that could be read is gone.
 */
import { forEachLimited } from '../for-each-limited.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { objectKey } from '../layout.ts';
import type { HeldLock } from '../lock/with-lock.ts';
import { createTreeReader, type TreeReader } from '../read/tree-reader.ts';
import type { BlobName, HealReport, HealRequest, SnapshotToMake } from '../repair-types.ts';
import type { Snapshot } from '../repository-types.ts';
import type { Session } from '../session.ts';
import { encodeSnapshot } from '../snapshot/snapshot-codec.ts';
import { loadSnapshot } from '../snapshot/snapshot-list.ts';
import { decodeTree } from '../tree/decode-tree.ts';
import type { Node } from '../tree/node.ts';
import { saveUnpacked } from '../unpacked.ts';
import { type Anatomy, anatomyOf, indexedBlobs, unlessDamaged } from './anatomy.ts';
import { type BlobWriter, createBlobWriter } from './blob-writer.ts';
import type { Donors } from './donors.ts';
import { dropPacks, isDeleted } from './drop-packs.ts';
import { putBackMisplaced } from './put-back.ts';
import { applyIndexRepair, planIndexRepair } from './repair-index.ts';
import { indexWithout, namesOf, nameText } from './repair-packs.ts';
import { salvagePack } from './salvage-pack.ts';
import { walkNeeded } from './walk-needed.ts';

const fetchesAtOnce = 4;

/** Under an exclusive lock. */
export async function heal(
  session: Session,
  donors: Donors,
  request: HealRequest,
  lock: HeldLock,
  signal: AbortSignal,
): Promise<HealReport> {
  const { access } = session;
  const { diagnosis } = request;
  const putBack = new Set(await misplaced(session, request, signal));
  await applyIndexRepair(access, await planIndexRepair(access, await anatomyOf(access, signal), {}), signal);
  const anatomy = await anatomyOf(access, signal);
  const bad = new Set(diagnosis.damagedPacks.filter((id) => !putBack.has(objectKey('pack', id))));
  const writer = createBlobWriter(session, signal);
  await salvage(session, anatomy, bad, writer, signal);
  await writer.finish();
  const toMake = request.snapshots.filter(({ replaces }) => !putBack.has(objectKey('snapshot', replaces)));
  const index = indexWithout(await anatomyOf(access, signal), bad);
  const roots = [
    ...(await treesOfSnapshots(session, anatomy, signal)),
    ...toMake.map(({ donor }) => donor.tree),
  ];
  const lost = await fetchMissing({ session, donors, index, writer, request, signal }, roots);
  await writer.finish();
  await lock.confirm();
  const made = await makeSnapshots(session, bad, toMake, signal);
  const kept = keptPacks(anatomy, bad, lost);
  const retained = [...(await dropPacks(access, new Set([...bad].filter((id) => !kept.has(id))), signal))];
  for (const id of made.keys()) {
    const key = objectKey('snapshot', id);
    if (!(await isDeleted(access.store, key, signal))) retained.push(key);
  }
  const { mended, lost: notMended } = outcome(request, putBack, kept, lost, made);
  return {
    mended: mended.filter((key) => !retained.includes(key)),
    lost: notMended,
    kept: retained,
    lostBlobs: lost,
    blobsMended: writer.blobs,
    bytesMended: writer.bytes,
    fromDonors: donors.given,
    snapshots: made,
    newPacks: writer.packIds,
  };
}

async function misplaced(session: Session, request: HealRequest, signal: AbortSignal): Promise<string[]> {
  const { diagnosis, wrongElsewhere, snapshots } = request;
  const keysOf = (kind: 'key' | 'index' | 'snapshot' | 'pack', ids: readonly string[]): string[] =>
    ids.map((id) => objectKey(kind, id));
  const wrong = [
    ...keysOf('key', diagnosis.damagedKeys),
    ...keysOf('index', diagnosis.damagedIndexFiles),
    ...keysOf('snapshot', diagnosis.damagedSnapshots),
    ...keysOf('pack', diagnosis.damagedPacks),
    ...wrongElsewhere,
  ];
  const gone = snapshots.map(({ replaces }) => replaces);
  const absent = [...keysOf('pack', diagnosis.missingPacks), ...keysOf('snapshot', gone)];
  return await putBackMisplaced(session.access, wrong, absent, signal);
}

async function salvage(
  { access }: Session,
  anatomy: Anatomy,
  bad: ReadonlySet<string>,
  writer: BlobWriter,
  signal: AbortSignal,
): Promise<void> {
  const indexed = indexedBlobs(anatomy, bad);
  const good = indexWithout(anatomy, bad);
  for (const packId of bad) {
    for await (const { type, id, bytes } of salvagePack(access, packId, indexed.get(packId) ?? [], signal))
      if (!good.has(type, id)) await writer.store(type, id, bytes);
  }
}

async function treesOfSnapshots(
  { access }: Session,
  { snapshotIds }: Anatomy,
  signal: AbortSignal,
): Promise<string[]> {
  const trees: string[] = [];
  for (const id of snapshotIds) {
    const snapshot = await unlessDamaged(() => loadSnapshot(access, id, signal));
    if (snapshot) trees.push(snapshot.tree);
  }
  return trees;
}

interface Fetching {
  readonly session: Session;
  readonly donors: Donors;
  /** Of good packs, those just written included. */
  readonly index: BlobIndex;
  readonly writer: BlobWriter;
  readonly request: HealRequest;
  readonly signal: AbortSignal;
}

/** Gets from the donors what the trees lead to and no good pack has. Returns what nobody has. */
async function fetchMissing(fetching: Fetching, roots: readonly string[]): Promise<BlobName[]> {
  const { session, donors, index, writer, request, signal } = fetching;
  const trees = createTreeReader(session.access, index);
  const missing = new Map<string, BlobName>();
  const lost: BlobName[] = [];
  await walkNeeded(
    roots,
    (id) => loadOrFetch(fetching, trees, id),
    (blob) => {
      if (!index.has(blob.type, blob.id)) missing.set(nameText(blob), blob);
    },
    signal,
  );
  let done = 0;
  await forEachLimited(donors.inPackOrder([...missing.values()]), fetchesAtOnce, async (blob) => {
    if (!writer.has(blob.type, blob.id)) {
      const bytes = await donors.fetch(blob, signal);
      if (bytes) await writer.store(blob.type, blob.id, bytes);
      else lost.push(blob);
    }
    request.progress?.({
      phase: 'heal',
      doneFiles: ++done,
      doneBytes: writer.bytes,
      totalFiles: missing.size,
    });
  });
  return lost;
}

async function loadOrFetch(
  { donors, writer, signal }: Fetching,
  trees: TreeReader,
  id: string,
): Promise<readonly Node[] | undefined> {
  const own = await unlessDamaged(() => trees.load(id, signal));
  if (own) return own;
  const bytes = await donors.fetch({ type: 'tree', id }, signal);
  if (!bytes) return undefined;
  await writer.store('tree', id, bytes);
  return decodeTree(bytes, `tree ${id}`);
}

/** Only those of which everything is there now. */
async function makeSnapshots(
  session: Session,
  bad: ReadonlySet<string>,
  toMake: readonly SnapshotToMake[],
  signal: AbortSignal,
): Promise<Map<string, Snapshot>> {
  const { access } = session;
  const index = indexWithout(await anatomyOf(access, signal), bad);
  const trees = createTreeReader(access, index);
  const made = new Map<string, Snapshot>();
  for (const { replaces, donor } of toMake) {
    let isWhole = true;
    await walkNeeded(
      [donor.tree],
      (id) => unlessDamaged(() => trees.load(id, signal)),
      ({ type, id }) => {
        isWhole &&= index.has(type, id);
      },
      signal,
    );
    if (!isWhole) continue;
    const { id, timeMs: _timeMs, parent: _parent, ...fields } = donor;
    const bytes = encodeSnapshot({ ...fields, original: donor.original ?? id });
    const newId = await saveUnpacked(access, 'snapshot', bytes, signal);
    made.set(replaces, await loadSnapshot(access, newId, signal));
  }
  return made;
}

/** Whoever finds another copy later may still want what is left of them. */
function keptPacks(anatomy: Anatomy, bad: ReadonlySet<string>, lost: readonly BlobName[]): Set<string> {
  const indexed = indexedBlobs(anatomy, bad);
  const names = new Set(lost.map(nameText));
  const holdsLost = (id: string): boolean => {
    const blobs = indexed.get(id);
    return blobs === undefined ? lost.length > 0 : namesOf(blobs).some((blob) => names.has(nameText(blob)));
  };
  return new Set([...bad].filter(holdsLost));
}

function outcome(
  { diagnosis }: HealRequest,
  putBack: ReadonlySet<string>,
  kept: ReadonlySet<string>,
  lost: readonly BlobName[],
  made: ReadonlyMap<string, Snapshot>,
): Pick<HealReport, 'mended' | 'lost'> {
  const isMended = (key: string, id: string): boolean =>
    putBack.has(key) || (key.startsWith('snapshots/') ? made.has(id) : !kept.has(id));
  const objects = [
    ...diagnosis.damagedPacks.map((id) => ({ id, key: objectKey('pack', id) })),
    ...diagnosis.damagedSnapshots.map((id) => ({ id, key: objectKey('snapshot', id) })),
    ...[...made.keys()].map((id) => ({ id, key: objectKey('snapshot', id) })),
  ];
  const missing = diagnosis.missingPacks.map((id) => objectKey('pack', id));
  const mended = objects.filter(({ key, id }) => isMended(key, id)).map(({ key }) => key);
  const isComplete = lost.length === 0;
  const index = diagnosis.damagedIndexFiles.map((id) => objectKey('index', id));
  return {
    mended: [...new Set([...putBack, ...index, ...mended, ...(isComplete ? missing : [])])].sort(),
    lost: [
      ...new Set([
        ...objects.filter(({ key, id }) => !isMended(key, id)).map(({ key }) => key),
        ...(isComplete ? [] : missing.filter((key) => !putBack.has(key))),
      ]),
    ].sort(),
  };
}
