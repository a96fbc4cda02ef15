/**
 * Looks for damage: index files against packs, snapshots and trees against the index, and on demand every
 * byte of the packs. Source: restic `check`, as in restic-v2 section 15.
 */
import { randomInt } from '../../platform/random.ts';
import { BlobIndex } from '../index/blob-index.ts';
import { inOrder, listIds } from '../index/load-index.ts';
import { objectKey } from '../layout.ts';
import type { CheckOptions, CheckReport, Snapshot } from '../repository-types.ts';
import { loadSnapshot } from '../snapshot/snapshot-list.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { checkIndexFiles, type IndexFilesRead } from './check-index.ts';
import { checkKeys } from './check-keys.ts';
import { checkPackData, type PackDataRead, startPackReaders } from './check-pack-data.ts';
import { checkTrees, type TreesOptions } from './check-trees.ts';
import { type Findings, recording } from './findings.ts';
import { strangeObjects } from './strange-objects.ts';
import { neededUnnamed, type PlacedPacks, placeUnnamed, unnamedFindings } from './unnamed-packs.ts';

export async function checkRepository(
  access: RepositoryAccess,
  workers: number,
  options: CheckOptions = {},
): Promise<CheckReport> {
  await using readers = options.readData === undefined ? undefined : startPackReaders(access, workers);
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  // each part finds for itself, so that the order of the findings is always the same
  const [keys, structure, data] = [noFindings(), noFindings(), noFindings()];
  const checkedKeys = checkKeys(access.store, keys, signal);
  const read = readStructure(access, structure, signal, failed);
  const walked = read.then((parts) =>
    walkTrees(access, parts, structure, {
      signal,
      ...(readers || options.progress === undefined ? {} : { progress: options.progress }),
    }),
  );
  const opened = read.then(async ({ index, files: { packs } }) => {
    const packSizes = new Map([...packs].filter(([id]) => index.hasPack(id)).sort());
    const chosen = choosePacks(packSizes, options.readData);
    const request = { access, index, workers, packs: chosen, sizes: packs, ...(readers && { readers }) };
    return { packSizes, chosen, ...(await checkPackData(request, data, { ...options, signal })) };
  });
  const strange = read.then(({ files }) => strangeObjects(access, files.strangers, signal));
  await toTheirEnd([checkedKeys, walked, opened, strange], failed);
  keys.hints.push(...(await strange));
  return reportOf(await read, await opened, await walked, [keys, structure, data]);
}

const noFindings = (): Findings => ({ errors: [], hints: [] });

/** The first failure ends the others, and is raised when they have ended, so that nobody works on without the lock. */
async function toTheirEnd(parts: readonly Promise<unknown>[], failed: AbortController): Promise<void> {
  for (const part of parts) part.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(parts);
  failed.signal.throwIfAborted();
}

interface Structure {
  readonly snapshots: readonly Snapshot[];
  readonly index: BlobIndex;
  readonly files: IndexFilesRead;
  /** What else could be brought into the index, where a file of it cannot be read. */
  readonly placed: PlacedPacks | undefined;
}

/** Snapshots are listed before the index, so that whatever they refer to is in it. */
async function readStructure(
  access: RepositoryAccess,
  findings: Findings,
  signal: AbortSignal,
  failed: AbortController,
): Promise<Structure> {
  const ids = await listIds(access, 'snapshot', signal);
  const index = new BlobIndex();
  const ofIndex = noFindings();
  const snapshots = checkSnapshots(access, ids, findings, signal);
  const reading = checkIndexFiles(access, index, ofIndex, signal);
  await toTheirEnd([snapshots, reading], failed);
  add(findings, ofIndex);
  const files = await reading;
  const placed = files.unreadable.size === 0 ? undefined : await placeUnnamed(access, index, files, signal);
  return { snapshots: await snapshots, index, files, placed };
}

/**
 * Where something is missing, it is looked for in packs that no index file names, and the trees are walked again.
 * Returns the ids of such packs that may hold what is needed.
 */
async function walkTrees(
  access: RepositoryAccess,
  { snapshots, index, files, placed }: Structure,
  findings: Findings,
  options: TreesOptions,
): Promise<ReadonlySet<string>> {
  const walk = async (known: PlacedPacks | undefined) => {
    const found = noFindings();
    const request = { ...options, ...(known === undefined ? {} : { unnamedPacks: known.ids }) };
    return { found, known, walked: await checkTrees(access, index, snapshots, found, request) };
  };
  let last = await walk(placed);
  const isToBePlaced = placed === undefined && last.walked.missing.length > 0 && files.unnamed.length > 0;
  if (isToBePlaced) last = await walk(await placeUnnamed(access, index, files, options.signal));
  add(findings, last.found);
  add(findings, unnamedFindings(index, files, last.walked, last.known));
  const isWalked = last.walked.missing.length === 0 && last.found.errors.length === 0;
  return neededUnnamed(index, files, last.walked, last.known, isWalked);
}

function add(to: Findings, more: Findings): void {
  to.errors.push(...more.errors);
  to.hints.push(...more.hints);
}

async function checkSnapshots(
  access: RepositoryAccess,
  ids: readonly string[],
  findings: Findings,
  signal: AbortSignal,
): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  const fetch = (id: string) =>
    recording(findings, objectKey('snapshot', id), () => loadSnapshot(access, id, signal));
  for await (const { got } of inOrder(ids, fetch)) if (got) snapshots.push(got);
  return snapshots;
}

interface Opened extends PackDataRead {
  readonly packSizes: ReadonlyMap<string, number>;
  readonly chosen: readonly string[];
}

function reportOf(
  { files: { packs, unreadable }, index, snapshots }: Structure,
  { packSizes, chosen, bytesRead, coldPackIds }: Opened,
  unnamed: ReadonlySet<string>,
  findings: readonly Findings[],
): CheckReport {
  const all: Findings = {
    errors: findings.flatMap(({ errors }) => errors),
    hints: findings.flatMap(({ hints }) => hints),
  };
  const cold = new Set(coldPackIds);
  const unplaced = [...unnamed].filter((id) => !packSizes.has(id));
  return {
    packs: packs.size,
    packsRead: chosen.length - coldPackIds.length,
    bytesRead,
    blobs: index.size,
    snapshots: snapshots.length,
    packSizes,
    soundPackIds: chosen.filter((id) => !isNamed(all, objectKey('pack', id)) && !cold.has(id)),
    coldPackIds,
    unknownBytes: sum(unreadable.values()) + sum(unplaced.map((id) => packs.get(id) ?? 0)),
    errors: all.errors,
    hints: all.hints,
  };
}

function sum(bytes: Iterable<number>): number {
  return [...bytes].reduce((total, each) => total + each, 0);
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
