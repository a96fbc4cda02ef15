/**
 * Turns a capture into a snapshot. The events walk the tree depth-first; each directory becomes a tree blob as
 * soon as all its entries are known, so that memory is needed for one branch and the files under way. Order
 * of durability: packs, then index, then the snapshot.
 */
import { hash } from 'node:crypto';
import { assert, defined, unreachable } from '../../error/assert.ts';
import { nowMs } from '../../platform/clock.ts';
import type { EntryMetadata } from '../../source/entry-metadata.ts';
import type { CaptureEvent, CaptureProblem, Content } from '../../source/source.ts';
import type {
  SavedSnapshot,
  SaveRequest,
  SeenContent,
  Snapshot,
  SnapshotSummary,
} from '../repository-types.ts';
import { encodeSnapshot } from '../snapshot/snapshot-codec.ts';
import { encodeTree } from '../tree/encode-tree.ts';
import type { Node } from '../tree/node.ts';
import { nodeFromMetadata } from '../tree/node-from-metadata.ts';
import { formatTime } from '../tree/time-format.ts';
import { saveUnpacked } from '../unpacked.ts';
import { holdsPieces, type Piece } from './holds-pieces.ts';
import {
  digestOf,
  entriesByName,
  type OpenDirectory,
  type SavedEntry,
  sortedEntries,
} from './open-directory.ts';
import { baseLacks, patchContext } from './patch-base.ts';
import { savePatched } from './patch-content.ts';
import type { FileStat, ReadContent, ReadResult } from './read-result.ts';
import type { SaveContext } from './save-context.ts';
import { unchangedContent } from './unchanged.ts';

export async function saveSnapshot(context: SaveContext, request: SaveRequest): Promise<SavedSnapshot> {
  const startMs = nowMs();
  const archive = new Archive(context, request);
  await passing(context, () => archive.openRoot());
  for await (const batch of request.events) {
    await takeBatch(context, archive, batch);
    request.signal?.throwIfAborted();
  }
  const { tree, seen } = await archive.closeRoot();
  await context.pool.flush();
  const summary = archive.summary(startMs, nowMs());
  const snapshot = await context.pool.unpaused(async () => {
    await context.confirmLock();
    return await writeSnapshot(context, request, tree, summary);
  });
  return { snapshot, summary, seen, problems: archive.problems, silentChanges: archive.silentChanges };
}

/** Between two events the writer may be held up, while somebody else has the repository. */
async function takeBatch(
  context: SaveContext,
  archive: Archive,
  batch: readonly CaptureEvent[],
): Promise<void> {
  const { turnstile } = context.pool;
  await passing(context, async () => {
    for (const event of batch) {
      if (turnstile.isClosed) {
        turnstile.leave();
        await turnstile.enter();
      }
      await archive.take(event);
    }
  });
}

async function passing({ pool: { turnstile } }: SaveContext, work: () => Promise<void>): Promise<void> {
  await turnstile.enter();
  try {
    await work();
  } finally {
    turnstile.leave();
  }
}

