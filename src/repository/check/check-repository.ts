/**
 * Looks for damage: index files against packs, snapshots and trees against the index, and on demand every
 * byte of the packs. Source: restic `check`, as in restic-v2 section 15.
 */
import { randomInt } from '../../platform/random.ts';
import { BlobIndex } from '../index/blob-index.ts';
import { listIds } from '../index/load-index.ts';
import { objectKey } from '../layout.ts';
import type { CheckOptions, CheckReport, Snapshot } from '../repository-types.ts';
import { loadSnapshot } from '../snapshot/snapshot-list.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { checkIndexFiles } from './check-index.ts';
import { checkKeys } from './check-keys.ts';
import { checkPackData } from './check-pack-data.ts';
import { checkTrees } from './check-trees.ts';
import { type Findings, recording } from './findings.ts';

export async function checkRepository(
  access: RepositoryAccess,
  workers: number,
  options: CheckOptions = {},
): Promise<CheckReport> {
  const findings: Findings = { errors: [], hints: [] };
  await checkKeys(access.store, findings, options.signal);
  // snapshots before the index, so that whatever they refer to is in it
  const snapshots = await checkSnapshots(access, findings, options.signal);
  const index = new BlobIndex();
  const packs = await checkIndexFiles(access, index, findings, options.signal);
  await checkTrees(access, index, snapshots, findings, options);
  const packSizes = new Map([...packs].filter(([id]) => index.hasPack(id)).sort());
  const chosen = choosePacks(packSizes, options.readData);
  const { bytesRead, coldPackIds } = await checkPackData(
    { access, index, workers, packs: chosen, sizes: packs },
    findings,
    options,
  );
  const cold = new Set(coldPackIds);
  return {
    packs: packs.size,
    packsRead: chosen.length - coldPackIds.length,
    bytesRead,
    blobs: index.size,
    snapshots: snapshots.length,
    packSizes,
    soundPackIds: chosen.filter((id) => !isNamed(findings, objectKey('pack', id)) && !cold.has(id)),
    coldPackIds,
    errors: findings.errors,
    hints: findings.hints,
  };
}

async function checkSnapshots(
  access: RepositoryAccess,
  findings: Findings,
  signal?: AbortSignal,
): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  for (const id of await listIds(access, 'snapshot', signal)) {
    const snapshot = await recording(findings, objectKey('snapshot', id), () =>
      loadSnapshot(access, id, signal),
    );
    if (snapshot) snapshots.push(snapshot);
  }
  return snapshots;
}

function isNamed({ errors }: Findings, object: string): boolean {
  return errors.some((finding) => finding.object === object);
}

/** Restic's subsets: `n/t` by the first byte of the id, or a random share, at least one pack. */
function choosePacks(sizes: ReadonlyMap<string, number>, readData: CheckOptions['readData']): string[] {
  const ids = [...sizes.keys()];
  if (readData === undefined) return [];
  if (typeof readData === 'object' && 'choose' in readData)
    return readData.choose(sizes).filter((id) => sizes.has(id));
  if (readData === 'all') return [...ids];
  if ('part' in readData)
    return ids.filter((id) => Number.parseInt(id.slice(0, 2), 16) % readData.of === readData.part - 1);
  const wanted = Math.min(ids.length, Math.max(1, Math.ceil((ids.length * readData.percent) / 100)));
  const pool = [...ids];
  return Array.from({ length: wanted }, () => pool.splice(randomInt(0, pool.length), 1)).flat();
}
