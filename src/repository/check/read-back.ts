/**
 * Reads back every byte that certain snapshots need, so that it can be said of each of them that it is whole.
 * Packs that were read before, and are still there in the right size, need not be read again: packs never
 * change once written. Which of them that holds for is the caller's to know and to forget after a while.
 */
import { randomInt } from '../../platform/random.ts';
import { BlobIndex } from '../index/blob-index.ts';
import type { IndexedPack } from '../index/index-file.ts';
import { indexFiles } from '../index/load-index.ts';
import { objectKey } from '../layout.ts';
import { entryBytes, headerLengthBytes, sealOverheadBytes } from '../pack/pack-header.ts';
import type { CheckFinding, ReadBackOptions, ReadBackReport, SnapshotFindings } from '../repository-types.ts';
import { loadSnapshot } from '../snapshot/snapshot-list.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { listPacks } from './check-index.ts';
import { checkPackData } from './check-pack-data.ts';
import { checkTrees } from './check-trees.ts';
import { type Findings, recording } from './findings.ts';

export async function readBack(
  access: RepositoryAccess,
  workers: number,
  snapshotIds: readonly string[],
  options: ReadBackOptions = {},
): Promise<ReadBackReport> {
  const index = await indexOf(access, options);
  const sizes = await listPacks(access, options.signal);
  const needs = new Map<string, SnapshotNeeds>();
  for (const id of snapshotIds) needs.set(id, await needsOf(access, index, id, options));
  const needed = new Set([...needs.values()].flatMap(({ packs }) => [...packs]));
  const there = [...needed].filter((id) => sizes.has(id)).sort();
  const known = there.filter((id) => options.alreadyRead?.has(id));
  const sample = drawSample(known, sizes, options.sample);
  const knownErrors = options.knownErrors ?? [];
  const knownBad = new Set(knownErrors.map(({ object }) => object));
  const toRead = there
    .filter((id) => !options.alreadyRead?.has(id) || sample.has(id))
    .filter((id) => !knownBad.has(objectKey('pack', id)));
  const packFindings: Findings = { errors: [], hints: [] };
  const { bytesRead, coldPackIds } = await checkPackData(
    { access, index, workers, packs: toRead, sizes },
    packFindings,
    options,
  );
  const cold = new Set(coldPackIds);
  // what was read before it went cold was right then, as it is for every pack that is not drawn for the sample
  const unread = new Set(coldPackIds.filter((id) => !options.alreadyRead?.has(id)));
  const found = [...packFindings.errors, ...wrongSizes(index, needed, sizes)];
  const wrong = [...knownErrors, ...found.filter(({ object }) => !knownBad.has(object))];
  const byPack = Map.groupBy(distinct(wrong), ({ object }) => object);
  return {
    snapshots: [...needs].map(([id, need]) => ({
      id,
      errors: errorsOf(need, byPack),
      coldPacks: [...need.packs].filter((pack) => unread.has(pack)).length,
    })),
    readPackIds: toRead.filter((id) => !byPack.has(objectKey('pack', id)) && !cold.has(id)),
    packsNeeded: needed.size,
    bytesRead,
  };
}

function distinct(findings: readonly CheckFinding[]): readonly CheckFinding[] {
  return [...new Map(findings.map((finding) => [`${finding.object} ${finding.what}`, finding])).values()];
}

/** A few packs that need not be read: what rots is found sooner when it is looked for everywhere. */
function drawSample(
  known: readonly string[],
  sizes: ReadonlyMap<string, number>,
  sample: ReadBackOptions['sample'],
): Set<string> {
  const drawn = new Set<string>();
  const pool = [...known];
  let bytes = 0;
  for (let turn = 0; turn < (sample?.packs ?? 0) && pool.length > 0; turn++) {
    const [id = ''] = pool.splice(randomInt(0, pool.length), 1);
    bytes += sizes.get(id) ?? 0;
    if (bytes > (sample?.bytes ?? 0)) break;
    drawn.add(id);
  }
  return drawn;
}

/** A pack may stand in two index files, which is harmless: it counts once. */
async function indexOf(
  access: RepositoryAccess,
  { suspectedPacks, signal }: ReadBackOptions,
): Promise<BlobIndex> {
  const index = new BlobIndex();
  const suspected: IndexedPack[] = [];
  for await (const { packs } of indexFiles(access, signal)) {
    for (const pack of packs) {
      if (suspectedPacks?.has(pack.id)) suspected.push(pack);
      else if (!index.hasPack(pack.id)) index.addPack(pack.id, pack.blobs);
    }
  }
  // the place that was added first is the one that is found
  for (const { id, blobs } of suspected) if (!index.hasPack(id)) index.addPack(id, blobs);
  return index;
}

interface SnapshotNeeds {
  readonly packs: ReadonlySet<string>;
  readonly findings: Findings;
}

async function needsOf(
  access: RepositoryAccess,
  index: BlobIndex,
  id: string,
  options: ReadBackOptions,
): Promise<SnapshotNeeds> {
  const findings: Findings = { errors: [], hints: [] };
  const snapshot = await recording(findings, objectKey('snapshot', id), () =>
    loadSnapshot(access, id, options.signal),
  );
  if (!snapshot) return { packs: new Set(), findings };
  const { packs, missing } = await checkTrees(access, index, [snapshot], findings, options);
  findings.errors.push(...missing);
  const ids = findings.errors.length > 0 ? [] : Array.from(packs, (pack) => index.packIds[pack] ?? '');
  return { packs: new Set(ids), findings };
}

/** Of packs that need not be read again, presence and size still tell. */
function wrongSizes(
  index: BlobIndex,
  needed: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): CheckFinding[] {
  const expected = packSizes(index, needed);
  return [...needed].flatMap((id) => {
    const size = sizes.get(id);
    if (size === expected.get(id)) return [];
    const what = size === undefined ? 'is missing' : `is ${size} bytes long instead of ${expected.get(id)}`;
    return [
      {
        object: objectKey('pack', id),
        what,
        hint: '`lifeboat repair heal` makes it anew from another vault.',
      },
    ];
  });
}

function packSizes(index: BlobIndex, needed: ReadonlySet<string>): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const blob of index.entries()) {
    if (!needed.has(blob.packId)) continue;
    const before = sizes.get(blob.packId) ?? sealOverheadBytes + headerLengthBytes;
    sizes.set(blob.packId, before + blob.length + entryBytes(blob));
  }
  return sizes;
}

function errorsOf(
  { packs, findings }: SnapshotNeeds,
  byPack: ReadonlyMap<string, readonly CheckFinding[]>,
): SnapshotFindings['errors'] {
  return [...findings.errors, ...[...packs].flatMap((id) => byPack.get(objectKey('pack', id)) ?? [])];
}