class Archive {
  readonly problems: CaptureProblem[] = [];
  /** Paths of files with another content than before, the same size and the same modification time. */
  readonly silentChanges: string[] = [];
  readonly #context: SaveContext;
  readonly #request: SaveRequest;
  readonly #stack: OpenDirectory[] = [];
  readonly #newTrees = new Set<string>();
  readonly #totals = { files: 0, directories: 0, symlinks: 0, others: 0, bytes: 0 };
  readonly #counts = {
    filesNew: 0,
    filesChanged: 0,
    filesUnmodified: 0,
    dirsNew: 0,
    dirsChanged: 0,
    dirsUnmodified: 0,
  };
  #entriesTaken = 0;
  /** Of the first entry that failed: the others need not be taken. */
  #failure: { readonly error: unknown } | undefined;
  /** The newest comparison: one file at a time is read a second time, so that what that takes is bounded. */
  #comparing: Promise<unknown> = Promise.resolve();

  constructor(context: SaveContext, request: SaveRequest) {
    this.#context = context;
    this.#request = request;
  }

  async openRoot(): Promise<void> {
    const { parent, base } = this.#request;
    await this.#open(Buffer.alloc(0), undefined, { parent: parent?.tree, base: base?.tree }, '');
  }

  async take(event: CaptureEvent): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    switch (event.kind) {
      case 'enter':
        await this.#enter(event.name, event.metadata);
        return;
      case 'leave':
        this.#leave();
        return;
      case 'entry':
        if (this.#takeEntry(event.name, event.metadata, event.content)) await this.#context.pool.ready();
        return;
      default:
        unreachable(event);
    }
  }

  async closeRoot(): Promise<{ readonly tree: string; readonly seen: SeenContent }> {
    assert(this.#stack.length === 1, 'every directory that was entered was left');
    this.#context.pool.hurry();
    const captured = await this.#entriesOf(this.#top());
    const seen: SeenContent = { ...this.#totals, digest: digestOf(sortedEntries(captured)) };
    const extra = await this.#request.extraFile?.(seen);
    const entries = extra ? [...captured, await this.#extraEntry(extra.path, extra.bytes)] : captured;
    return { tree: this.#saveTree(sortedEntries(entries)), seen };
  }

  summary(startMs: number, endMs: number): SnapshotSummary {
    const { stored } = this.#context.pool;
    return {
      backupStart: formatTime(BigInt(startMs) * 1_000_000n),
      backupEnd: formatTime(BigInt(endMs) * 1_000_000n),
      ...this.#counts,
      dataBlobs: stored.dataBlobs,
      treeBlobs: stored.treeBlobs,
      dataAdded: stored.bytes,
      dataAddedPacked: stored.packedBytes,
      totalFilesProcessed: this.#totals.files,
      totalBytesProcessed: this.#totals.bytes,
    };
  }

  async #enter(name: Buffer, metadata: EntryMetadata): Promise<void> {
    const { before, base, path } = this.#top();
    const trees = { parent: subtreeOf(before, name), base: subtreeOf(base, name) };
    await this.#open(name, metadata, trees, `${path}/${name.toString('utf8')}`);
  }

  async #open(
    name: Buffer,
    metadata: EntryMetadata | undefined,
    trees: { readonly parent: string | undefined; readonly base: string | undefined },
    path: string,
  ): Promise<void> {
    const before = await this.#load(trees.parent);
    this.#stack.push({
      name,
      metadata,
      path,
      before,
      beforeTree: before && trees.parent,
      base: await this.#loadBase(trees.base, trees.parent === trees.base ? before : undefined),
      entries: [],
      pending: 0,
    });
  }

  async #load(tree: string | undefined): Promise<ReadonlyMap<string, Node> | undefined> {
    if (tree === undefined || !this.#context.index.has('tree', tree)) return undefined;
    return entriesByName(await this.#context.trees.load(tree, this.#request.signal));
  }

  /** Unlike the parent, the base must be whole. */
  async #loadBase(
    tree: string | undefined,
    loaded: ReadonlyMap<string, Node> | undefined,
  ): Promise<ReadonlyMap<string, Node> | undefined> {
    if (tree === undefined || loaded) return loaded;
    return entriesByName(await this.#context.trees.load(tree, this.#request.signal));
  }

  #leave(): void {
    const directory = defined(this.#stack.pop(), 'the directory that is left');
    const above = this.#top();
    this.#add(
      above,
      directory.pending > 0
        ? this.#saveLater(directory)
        : this.#saveNow(directory, directory.entries as SavedEntry[]),
    );
  }

  async #saveLater(directory: OpenDirectory): Promise<SavedEntry> {
    return this.#saveNow(directory, await this.#entriesOf(directory));
  }

  #saveNow(directory: OpenDirectory, found: readonly (SavedEntry | undefined)[]): SavedEntry {
    const entries = sortedEntries(found);
    const subtree = this.#saveTree(entries);
    this.#totals.directories++;
    this.#counts[directoryChange(directory, subtree)]++;
    const metadata = defined(directory.metadata, 'metadata of a directory');
    const node = nodeFromMetadata(directory.name, metadata, { kind: 'dir', subtree });
    return { node, ...(this.#request.extraFile ? { digest: digestOf(entries) } : {}) };
  }

  #saveTree(entries: readonly SavedEntry[]): string {
    const bytes = encodeTree(entries.map((entry) => entry.node));
    const id = hash('sha256', bytes, 'hex');
    if (this.#newTrees.has(id) || this.#context.index.has('tree', id)) return id;
    this.#newTrees.add(id);
    this.#context.pool.saveTree(id, bytes);
    return id;
  }

  /** True when a file was handed out to be read. */
  #takeEntry(name: Buffer, metadata: EntryMetadata, content: Content): boolean {
    const directory = this.#top();
    if (metadata.type !== 'file') {
      this.#totals[metadata.type === 'symlink' ? 'symlinks' : 'others']++;
      this.#add(directory, { node: nodeFromMetadata(name, metadata, { kind: 'none' }) });
      return false;
    }
    const before = directory.before?.get(name.toString('latin1'));
    const skips = content.kind === 'path' && this.#request.readAll !== true;
    const known = skips ? unchangedContent(before, metadata, this.#context.index) : undefined;
    if (known) {
      this.#add(directory, this.#savedFile(name, metadata, known, metadata.size, before));
      return false;
    }
    this.#add(directory, this.#readFile(directory, name, metadata, content, before));
    return true;
  }

  async #readFile(
    directory: OpenDirectory,
    name: Buffer,
    metadata: EntryMetadata,
    content: Content,
    before: Node | undefined,
  ): Promise<SavedEntry | undefined> {
    if (content.kind === 'stream' || content.kind === 'patch') {
      const read = await this.#readMade(directory, name, content);
      return this.#savedFile(name, metadata, read.content, read.size, before);
    }
    assert(content.kind === 'path', 'a regular file has content');
    const result = await this.#context.pool.saveFile(content.path, metadata.size);
    const path = `${directory.path}/${name.toString('utf8')}`;
    const saved = this.#savedFromRead(path, name, metadata, result, before);
    if (saved !== undefined && changedSilently(saved.node, before)) {
      const comparison = this.#comparing.then(() => this.#isSame(content.path, saved.node, before));
      this.#comparing = comparison.catch(() => undefined);
      if (!(await comparison)) this.silentChanges.push(path);
    }
    return saved;
  }

  async #readMade(
    { base, path }: OpenDirectory,
    name: Buffer,
    content: Extract<Content, { kind: 'stream' | 'patch' }>,
  ): Promise<ReadContent> {
    const { signal } = this.#request;
    if (content.kind === 'stream')
      return await this.#context.pool.saveStream(content.open(signal), content.cut);
    const older = base?.get(name.toString('latin1'));
    if (older?.type !== 'file' || older.content === null)
      throw baseLacks(`${path}/${name.toString('utf8')}`, this.#request.base);
    return await savePatched(patchContext(this.#context, signal), older.content, content, signal);
  }

  /** Nothing was cut of what is one piece; of a piece that is nowhere no length is known, and the doubt is told. */
  async #isSame(path: Buffer, node: Node, before: Node | undefined): Promise<boolean> {
    const ids = before?.content ?? [];
    if (ids.length === 1 && node.content?.length === 1) return false;
    const pieces: Piece[] = [];
    for (const id of ids) {
      const bytes = this.#context.index.plaintextBytes('data', id);
      if (bytes === undefined) return false;
      pieces.push({ id, bytes });
    }
    return await holdsPieces(path, pieces, this.#request.signal);
  }

  #savedFromRead(
    path: string,
    name: Buffer,
    metadata: EntryMetadata,
    result: ReadResult,
    before: Node | undefined,
  ): SavedEntry | undefined {
    if (result.kind === 'unreadable') {
      this.problems.push({
        path,
        reason: result.vanished ? `vanished while the backup ran (${result.reason})` : result.reason,
      });
      return undefined;
    }
    if (result.changed) this.problems.push({ path, reason: 'kept changing while it was read' });
    return this.#savedFile(name, withStat(metadata, result.stat), result.content, result.size, before);
  }

  #savedFile(
    name: Buffer,
    metadata: EntryMetadata,
    ids: readonly string[],
    sizeBytes: number,
    before: Node | undefined,
  ): SavedEntry {
    const node = nodeFromMetadata(name, metadata, { kind: 'file', ids, sizeBytes });
    this.#totals.files++;
    this.#totals.bytes += sizeBytes;
    this.#counts[fileChange(node, before)]++;
    return { node };
  }

  async #extraEntry(path: readonly string[], bytes: Buffer): Promise<SavedEntry> {
    const [name, ...rest] = path;
    assert(name !== undefined, 'an extra file has a name');
    const metadata = this.#madeMetadata(rest.length > 0 ? 'dir' : 'file');
    if (rest.length > 0) {
      const subtree = this.#saveTree([await this.#extraEntry(rest, bytes)]);
      return { node: nodeFromMetadata(Buffer.from(name), metadata, { kind: 'dir', subtree }) };
    }
    const read = await this.#context.pool.saveStream(once(bytes));
    return {
      node: nodeFromMetadata(Buffer.from(name), metadata, {
        kind: 'file',
        ids: read.content,
        sizeBytes: read.size,
      }),
    };
  }

  #madeMetadata(type: 'file' | 'dir'): EntryMetadata {
    const { uid, gid, username } = this.#request;
    const timeNs = BigInt(Date.parse(this.#request.time)) * 1_000_000n;
    const mode = type === 'dir' ? 0o040700 : 0o100600;
    return { type, mode, mtimeNs: timeNs, ctimeNs: timeNs, uid, gid, user: username, group: '', size: 0 };
  }

  #add(directory: OpenDirectory, entry: SavedEntry | Promise<SavedEntry | undefined>): void {
    directory.entries.push(entry);
    this.#report();
    if (!(entry instanceof Promise)) return;
    directory.pending++;
    // the directory awaits it later; until then a failure must not count as unhandled
    entry.catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  async #entriesOf(directory: OpenDirectory): Promise<(SavedEntry | undefined)[]> {
    return await Promise.all(directory.entries);
  }

  #report(): void {
    if (++this.#entriesTaken % 64 !== 0) return;
    this.#request.progress?.({
      phase: 'backup',
      doneFiles: this.#totals.files,
      doneBytes: this.#totals.bytes,
    });
  }

  #top(): OpenDirectory {
    return defined(this.#stack.at(-1), 'an open directory');
  }
}

