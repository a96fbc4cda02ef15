/**
 * Makes snapshots restorable that lead to what is not there: a file that lacks a part is left out (or cut down to
 * what is left of it), a folder whose listing cannot be read becomes empty. Source: restic `repair snapshots`.
 */
import { hash } from 'node:crypto';
import type { BlobIndex } from '../index/blob-index.ts';
import { objectKey } from '../layout.ts';
import { createTreeReader, type TreeReader } from '../read/tree-reader.ts';
import type { RepairWork, SnapshotChange, SnapshotsPreview } from '../repair-types.ts';
import type { Snapshot } from '../repository-types.ts';
import type { Session } from '../session.ts';
import { encodeSnapshot } from '../snapshot/snapshot-codec.ts';
import { loadSnapshot } from '../snapshot/snapshot-list.ts';
import { encodeTree } from '../tree/encode-tree.ts';
import { compareNodes, type Node } from '../tree/node.ts';
import { saveUnpacked } from '../unpacked.ts';
import { type Anatomy, unlessDamaged } from './anatomy.ts';
import { type BlobWriter, createBlobWriter } from './blob-writer.ts';
import { indexWithout } from './repair-packs.ts';

export interface SnapshotRepairOptions extends RepairWork {
  readonly keepPartialFiles?: boolean;
  readonly snapshotIds?: readonly string[];
}

export async function previewSnapshots(
  session: Session,
  anatomy: Anatomy,
  options: SnapshotRepairOptions,
): Promise<SnapshotsPreview> {
  const keepPartialFiles = options.keepPartialFiles ?? false;
  const ids = options.snapshotIds ?? anatomy.snapshotIds;
  const rewriter = rewriterOf(session, anatomy, keepPartialFiles, options.signal);
  const changes: SnapshotChange[] = [];
  for (const id of ids) {
    const { change } = await rewriteSnapshot(session, rewriter, id, options.signal);
    if (change) changes.push(change);
  }
  return { fingerprint: anatomy.fingerprint, keepPartialFiles, looked: ids.length, changes };
}

/** Under an exclusive lock. New snapshots are durable before old ones go. */
export async function applySnapshots(
  session: Session,
  anatomy: Anatomy,
  preview: SnapshotsPreview,
  forget: boolean,
  signal?: AbortSignal,
): Promise<readonly SnapshotChange[]> {
  const writer = createBlobWriter(session, signal);
  const rewriter = rewriterOf(session, anatomy, preview.keepPartialFiles, signal, writer);
  const rewritten: Rewritten[] = [];
  for (const { id } of preview.changes) rewritten.push(await rewriteSnapshot(session, rewriter, id, signal));
  await writer.finish();
  const done: SnapshotChange[] = [];
  for (const { change, snapshot, tree } of rewritten) {
    if (change && snapshot && tree !== undefined) {
      const newId = await saveRewritten(session, snapshot, tree, forget, signal);
      done.push({ ...change, newId });
    } else if (change) done.push(change);
  }
  for (const { id, becomes } of done)
    if (forget || becomes === 'remove') await session.access.store.delete(objectKey('snapshot', id), signal);
  return done;
}

/** As restic: `original` is the snapshot that was rewritten, and one beside it is tagged. */
async function saveRewritten(
  { access }: Session,
  snapshot: Snapshot,
  tree: string,
  forget: boolean,
  signal?: AbortSignal,
): Promise<string> {
  const { id, timeMs: _timeMs, tags = [], ...fields } = snapshot;
  const newTags = forget || tags.includes('repaired') ? tags : [...tags, 'repaired'];
  const bytes = encodeSnapshot({ ...fields, tree, tags: newTags, original: id });
  return await saveUnpacked(access, 'snapshot', bytes, signal);
}

interface Rewritten {
  readonly change?: SnapshotChange;
  readonly snapshot?: Snapshot;
  /** Of the new snapshot. */
  readonly tree?: string;
}

