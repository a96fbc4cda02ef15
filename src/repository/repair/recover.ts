/** Makes a snapshot of trees that nothing leads to any more. Source: restic `recover`. */
import { hash } from 'node:crypto';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { nowMs } from '../../platform/clock.ts';
import { createTreeReader } from '../read/tree-reader.ts';
import type { RecoverPreview } from '../repair-types.ts';
import type { Snapshot } from '../repository-types.ts';
import type { Session } from '../session.ts';
import { encodeSnapshot } from '../snapshot/snapshot-codec.ts';
import { loadSnapshot } from '../snapshot/snapshot-list.ts';
import { encodeTree } from '../tree/encode-tree.ts';
import { compareNodes, type Node } from '../tree/node.ts';
import { formatTime } from '../tree/time-format.ts';
import { saveUnpacked } from '../unpacked.ts';
import { type Anatomy, unlessDamaged } from './anatomy.ts';
import { createBlobWriter } from './blob-writer.ts';
import { indexWithout } from './repair-packs.ts';

/** Go's FileMode of a folder with 0755. */
const folderMode = 2 ** 31 + 0o755;
const shortIdDigits = 8;

export async function previewRecover(
  { access }: Session,
  anatomy: Anatomy,
  signal?: AbortSignal,
): Promise<RecoverPreview> {
  const index = indexWithout(anatomy, new Set());
  const trees = createTreeReader(access, index);
  const roots = new Set<string>();
  const below = new Set<string>();
  for (const { type, id } of index.entries()) {
    if (type !== 'tree' || roots.has(id)) continue;
    signal?.throwIfAborted();
    const nodes = await unlessDamaged(() => trees.load(id, signal));
    if (!nodes) continue;
    roots.add(id);
    for (const { subtree } of nodes) if (subtree !== undefined) below.add(subtree);
  }
  for (const id of anatomy.snapshotIds) {
    const snapshot = await unlessDamaged(() => loadSnapshot(access, id, signal));
    if (snapshot) below.add(snapshot.tree);
  }
  return { fingerprint: anatomy.fingerprint, trees: [...roots].filter((id) => !below.has(id)).sort() };
}

/** Under an exclusive lock. Raises SNAPSHOT_NOT_FOUND when there is nothing to recover. */
export async function applyRecover(
  session: Session,
  { trees }: RecoverPreview,
  signal?: AbortSignal,
): Promise<Snapshot> {
  if (trees.length === 0) {
    throw new LifeboatError('SNAPSHOT_NOT_FOUND', 'there is no folder that no snapshot leads to', {
      hint: 'If a snapshot is missing, bring it back from another vault: `lifeboat repair heal`.',
    });
  }
  const time = formatTime(BigInt(nowMs()) * 1_000_000n);
  const writer = createBlobWriter(session, signal);
  const bytes = encodeTree(folderNodes(trees, time).toSorted(compareNodes));
  const tree = hash('sha256', bytes, 'hex');
  await writer.store('tree', tree, bytes);
  await writer.finish();
  const { username, hostname } = session.owner;
  const fields = { time, tree, paths: ['/recover'], hostname, username, tags: ['recovered'] };
  const id = await saveUnpacked(session.access, 'snapshot', encodeSnapshot(fields), signal);
  return await loadSnapshot(session.access, id, signal);
}

function folderNodes(trees: readonly string[], time: string): Node[] {
  const short = Map.groupBy(trees, (id) => id.slice(0, shortIdDigits));
  return trees.map((id) => {
    const name = id.slice(0, shortIdDigits);
    return folderNode((short.get(name)?.length ?? 0) > 1 ? id : name, id, time);
  });
}

function folderNode(name: string, subtree: string, time: string): Node {
  return {
    ...{ name: Buffer.from(name), type: 'dir', mode: folderMode, subtree, content: null },
    ...{ mtime: time, atime: time, ctime: time, uid: 0, gid: 0, user: '', group: '' },
    ...{ inode: undefined, deviceId: undefined, size: 0, links: 0, linkTarget: undefined, xattrs: [] },
    ...{ genericAttributes: undefined, device: undefined, error: '', problem: undefined },
  };
}
