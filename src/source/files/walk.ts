/**
 * Walks the targets depth-first, siblings by the bytes of their names, and yields batches of events.
 *
 * It is one loop over a stack of open folders, not a recursion, because a tree may be thousands of levels deep; and it
 * is synchronous, because a stat costs less than a promise. A folder is *wanted* when everything in it is asked for,
 * and merely *on the way* when only some targets below it are.
 */
import fs from 'node:fs';
import type { EntryMetadata, EntryType } from '../entry-metadata.ts';
import type { CaptureEvent } from '../source.ts';
import { type ByteString, joinPath, toBytes, toText } from './byte-path.ts';
import { cacheTagName, isTaggedCache } from './cache-directory.ts';
import { addRules, isExcluded, patternsAt, type RuleChain, rulesBelow } from './exclude-rules.ts';
import { readIgnoreFile } from './ignore-file.ts';
import { addProblem, type ProblemList } from './problem-list.ts';
import { entryTypeOf, metadataOf, withXattrs } from './read-entry.ts';
import { readFailure } from './read-failure.ts';
import type { TargetNode } from './target-tree.ts';

/** Events in a batch; a step adds at most two. */
const batchLength = 256;

export interface WalkOptions {
  readonly targets: TargetNode;
  readonly exclude: readonly string[];
  readonly excludeCaches: boolean;
  readonly oneFileSystem: boolean;
  /** Larger regular files are left out; bytes. */
  readonly maxFileSize: number;
  readonly ignoreFileNames: readonly ByteString[];
  /** Receives what could not be read. */
  readonly problems: ProblemList;
}

interface Folder {
  readonly path: ByteString;
  readonly stats: fs.BigIntStats;
  readonly target: TargetNode | undefined;
  readonly wanted: boolean;
  /** The file system that entries must be on, with `oneFileSystem`. */
  readonly device: bigint;
  readonly rules: RuleChain | undefined;
  readonly names: readonly ByteString[];
  next: number;
}

interface Walk {
  readonly options: WalkOptions;
  readonly folders: Folder[];
  batch: CaptureEvent[];
}

interface Found {
  readonly name: ByteString;
  readonly path: ByteString;
  readonly bytes: Buffer;
  readonly stats: fs.BigIntStats;
  readonly type: EntryType;
  readonly target: TargetNode | undefined;
  readonly excluded: boolean;
  readonly followed: boolean;
}

export function* walkTargets(options: WalkOptions): Generator<readonly CaptureEvent[], void> {
  const walk: Walk = { options, folders: [], batch: [] };
  openRoot(walk);
  for (let folder = walk.folders.at(-1); folder !== undefined; folder = walk.folders.at(-1)) {
    step(walk, folder);
    if (walk.batch.length >= batchLength) {
      yield walk.batch;
      walk.batch = [];
    }
  }
  if (walk.batch.length > 0) yield walk.batch;
}

function openRoot(walk: Walk): void {
  const stats = readStats(walk, '/', toBytes('/'), true);
  if (stats === undefined) return;
  const { targets } = walk.options;
  walk.folders.push(openFolder(walk, '/', stats, targets, targets.wanted, stats.dev, undefined));
}

function step(walk: Walk, folder: Folder): void {
  const name = folder.names[folder.next];
  if (name !== undefined) {
    folder.next += 1;
    visit(walk, folder, name);
    return;
  }
  walk.folders.pop();
  if (walk.folders.length > 0) walk.batch.push({ kind: 'leave' });
}

function visit(walk: Walk, folder: Folder, name: ByteString): void {
  const found = look(walk, folder, name);
  if (found === undefined) return;
  if (found.type === 'dir') {
    visitFolder(walk, folder, found);
  } else if (folder.wanted || found.target?.wanted === true) {
    visitLeaf(walk, found);
  } else {
    addProblem(walk.options.problems, { path: toText(found.path), reason: 'is no longer a folder' });
  }
}

/** Stats the entry and drops what no rule lets in; sockets have no content and mean nothing after a restart. */
function look(walk: Walk, folder: Folder, name: ByteString): Found | undefined {
  const path = joinPath(folder.path, name);
  const bytes = toBytes(path);
  const target = folder.target?.children.get(name);
  const own = readStats(walk, path, bytes, false);
  // As restic: a link on the way to a target becomes the folder that it points to, with only the target in it.
  const followed = own?.isSymbolicLink() === true && target !== undefined && target.children.size > 0;
  const stats = followed ? readStats(walk, path, bytes, true) : own;
  if (stats === undefined) return undefined;
  const type = entryTypeOf(Number(stats.mode));
  if (type === undefined || type === 'socket') return undefined;
  const excluded = isExcluded(folder.rules, path, type === 'dir');
  if (excluded && target === undefined) return undefined;
  return { name, path, bytes, stats, type, target, excluded, followed };
}

