/** Compares two folders byte by byte and fact by fact, without following a link. */
import {
  type BigIntStats,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { listXattrs } from '../../src/platform/posix/xattr.ts';

export interface CompareOptions {
  /** Facts that are left out, such as `owner` when not root, or `mtime` of the roots. */
  readonly ignore?: readonly ComparedFact[];
}

export type ComparedFact = 'mode' | 'owner' | 'mtime' | 'xattrs' | 'hard links' | 'root';

interface Side {
  readonly root: Buffer;
  /** First path of each inode with several names. */
  readonly firstNames: Map<bigint, string>;
}

const differencesMax = 1000;
const blockBytes = 1024 * 1024;
const leftBlock = Buffer.alloc(blockBytes);
const rightBlock = Buffer.alloc(blockBytes);

/** What differs, a line each (`dir/name: mtime 1 ≠ 2`), up to about a thousand; empty when the trees are the same. */
export function compareTrees(left: string, right: string, options: CompareOptions = {}): readonly string[] {
  const comparison: Comparison = {
    left: { root: Buffer.from(left), firstNames: new Map() },
    right: { root: Buffer.from(right), firstNames: new Map() },
    ignored: options.ignore ?? [],
    differences: [],
  };
  const pending: Buffer[] = [Buffer.alloc(0)];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    pending.push(...compareEntries(comparison, path));
    if (comparison.differences.length >= differencesMax) break;
  }
  return comparison.differences;
}

interface Comparison {
  readonly left: Side;
  readonly right: Side;
  readonly ignored: readonly string[];
  readonly differences: string[];
}

/** Gives the paths below that both have. */
function compareEntries(comparison: Comparison, path: Buffer): readonly Buffer[] {
  const { left, right, differences } = comparison;
  const shown = path.length === 0 ? '.' : JSON.stringify(path.toString('latin1'));
  const leftFacts = describe(left, path, comparison.ignored);
  const rightFacts = describe(right, path, comparison.ignored);
  for (const [fact, value] of leftFacts) {
    if (rightFacts.get(fact) !== value)
      differences.push(`${shown}: ${fact} ${value} ≠ ${rightFacts.get(fact)}`);
  }
  const type = leftFacts.get('type');
  if (type !== rightFacts.get('type')) return [];
  if (type === 'dir')
    return compareNames(left, right, path, shown, differences).map((name) => join(path, name));
  if (type === 'file' && !haveSameContent(left, right, path)) differences.push(`${shown}: content differs`);
  return [];
}

/** Names that both have. */
function compareNames(
  left: Side,
  right: Side,
  path: Buffer,
  shown: string,
  differences: string[],
): readonly Buffer[] {
  const list = (side: Side) => readdirSync(absolute(side, path), { encoding: 'latin1' }).sort();
  const [leftNames, rightNames] = [list(left), list(right)];
  const [inLeft, inRight] = [new Set(leftNames), new Set(rightNames)];
  for (const name of leftNames)
    if (!inRight.has(name)) differences.push(`${shown}: ${JSON.stringify(name)} is missing`);
  for (const name of rightNames)
    if (!inLeft.has(name)) differences.push(`${shown}: ${JSON.stringify(name)} is too many`);
  return leftNames.filter((name) => inRight.has(name)).map((name) => Buffer.from(name, 'latin1'));
}

function describe(side: Side, path: Buffer, ignored: readonly string[]): Map<string, string> {
  const full = absolute(side, path);
  const stats = lstatSync(full, { bigint: true });
  const type = typeName(stats);
  if (path.length === 0 && ignored.includes('root')) return new Map([['type', type]]);
  const facts: [string, string][] = [
    ['type', type],
    // Mode of a link has no meaning on Linux.
    ['mode', type === 'symlink' ? '' : (stats.mode & 0o7777n).toString(8)],
    ['owner', `${stats.uid}:${stats.gid}`],
    ['mtime', String(stats.mtimeNs)],
    ['size', type === 'file' ? String(stats.size) : ''],
    ['rdev', type === 'dev' || type === 'chardev' ? String(stats.rdev) : ''],
    [
      'link target',
      type === 'symlink' ? JSON.stringify(readlinkSync(full, { encoding: 'buffer' }).toString('latin1')) : '',
    ],
    ['xattrs', describeXattrs(full)],
    ['hard links', type === 'dir' ? '' : describeHardLinks(side, path, stats)],
  ];
  return new Map(facts.filter(([fact]) => !ignored.includes(fact)));
}

/** The order in which a system lists them is its own affair. */
function describeXattrs(path: Buffer): string {
  return listXattrs(path)
    .map((attribute) => `${attribute.name}=${attribute.value.toString('base64')}`)
    .sort()
    .join(' ');
}

/** Both trees are walked in the same order, so the first name met stands for the group. */
function describeHardLinks(side: Side, path: Buffer, stats: BigIntStats): string {
  if (stats.nlink === 1n) return '';
  const name = path.toString('latin1');
  const first = side.firstNames.get(stats.ino) ?? name;
  side.firstNames.set(stats.ino, first);
  return `${stats.nlink} with ${JSON.stringify(first)}`;
}

function haveSameContent(left: Side, right: Side, path: Buffer): boolean {
  const [leftFd, rightFd] = [openSync(absolute(left, path), 'r'), openSync(absolute(right, path), 'r')];
  try {
    for (;;) {
      const [leftBytes, rightBytes] = [readSync(leftFd, leftBlock), readSync(rightFd, rightBlock)];
      if (leftBytes !== rightBytes) return false;
      if (leftBytes === 0) return true;
      if (leftBlock.compare(rightBlock, 0, rightBytes, 0, leftBytes) !== 0) return false;
    }
  } finally {
    closeSync(leftFd);
    closeSync(rightFd);
  }
}

function typeName(stats: BigIntStats): string {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'dir';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isBlockDevice()) return 'dev';
  if (stats.isCharacterDevice()) return 'chardev';
  return stats.isFIFO() ? 'fifo' : 'socket';
}

function absolute(side: Side, path: Buffer): Buffer {
  return path.length === 0 ? side.root : join(side.root, path);
}

function join(folder: Buffer, name: Buffer): Buffer {
  return folder.length === 0 ? name : Buffer.concat([folder, Buffer.from('/'), name]);
}
