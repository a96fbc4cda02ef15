/**
 * Copies snapshots into other repositories, each with a key of its own: what they need is read from the source once
 * for all of them, proven by its hash, and sealed anew. Blobs that a target has are not copied. Order in every target:
 * packs, index, snapshots; so what is cut short leaves nothing visible, and the next copy goes on from there.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { TreeReader } from '../read/tree-reader.ts';
import type {
  CopiedSnapshot,
  CopyOptions,
  CopyReport,
  FailedCopy,
  Snapshot,
  TargetReport,
} from '../repository-types.ts';
import { freshView, type IndexView, type Session, withReadLock } from '../session.ts';
import { encodeSnapshot } from '../snapshot/snapshot-codec.ts';
import { loadSnapshot } from '../snapshot/snapshot-list.ts';
import { saveUnpacked } from '../unpacked.ts';
import { copiedFields, findCopy } from './copied-snapshot.ts';
import { type CopyPool, createCopyPool, type WantedBlob } from './copy-pool.ts';
import { attempt, type CopyTargetState, withTargets } from './copy-targets.ts';
import { type BadBlobs, CopyWalk } from './copy-walk.ts';

/** Snapshots are finished together when what they need comes to so many stored bytes. */
const batchBytesDefault = 512 * 1024 * 1024;

export interface CopyDestination {
  readonly session: Session;
  readonly snapshotIds: readonly string[];
}

export async function copyBetween(
  from: Session,
  to: readonly CopyDestination[],
  options: CopyOptions = {},
): Promise<CopyReport> {
  return await withReadLock(from, options.signal, async (signal) => {
    const targets = to.map(({ session, snapshotIds }) => ({ session, wanted: new Set(snapshotIds) }));
    return await withTargets(targets, signal, (opened) => copyAll(from, opened, options, signal));
  });
}

interface Copying {
  readonly source: Session;
  readonly view: IndexView;
  readonly targets: readonly CopyTargetState[];
  readonly pool: CopyPool;
  readonly walk: CopyWalk;
  readonly options: CopyOptions;
  readonly signal: AbortSignal;
  readonly ends: readonly TargetEnds[];
  doneBytes: number;
}

interface TargetEnds {
  readonly copied: CopiedSnapshot[];
  readonly failed: FailedCopy[];
}

async function copyAll(
  source: Session,
  targets: readonly CopyTargetState[],
  options: CopyOptions,
  signal: AbortSignal,
): Promise<CopyReport> {
  const ends: readonly TargetEnds[] = targets.map(() => ({ copied: [], failed: [] }));
  // snapshots before the index, so that whatever they refer to is inside
  const snapshots = await sourceSnapshots(source, targets, ends, signal);
  const waiting = snapshots.filter((snapshot) => !isEverywhere(snapshot, targets, ends));
  if (waiting.length === 0) return reportOf(targets, ends, 0);
  const view = await freshView(source, signal);
  await using pool = createCopyPool({
    source: { access: source.access, index: view.index },
    targets,
    workers: source.workers,
    verify: options.verifyUploads ?? true,
    signal,
  });
  const walk = new CopyWalk({ ...view, targets, copyTrees: (trees) => pool.copyTrees(trees), signal });
  await copyBatches({ source, view, targets, pool, walk, options, signal, ends, doneBytes: 0 }, waiting);
  return reportOf(targets, ends, pool.bytesRead());
}

/** Oldest first. What cannot be read has failed for every target that wants it. */
async function sourceSnapshots(
  { access }: Session,
  targets: readonly CopyTargetState[],
  ends: readonly TargetEnds[],
  signal: AbortSignal,
): Promise<readonly Snapshot[]> {
  const found: Snapshot[] = [];
  for (const id of new Set(targets.flatMap(({ wanted }) => [...wanted]))) {
    try {
      found.push(await loadSnapshot(access, id, signal));
    } catch (error) {
      if (!isDamage(error)) throw error;
      for (const { number, wanted } of targets)
        if (wanted.has(id)) ends[number]?.failed.push({ from: id, error: notCopied(id, error.message) });
    }
  }
  return found.sort((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1));
}

/** Notes the copies that are there already. */
function isEverywhere(
  snapshot: Snapshot,
  targets: readonly CopyTargetState[],
  ends: readonly TargetEnds[],
): boolean {
  let isComplete = true;
  for (const { number, wanted, opened } of targets) {
    if (!wanted.has(snapshot.id) || opened === undefined) continue;
    const copy = findCopy(snapshot, opened.snapshots);
    if (copy === undefined) isComplete = false;
    else ends[number]?.copied.push({ from: snapshot.id, snapshot: copy, isNew: false });
  }
  return isComplete;
}

async function copyBatches(copying: Copying, snapshots: readonly Snapshot[]): Promise<void> {
  const { walk, options, targets } = copying;
  const batchBytes = options.batchBytes ?? batchBytesDefault;
  let batch: Snapshot[] = [];
  for (const [at, snapshot] of snapshots.entries()) {
    if (targets.every((target) => !isAlive(target))) return;
    await walk.add(snapshot.tree, maskOf(copying, snapshot));
    batch.push(snapshot);
    const isLast = at === snapshots.length - 1;
    if (walk.wantedBytes < batchBytes && !isLast) continue;
    await copyData(copying, isLast);
    await flush(copying);
    for (const one of batch) await finishEverywhere(copying, one);
    batch = [];
  }
}

