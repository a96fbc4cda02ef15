/**
 * Makes a file tree with everything that backups get wrong, the same for every run of one seed: names and
 * link targets that are not UTF-8, times to the nanosecond, hard links, sparse files, special bits, fifos,
 * attributes, and as root device nodes, owners and access control lists.
 */
import {
  chmodSync,
  closeSync,
  constants as file,
  ftruncateSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { makeDevice } from '../../src/platform/posix/device.ts';
import { mknodAt } from '../../src/platform/posix/entry-at.ts';
import { setTimesPathNoFollow } from '../../src/platform/posix/file-times.ts';
import { setXattrPathNoFollow } from '../../src/platform/posix/xattr.ts';
import { type SeededRandom, seededRandom } from './seeded-random.ts';

export interface RandomTreeOptions {
  readonly seed: number;
  /** Regular files with random content besides the fixed nasty ones. Default 40. */
  readonly files?: number;
  /** Largest regular file. Default 3 MiB; the fixed sizes above it are left out. */
  readonly fileBytesMax?: number;
  /** False leaves out link targets that are not UTF-8, which restic before 0.16 cannot store. Default true. */
  readonly rawLinkTargets?: boolean;
}

const isRoot = process.getuid?.() === 0;
const kib = 1024;
const fixedSizes = [0, 1, 511 * kib, 512 * kib, 513 * kib, 3072 * kib];
const sparseBytes = 2 * 1024 * kib;
const filesDefault = 40;
/** Small files are the most, as in life. */
const commonBytesMax = 20 * kib;

const nastyNames: readonly Buffer[] = [
  ...[
    'plain',
    ' leading blank',
    'trailing blank ',
    'quote"double',
    "quote'single",
    'back\\slash',
    'new\nline',
  ],
  ...['tab\there', '\x01control\x7f', '*?[glob]', '-dash', '...', '.hidden', 'größe', 'gro\u0308\u00dfe'],
  ...[
    '\u{1f6df} lifebuoy',
    '\ue000private\u{10fffd}',
    '\u2028separator',
    '\ufffdreplacement',
    '<&>',
    '%s%n$(x)`y`',
  ],
].map((name) => Buffer.from(name));
const rawNames: readonly Buffer[] = [
  '\xff\xfe',
  'latin-\xe4',
  'cut-\xe2\x82',
  '\xed\xa0\x80surrogate',
  '\xc0\xafoverlong',
].map((name) => Buffer.from(name, 'latin1'));
const longName = Buffer.alloc(255, 'n');

interface Tree {
  readonly random: SeededRandom;
  readonly fileBytesMax: number;
  /** Everything made so far, a folder before what it holds. */
  readonly made: Buffer[];
}

/** `folder` must be there and empty. It gets a time too. */
export function makeRandomTree(folder: string, options: RandomTreeOptions): void {
  const random = seededRandom(options.seed);
  const tree: Tree = { random, fileBytesMax: options.fileBytesMax ?? 3072 * kib, made: [] };
  const root = Buffer.from(folder);
  const folders = makeFolders(tree, root);
  makeNamedFiles(tree, folders);
  makeSizedFiles(tree, root);
  for (let index = 0; index < (options.files ?? filesDefault); index++) {
    const path = below(random.pick(folders), `file-${index}`);
    writeNew(tree, path, random.bytes(random.below(Math.min(commonBytesMax, tree.fileBytesMax))));
  }
  makeLinks(tree, root, options.rawLinkTargets ?? true);
  makeSpecialFiles(tree, root);
  makeSparseFiles(tree, root);
  setMetadata(tree, root);
}

function makeFolders(tree: Tree, root: Buffer): readonly Buffer[] {
  const folders = [root];
  for (const name of ['dir', 'dir with blank', 'empty', 'sticky'])
    folders.push(newFolder(tree, below(root, name)));
  let deep = root;
  for (let depth = 0; depth < 12; depth++) {
    deep = newFolder(tree, below(deep, `deep-${depth}`));
    folders.push(deep);
  }
  folders.push(newFolder(tree, below(root, Buffer.from('raw-\xff-dir', 'latin1'))));
  return folders.filter((path) => !path.toString().endsWith('/empty'));
}

function makeNamedFiles(tree: Tree, folders: readonly Buffer[]): void {
  for (const name of [...nastyNames, ...rawNames, longName]) {
    writeNew(tree, below(tree.random.pick(folders), name), Buffer.concat([Buffer.from('I am '), name]));
  }
}

function makeSizedFiles(tree: Tree, root: Buffer): void {
  for (const size of fixedSizes.filter((size) => size <= tree.fileBytesMax)) {
    writeNew(tree, below(root, `size-${size}`), tree.random.bytes(size));
  }
  const twice = tree.random.bytes(Math.min(64 * kib, tree.fileBytesMax));
  writeNew(tree, below(root, 'same-1'), twice);
  writeNew(tree, below(root, 'same-2'), twice);
}

function makeLinks(tree: Tree, root: Buffer, rawLinkTargets: boolean): void {
  const raw = rawLinkTargets ? [Buffer.from('raw \xff\xfe target', 'latin1')] : [];
  const targets = [
    ...['plain', 'dangling/nowhere', '/etc/passwd', '../..', '.', 'dir', 'größe'].map((name) =>
      Buffer.from(name),
    ),
    ...raw,
  ];
  for (const [index, target] of [...targets, Buffer.alloc(1000, 't')].entries()) {
    const path = below(root, `link-${index}`);
    symlinkSync(target, path);
    tree.made.push(path);
  }
  linkNew(tree, below(root, 'same-1'), below(root, 'hard-1'));
  linkNew(tree, below(root, 'same-1'), below(below(root, 'dir'), 'hard-2'));
  linkNew(tree, below(root, 'link-0'), below(root, 'hard-link-to-link'));
}

function makeSpecialFiles(tree: Tree, root: Buffer): void {
  const fd = openSync(root, file.O_RDONLY | file.O_DIRECTORY);
  const make = (name: string, mode: number, rdev: bigint) => {
    mknodAt(fd, Buffer.from(name), mode, rdev);
    tree.made.push(below(root, name));
  };
  make('fifo', file.S_IFIFO | 0o620, 0n);
  if (isRoot) {
    make('null', file.S_IFCHR | 0o666, makeDevice(1, 3));
    make('disk', file.S_IFBLK | 0o640, makeDevice(259, 300_000));
  }
  closeSync(fd);
  linkNew(tree, below(root, 'fifo'), below(root, 'hard-fifo'));
}

/** Data at the start, in the middle, or nowhere. */
function makeSparseFiles(tree: Tree, root: Buffer): void {
  const size = Math.min(sparseBytes, tree.fileBytesMax);
  for (const [name, offset] of [
    ['sparse-start', 0],
    ['sparse-middle', size >> 1],
    ['sparse-all', undefined],
  ] as const) {
    const path = below(root, name);
    const fd = openSync(path, 'wx');
    if (offset !== undefined) writeSync(fd, tree.random.bytes(100), 0, 100, offset);
    ftruncateSync(fd, size);
    closeSync(fd);
    tree.made.push(path);
  }
}

/** Owner first, since it clears special bits; times last, and folders after what they hold. */
function setMetadata(tree: Tree, root: Buffer): void {
  const { random, made } = tree;
  if (isRoot)
    for (const path of made)
      lchownSync(path, random.pick([0, 1, 1000, 4_000_000_000]), random.pick([0, 5, 65_534]));
  const [plain, folder] = [below(root, 'same-2'), below(root, 'dir')];
  chmodSync(below(root, 'size-1'), 0o4755);
  chmodSync(below(root, 'size-0'), 0o2710);
  chmodSync(below(root, 'sticky'), 0o1777);
  chmodSync(folder, 0o2750);
  if (isRoot) chmodSync(plain, 0o000);
  setXattrPathNoFollow(plain, 'user.plain', Buffer.from('value'));
  setXattrPathNoFollow(plain, 'user.binary', random.bytes(300));
  setXattrPathNoFollow(plain, 'user.empty', Buffer.alloc(0));
  setXattrPathNoFollow(folder, 'user.größe', Buffer.from('folder'));
  if (isRoot) setRootAttributes(root, plain, folder);
  for (const path of [...made].reverse())
    setTimesPathNoFollow(path, { atimeNs: 0n, mtimeNs: someTimeNs(random) });
  setTimesPathNoFollow(root, { atimeNs: 0n, mtimeNs: someTimeNs(random) });
}

function setRootAttributes(root: Buffer, plain: Buffer, folder: Buffer): void {
  setXattrPathNoFollow(plain, 'system.posix_acl_access', accessControlList(1001));
  setXattrPathNoFollow(folder, 'system.posix_acl_default', accessControlList(1002));
  setXattrPathNoFollow(below(root, 'link-1'), 'trusted.link', Buffer.from('on the link itself'));
  setXattrPathNoFollow(below(root, 'fifo'), 'trusted.fifo', Buffer.from('on the fifo'));
}

/** rw for one more user. Source: linux/posix_acl_xattr.h: version 2, then tag, permissions, id. */
function accessControlList(userId: number): Buffer {
  const anybody = 0xffffffff;
  const entries = [
    [0x01, 6, anybody],
    [0x02, 6, userId],
    [0x04, 4, anybody],
    [0x10, 6, anybody],
    [0x20, 0, anybody],
  ] as const;
  const list = Buffer.alloc(4 + entries.length * 8);
  list.writeUInt32LE(2, 0);
  for (const [index, [tag, permissions, id]] of entries.entries()) {
    list.writeUInt16LE(tag, 4 + index * 8);
    list.writeUInt16LE(permissions, 6 + index * 8);
    list.writeUInt32LE(id, 8 + index * 8);
  }
  return list;
}

/** Between 1965 and 2033, so that some lie before the epoch. */
function someTimeNs(random: SeededRandom): bigint {
  const seconds = BigInt(random.below(2_150_000_000)) - 150_000_000n;
  return seconds * 1_000_000_000n + BigInt(random.below(1_000_000_000));
}

function newFolder(tree: Tree, path: Buffer): Buffer {
  mkdirSync(path, 0o755);
  tree.made.push(path);
  return path;
}

function writeNew(tree: Tree, path: Buffer, content: Buffer): void {
  writeFileSync(path, content, { flag: 'wx' });
  tree.made.push(path);
}

function linkNew(tree: Tree, existing: Buffer, path: Buffer): void {
  linkSync(existing, path);
  tree.made.push(path);
}

function below(folder: Buffer, name: string | Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), Buffer.from(name)]);
}
