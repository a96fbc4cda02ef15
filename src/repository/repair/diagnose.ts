/** Reads every object of a repository and says which are not what they should be, each by its name. */
import { checkPackData } from '../check/check-pack-data.ts';
import type { Findings } from '../check/findings.ts';
import { BlobIndex } from '../index/blob-index.ts';
import { listIds } from '../index/load-index.ts';
import { keyFileProblem } from '../key/manage-keys.ts';
import { idInKey, objectKey } from '../layout.ts';
import { decodeLockFile } from '../lock/lock-file.ts';
import { createTreeReader } from '../read/tree-reader.ts';
import type { BlobName, Diagnosis, RepairWork } from '../repair-types.ts';
import type { Snapshot } from '../repository-types.ts';
import type { Session } from '../session.ts';
import { loadSnapshot } from '../snapshot/snapshot-list.ts';
import { loadUnpacked, parseJson, type RepositoryAccess } from '../unpacked.ts';
import { type Anatomy, anatomyOf, unlessDamaged } from './anatomy.ts';
import { planIndexRepair } from './repair-index.ts';
import { nameText } from './repair-packs.ts';
import { walkNeeded } from './walk-needed.ts';

export async function diagnose(session: Session, work: RepairWork): Promise<Diagnosis> {
  const { access } = session;
  const { signal } = work;
  const anatomy = await anatomyOf(access, signal);
  const { preview, write } = await planIndexRepair(access, anatomy, work);
  const index = new BlobIndex();
  for (const { id, blobs } of write) index.addPack(id, blobs);
  for (const packs of anatomy.files.values())
    for (const { id, blobs } of packs)
      if (anatomy.packs.has(id) && !index.hasPack(id)) index.addPack(id, blobs);
  const { damagedPacks, soundPacks, bytesRead } = await readPacks(session, anatomy, index, work);
  const { snapshots, damagedSnapshots } = await readSnapshots(access, anatomy, signal);
  return {
    fingerprint: anatomy.fingerprint,
    damagedKeys: await damagedOf(access, 'key', (id) => isGoodKey(access, id, signal), signal),
    damagedIndexFiles: anatomy.damagedFiles,
    damagedSnapshots,
    damagedLocks: await damagedOf(access, 'lock', (id) => isGoodLock(access, id, signal), signal),
    damagedPacks: [...damagedPacks, ...preview.unreadablePacks.filter((id) => !index.hasPack(id))],
    missingPacks: preview.missingPacks,
    unindexedPacks: preview.addedPacks,
    ...(await neededBlobs(access, { index, named: namedBy(anatomy, preview.addedPacks) }, snapshots, signal)),
    bytesRead,
    soundPacks,
  };
}

async function readPacks(session: Session, anatomy: Anatomy, index: BlobIndex, work: RepairWork) {
  const { access, workers } = session;
  const packs = [...anatomy.packs.keys()].filter((id) => index.hasPack(id)).sort();
  const findings: Findings = { errors: [], hints: [] };
  const { bytesRead, coldPackIds } = await checkPackData(
    { access, index, workers, packs, sizes: anatomy.packs },
    findings,
    work,
  );
  const damaged = new Set(findings.errors.map(({ object }) => idInKey(object)));
  const isDamaged = (id: string): boolean => damaged.has(id);
  const cold = new Set(coldPackIds);
  return {
    damagedPacks: packs.filter(isDamaged),
    soundPacks: packs.filter((id) => !isDamaged(id) && !cold.has(id)),
    bytesRead,
  };
}

async function readSnapshots(access: RepositoryAccess, anatomy: Anatomy, signal?: AbortSignal) {
  const snapshots: Snapshot[] = [];
  const damagedSnapshots: string[] = [];
  for (const id of anatomy.snapshotIds) {
    const snapshot = await unlessDamaged(() => loadSnapshot(access, id, signal));
    if (snapshot) snapshots.push(snapshot);
    else damagedSnapshots.push(id);
  }
  return { snapshots, damagedSnapshots };
}

/** What the index files themselves place in packs that are there; `undefined` when they know every pack. */
function namedBy(anatomy: Anatomy, unindexedPacks: readonly string[]): BlobIndex | undefined {
  if (unindexedPacks.length === 0) return undefined;
  const named = new BlobIndex();
  for (const packs of anatomy.files.values())
    for (const { id, blobs } of packs)
      if (anatomy.packs.has(id) && !named.hasPack(id)) named.addPack(id, blobs);
  return named;
}

interface Indexes {
  /** Of every pack that can be read. */
  readonly index: BlobIndex;
  /** Of the index files alone, where they lack packs. */
  readonly named: BlobIndex | undefined;
}

/** A tree that lies in a damaged pack is that pack's matter: only what no pack has is missing. */
async function neededBlobs(
  access: RepositoryAccess,
  { index, named }: Indexes,
  snapshots: readonly Snapshot[],
  signal?: AbortSignal,
): Promise<Pick<Diagnosis, 'missingBlobs' | 'unindexedBlobs'>> {
  let unindexedBlobs = 0;
  const trees = createTreeReader(access, index);
  const missing = new Map<string, BlobName>();
  await walkNeeded(
    snapshots.map(({ tree }) => tree),
    (id) => unlessDamaged(() => trees.load(id, signal)),
    (blob) => {
      if (!index.has(blob.type, blob.id)) missing.set(nameText(blob), blob);
      else if (named?.has(blob.type, blob.id) === false) unindexedBlobs++;
    },
    signal,
  );
  return { missingBlobs: [...missing.values()], unindexedBlobs };
}

async function damagedOf(
  access: RepositoryAccess,
  kind: 'key' | 'lock',
  isGood: (id: string) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<string[]> {
  const damaged: string[] = [];
  for (const id of await listIds(access, kind, signal)) if (!(await isGood(id))) damaged.push(id);
  return damaged;
}

async function isGoodKey({ store }: RepositoryAccess, id: string, signal?: AbortSignal): Promise<boolean> {
  const bytes = await unlessDamaged(() => store.get(objectKey('key', id), undefined, signal));
  return bytes === undefined || keyFileProblem(bytes, id) === undefined;
}

/** One that was released meanwhile is no damage; an empty one is what restic ignores as well. */
async function isGoodLock(access: RepositoryAccess, id: string, signal?: AbortSignal): Promise<boolean> {
  const key = objectKey('lock', id);
  const bytes = await unlessDamaged(() => access.store.get(key, undefined, signal));
  if (bytes === undefined || bytes.length === 0) return true;
  const json = await unlessDamaged(async () =>
    parseJson(await loadUnpacked(access, 'lock', id, signal), key),
  );
  if (json !== undefined) return decodeLockFile(json) !== undefined;
  return (await unlessDamaged(() => access.store.stat(key, signal))) === undefined;
}