async function finishEverywhere(copying: Copying, snapshot: Snapshot): Promise<void> {
  for (const target of copying.targets)
    if (isAlive(target) && lacks(snapshot, target, copying.ends)) await finish(copying, snapshot, target);
}

function maskOf({ targets, ends }: Copying, snapshot: Snapshot): number {
  return targets.reduce(
    (mask, target) => (isAlive(target) && lacks(snapshot, target, ends) ? mask | (1 << target.number) : mask),
    0,
  );
}

function lacks({ id }: Snapshot, { number, wanted }: CopyTargetState, ends: readonly TargetEnds[]): boolean {
  return wanted.has(id) && ends[number]?.copied.some(({ from }) => from === id) !== true;
}

/** In slices, with the index written after each, so that a copy of one huge snapshot resumes as well. */
async function copyData(copying: Copying, isLast: boolean): Promise<void> {
  const { walk, pool, options } = copying;
  const totalBytes = copying.doneBytes + walk.wantedBytes;
  const sliceBytes = options.batchBytes ?? batchBytesDefault;
  let slice: WantedBlob[] = [];
  let bytes = 0;
  const copySlice = async () => {
    const start = copying.doneBytes;
    await pool.copyBlobs(slice, {
      bad: (id, reason) => walk.bad.data.set(id, reason),
      copied: (pieceBytes) => {
        copying.doneBytes += pieceBytes;
        const known = isLast ? { totalBytes } : {};
        options.progress?.({ phase: 'copy', doneFiles: 0, doneBytes: copying.doneBytes, ...known });
      },
    });
    copying.doneBytes = start + bytes;
    slice = [];
    bytes = 0;
  };
  for (const blob of walk.take()) {
    slice.push(blob);
    bytes += blob.place.length;
    if (bytes < sliceBytes) continue;
    await copySlice();
    await flush(copying);
  }
  if (slice.length > 0) await copySlice();
}

/** Packs and index are durable afterwards. */
async function flush({ pool, targets, signal }: Copying): Promise<void> {
  await pool.flush();
  for (const target of targets) await attempt(target, signal, ({ indexWriter }) => indexWriter.flush());
}

async function finish(copying: Copying, snapshot: Snapshot, target: CopyTargetState): Promise<void> {
  const { ends, signal, walk, view } = copying;
  const lacking = await whatIsMissing(view.trees, snapshot, target, walk.bad, signal);
  if (lacking !== undefined) {
    ends[target.number]?.failed.push({ from: snapshot.id, error: notCopied(snapshot.id, lacking) });
    return;
  }
  await attempt(target, signal, async ({ lock, signal: held }) => {
    await lock.confirm();
    const fields = copiedFields(snapshot);
    const id = await saveUnpacked(target.session.access, 'snapshot', encodeSnapshot(fields), held);
    ends[target.number]?.copied.push({ from: snapshot.id, snapshot: { id, ...fields }, isNew: true });
  });
}

/** Walks again when anything could not be copied: why the snapshot cannot be whole in the target, if it cannot. */
async function whatIsMissing(
  trees: TreeReader,
  { tree }: Snapshot,
  { opened }: CopyTargetState,
  bad: BadBlobs,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (bad.trees.size === 0 && bad.data.size === 0) return undefined;
  const seen = new Set<string>();
  const stack = [tree];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const damaged = bad.trees.get(id);
    if (damaged !== undefined) return damaged.message;
    for (const node of await trees.load(id, signal)) {
      const lost = node.content?.find(
        (blob) => bad.data.has(blob) && opened?.index.has('data', blob) !== true,
      );
      if (lost !== undefined) return bad.data.get(lost);
      if (node.subtree !== undefined) stack.push(node.subtree);
    }
  }
  return undefined;
}

function notCopied(snapshotId: string, why: string): LifeboatError {
  return new LifeboatError('COPY_INCOMPLETE', `snapshot ${snapshotId.slice(0, 8)} was not copied: ${why}`, {
    hint: 'Copy it from another vault that has it. Where it must be thawed first, restore the point from that vault with `--thaw` and copy it while it can be read; else run `lifeboat check --read-data` there.',
    details: { snapshot: snapshotId },
  });
}

function isAlive({ opened, failure }: CopyTargetState): boolean {
  return opened !== undefined && failure === undefined;
}

function isDamage(error: unknown): error is LifeboatError {
  return error instanceof LifeboatError && ['OBJECT_DAMAGED', 'OBJECT_MISSING'].includes(error.code);
}

function reportOf(
  targets: readonly CopyTargetState[],
  ends: readonly TargetEnds[],
  bytesRead: number,
): CopyReport {
  const reports = targets.map(({ number, failure, bytesStored }): TargetReport => {
    const { copied = [], failed = [] } = ends[number] ?? {};
    return { copied, failed, bytesStored, ...(failure === undefined ? {} : { error: failure }) };
  });
  return { targets: reports, bytesRead };
}