function subtreeOf(entries: ReadonlyMap<string, Node> | undefined, name: Buffer): string | undefined {
  const node = entries?.get(name.toString('latin1'));
  return node?.type === 'dir' ? node.subtree : undefined;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** What was read belongs to the stat that was taken with it, not to the one of the listing. */
function withStat(metadata: EntryMetadata, stat: FileStat): EntryMetadata {
  const same =
    metadata.mtimeNs === stat.mtimeNs && metadata.ctimeNs === stat.ctimeNs && metadata.inode === stat.inode;
  return same ? metadata : { ...metadata, ...stat };
}

function directoryChange(
  directory: OpenDirectory,
  tree: string,
): 'dirsNew' | 'dirsChanged' | 'dirsUnmodified' {
  if (directory.beforeTree === undefined) return 'dirsNew';
  return directory.beforeTree === tree ? 'dirsUnmodified' : 'dirsChanged';
}

/**
 * As ransomware does it, and some programs that set times back; an honest edit moves the modification time. Unless the
 * file was only cut into other pieces.
 */
function changedSilently(node: Node, before: Node | undefined): boolean {
  return (
    fileChange(node, before) === 'filesChanged' && before?.size === node.size && before.mtime === node.mtime
  );
}

function fileChange(node: Node, before: Node | undefined): 'filesNew' | 'filesChanged' | 'filesUnmodified' {
  if (before?.type !== 'file') return 'filesNew';
  const same =
    before.content?.length === node.content?.length &&
    before.content?.every((id, n) => id === node.content?.[n]);
  return same ? 'filesUnmodified' : 'filesChanged';
}

async function writeSnapshot(
  context: SaveContext,
  request: SaveRequest,
  tree: string,
  summary: SnapshotSummary,
): Promise<Snapshot> {
  const { time, paths, hostname, username, uid, gid, tags, excludes, parent } = request;
  const fields: Omit<Snapshot, 'id'> = {
    time,
    timeMs: Date.parse(time),
    tree,
    paths,
    hostname,
    username,
    uid,
    gid,
    programVersion: context.programVersion,
    summary,
    ...(parent === undefined ? {} : { parent: parent.id }),
    ...(tags === undefined ? {} : { tags }),
    ...(excludes === undefined ? {} : { excludes }),
  };
  const id = await saveUnpacked(context.access, 'snapshot', encodeSnapshot(fields), request.signal);
  return { id, ...fields };
}