async function rewriteSnapshot(
  session: Session,
  rewriter: Rewriter,
  id: string,
  signal?: AbortSignal,
): Promise<Rewritten> {
  const snapshot = await unlessDamaged(() => loadSnapshot(session.access, id, signal));
  const nothing = { time: '', paths: [], files: [], folders: [] };
  if (!snapshot) return { change: { id, ...nothing, becomes: 'unreadable' } };
  const losses: Losses = { files: [], folders: [] };
  const tree = await rewriter.rewrite(snapshot.tree, '', losses);
  if (tree === snapshot.tree) return {};
  const change = { id, time: snapshot.time, paths: snapshot.paths, ...losses };
  if (tree === undefined) return { change: { ...change, becomes: 'remove' } };
  return { change: { ...change, becomes: 'rewrite' }, snapshot, tree };
}

interface Losses {
  readonly files: string[];
  readonly folders: string[];
}

interface Rewriter {
  /** The id of the tree without what is not there, `undefined` when it cannot be read itself. */
  rewrite(id: string, path: string, losses: Losses): Promise<string | undefined>;
}

interface KnownTree {
  readonly id: string | undefined;
  readonly losses: Losses;
}

const nothingKnown: KnownTree = { id: undefined, losses: { files: [], folders: [] } };

function rewriterOf(
  session: Session,
  anatomy: Anatomy,
  keepPartialFiles: boolean,
  signal: AbortSignal | undefined,
  writer?: BlobWriter,
): Rewriter {
  const index = indexWithout(anatomy, new Set());
  const trees: TreeReader = createTreeReader(session.access, index);
  const known = new Map<string, KnownTree>();

  async function save(nodes: readonly Node[]): Promise<string> {
    const bytes = encodeTree(nodes);
    const id = hash('sha256', bytes, 'hex');
    if (!index.has('tree', id)) await writer?.store('tree', id, bytes);
    return id;
  }

  /** Losses are kept relative to the tree, for it may stand at several places. */
  async function rewriteTree(id: string): Promise<KnownTree> {
    const before = known.get(id);
    if (before) return before;
    signal?.throwIfAborted();
    const losses: Losses = { files: [], folders: [] };
    const nodes = await unlessDamaged(() => trees.load(id, signal));
    const result = { id: nodes && (await rewriteNodes(id, nodes, losses)), losses };
    known.set(id, result);
    return result;
  }

  async function rewriteNodes(id: string, nodes: readonly Node[], losses: Losses): Promise<string> {
    const kept: Node[] = [];
    for (const node of nodes) {
      const next = await rewriteNode(node, losses);
      if (next) kept.push(next);
    }
    const isSame = kept.length === nodes.length && kept.every((node, at) => node === nodes[at]);
    return isSame ? id : await save(kept.toSorted(compareNodes));
  }

  async function rewriteNode(node: Node, losses: Losses): Promise<Node | undefined> {
    if (node.problem !== undefined) {
      losses.files.push(node.name.toString('utf8'));
      return undefined;
    }
    if (node.type === 'file') return wholeFile(index, node, keepPartialFiles, losses);
    return node.type === 'dir' ? await rewriteFolder(node, losses) : node;
  }

  async function rewriteFolder(node: Node, losses: Losses): Promise<Node> {
    const name = node.name.toString('utf8');
    const below = node.subtree === undefined ? nothingKnown : await rewriteTree(node.subtree);
    losses.files.push(...below.losses.files.map((file) => `${name}/${file}`));
    losses.folders.push(...below.losses.folders.map((folder) => `${name}/${folder}`));
    if (below.id === undefined) losses.folders.push(name);
    const subtree = below.id ?? (await save([]));
    return subtree === node.subtree ? node : { ...node, subtree };
  }

  return {
    async rewrite(id, path, losses) {
      const result = await rewriteTree(id);
      losses.files.push(...result.losses.files.map((file) => `${path}/${file}`));
      losses.folders.push(...result.losses.folders.map((folder) => `${path}/${folder}`));
      return result.id;
    },
  };
}

/** The file itself when nothing is missing. */
function wholeFile(
  index: BlobIndex,
  node: Node,
  keepPartialFiles: boolean,
  losses: Losses,
): Node | undefined {
  const content = (node.content ?? []).filter((id) => index.has('data', id));
  const size = content.reduce((sum, id) => sum + (index.plaintextBytes('data', id) ?? 0), 0);
  const isWhole = node.content !== null && content.length === node.content.length;
  if (isWhole && size === node.size) return node;
  losses.files.push(node.name.toString('utf8'));
  return isWhole || keepPartialFiles ? { ...node, content, size } : undefined;
}