function visitLeaf(walk: Walk, found: Found): void {
  if (found.type === 'file' && found.target === undefined && found.stats.size > walk.options.maxFileSize)
    return;
  const metadata = describe(walk, found);
  if (metadata === undefined) return;
  walk.batch.push({
    kind: 'entry',
    name: toBytes(found.name),
    metadata,
    content: found.type === 'file' ? { kind: 'path', path: found.bytes } : { kind: 'none' },
  });
}

function visitFolder(walk: Walk, parent: Folder, found: Found): void {
  const { path, stats, target, excluded, followed } = found;
  const metadata = describe(walk, found);
  if (metadata === undefined) return;
  walk.batch.push({ kind: 'enter', name: toBytes(found.name), metadata });
  // Only folders are held to one file system: on overlay file systems plain files show other device numbers.
  const crossing = walk.options.oneFileSystem && stats.dev !== parent.device;
  const isTarget = target?.wanted === true;
  const asked = !followed && (isTarget || (parent.wanted && !excluded && !crossing));
  const wanted = asked && !isOpenAlready(walk, found);
  const outer = parent.wanted && !excluded ? rulesBelow(parent.rules, path) : undefined;
  const device = isTarget ? stats.dev : parent.device;
  walk.folders.push(openFolder(walk, path, stats, target, wanted, device, outer));
}

/** A folder that is one of its own parents, through a mount, would be walked without end. */
function isOpenAlready(walk: Walk, { path, stats }: Found): boolean {
  const open = walk.folders.some(
    (folder) => folder.wanted && folder.stats.ino === stats.ino && folder.stats.dev === stats.dev,
  );
  const reason = 'is mounted inside itself and was left empty; exclude it';
  if (open) addProblem(walk.options.problems, { path: toText(path), reason });
  return open;
}

function openFolder(
  walk: Walk,
  path: ByteString,
  stats: fs.BigIntStats,
  target: TargetNode | undefined,
  wanted: boolean,
  device: bigint,
  outer: RuleChain | undefined,
): Folder {
  const targets = target === undefined ? [] : [...target.children.keys()];
  const folder = { path, stats, target, wanted, device, next: 0 };
  if (!wanted) return { ...folder, names: targets.sort(), rules: undefined };
  const listed = listNames(walk, path);
  const rules = rulesOf(walk, path, target, listed, outer);
  if (walk.options.excludeCaches && listed.includes(cacheTagName) && isTaggedCache(path)) {
    return { ...folder, names: [...new Set([cacheTagName, ...targets])].sort(), rules };
  }
  return { ...folder, names: listed, rules };
}

function rulesOf(
  walk: Walk,
  path: ByteString,
  target: TargetNode | undefined,
  names: readonly ByteString[],
  outer: RuleChain | undefined,
): RuleChain | undefined {
  const { exclude, ignoreFileNames, problems } = walk.options;
  let rules = outer;
  if (target?.wanted === true && exclude.length > 0) rules = addRules(rules, path, patternsAt(path, exclude));
  for (const name of ignoreFileNames) {
    const lines = names.includes(name) ? readIgnoreFile(joinPath(path, name), problems) : undefined;
    if (lines !== undefined) rules = addRules(rules, path, lines);
  }
  return rules;
}

function listNames(walk: Walk, path: ByteString): readonly ByteString[] {
  try {
    // One character a byte, so that the default order of strings is the order of the bytes.
    return fs.readdirSync(toBytes(path), { encoding: 'latin1' }).sort();
  } catch (error) {
    addProblem(walk.options.problems, { path: toText(path), reason: readFailure(error) });
    return [];
  }
}

function readStats(walk: Walk, path: ByteString, bytes: Buffer, follow: boolean): fs.BigIntStats | undefined {
  try {
    return follow ? fs.statSync(bytes, { bigint: true }) : fs.lstatSync(bytes, { bigint: true });
  } catch (error) {
    addProblem(walk.options.problems, { path: toText(path), reason: readFailure(error) });
    return undefined;
  }
}

function describe(walk: Walk, found: Found): EntryMetadata | undefined {
  let metadata: EntryMetadata | undefined;
  try {
    metadata = metadataOf(found.bytes, found.stats, found.type);
    return withXattrs(metadata, found.bytes);
  } catch (error) {
    const what = metadata === undefined ? '' : 'extended attributes: ';
    addProblem(walk.options.problems, { path: toText(found.path), reason: what + readFailure(error) });
    return metadata;
  }
}
