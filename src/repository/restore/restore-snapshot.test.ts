import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathsBelow } from '../../../test/support/paths-below.ts';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo } from '../../../test/support/vault.ts';
import { withFaults } from '../../object-store/fault.ts';
import { type MemoryStore, openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { encodeIndexFile } from '../index/index-file.ts';
import { openKey } from '../key/open-key.ts';
import { objectKey } from '../layout.ts';
import { createPackBuilder } from '../pack/pack-builder.ts';
import type { EntryProblem, Repository, Snapshot } from '../repository-types.ts';
import { encodeSnapshot } from '../snapshot/snapshot-codec.ts';
import { encodeNode } from '../tree/encode-tree.ts';
import { goModeFromUnix } from '../tree/go-mode.ts';
import type { Node } from '../tree/node.ts';
import { saveUnpacked } from '../unpacked.ts';

const isRoot = process.getuid?.() === 0;
const time = '2026-01-02T03:04:05Z';
const bytes = Buffer.from('content');

function node(name: string, fields: Partial<Node> = {}): Node {
  return {
    name: Buffer.from(name, 'latin1'),
    type: 'file',
    mode: 0o644,
    mtime: time,
    atime: time,
    ctime: time,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    user: '',
    group: '',
    inode: undefined,
    deviceId: undefined,
    size: bytes.length,
    links: 1,
    linkTarget: undefined,
    xattrs: [],
    genericAttributes: undefined,
    device: undefined,
    content: [hash('sha256', bytes, 'hex')],
    subtree: undefined,
    error: '',
    problem: undefined,
    ...fields,
  };
}

const link = (name: string, target: string): Node =>
  node(name, {
    type: 'symlink',
    mode: goModeFromUnix(0o120777),
    content: null,
    size: 0,
    linkTarget: Buffer.from(target),
  });

interface Folder {
  readonly node: Node;
  readonly entries: readonly (Node | Folder)[];
}

const folder = (name: string, entries: readonly (Node | Folder)[]): Folder => ({
  node: node(name, { type: 'dir', mode: goModeFromUnix(0o40755), content: null, size: 0 }),
  entries,
});

/** Stores a snapshot of entries that no honest program would write, in the order given. */
async function forge(store: MemoryStore, entries: readonly (Node | Folder)[]): Promise<Snapshot> {
  const { masterKey } = await openKey(store, 'correct horse battery staple');
  const builder = createPackBuilder(masterKey, (bytesMin) => new Uint8Array(bytesMin), undefined, 1_000_000);
  const add = (type: 'data' | 'tree', content: Buffer): string => {
    const id = hash('sha256', content, 'hex');
    builder.add({ id, type, content, uncompressedLength: 0 });
    return id;
  };
  const addTree = (list: readonly (Node | Folder)[]): string => {
    const json = list.map((each) =>
      encodeNode('node' in each ? { ...each.node, subtree: addTree(each.entries) } : each),
    );
    return add('tree', Buffer.from(`{"nodes":[${json.join(',')}]}\n`));
  };
  add('data', bytes);
  const tree = addTree(entries);
  const pack = builder.finish();
  assert.ok(pack);
  await store.put(objectKey('pack', pack.id), pack.buffer.subarray(0, pack.length));
  const access = { store, key: masterKey, version: 2 as const };
  await saveUnpacked(access, 'index', encodeIndexFile([{ id: pack.id, blobs: pack.blobs }]));
  const fields = { time, timeMs: Date.parse(time), tree, paths: ['/'] };
  return { id: await saveUnpacked(access, 'snapshot', encodeSnapshot(fields)), ...fields };
}

async function restoreForged(
  target: string,
  entries: readonly (Node | Folder)[],
  replaceFrom?: string,
): Promise<readonly EntryProblem[]> {
  const store = openMemoryStore();
  await using vault = await makeVault(store, { workers: 1 });
  const snapshot = await forge(store, entries);
  return (await restoreTo(vault, snapshot, target, replaceFrom === undefined ? {} : { replaceFrom }))
    .problems;
}

/** Everything below, a path each. */
function namesBelow(path: string): readonly string[] {
  return pathsBelow(path).map(String).sort();
}

test('no name leads out of the destination; what is sane is restored', async () => {
  using temporary = temporaryFolder();
  const target = join(temporary.path, 'inside');
  const nasty = ['..', '.', '', 'a/b', '../escaped', '/absolute', 'nul\0byte'];
  const problems = await restoreForged(target, [
    ...nasty.map((name) => node(name)),
    folder('..', [node('escaped')]),
    folder('folder', [node('../../escaped'), node('good')]),
    node('good'),
  ]);
  assert.deepEqual(namesBelow(temporary.path), [
    'inside',
    'inside/folder',
    'inside/folder/good',
    'inside/good',
  ]);
  assert.equal(problems.length, nasty.length + 2);
  assert.ok(problems.every(({ metadataOnly }) => !metadataOnly));
});

test('of several entries of one name the first is restored and the others are reported', async () => {
  using temporary = temporaryFolder();
  const target = join(temporary.path, 'target');
  const problems = await restoreForged(target, [
    node('file'),
    node('file'),
    link('way', '/etc'),
    folder('way', [node('passwd')]),
    folder('other', [node('inside')]),
    link('other', '/etc'),
  ]);
  assert.deepEqual(namesBelow(target), ['file', 'other', 'other/inside', 'way']);
  assert.ok(lstatSync(join(target, 'way')).isSymbolicLink());
  assert.ok(lstatSync(join(target, 'other')).isDirectory());
  assert.ok(problems.length >= 3);
  for (const { reason } of problems) assert.match(reason, /twice/);
});

test('a link that stands in the destination is not followed', async () => {
  using temporary = temporaryFolder();
  const [target, outside] = [join(temporary.path, 'target'), join(temporary.path, 'outside')];
  for (const path of [target, outside]) mkdirSync(path);
  symlinkSync(outside, join(target, 'folder'));
  symlinkSync(join(outside, 'file'), join(target, 'file'));
  const entries = [folder('folder', [node('inside')]), node('file')];
  await assert.rejects(restoreForged(target, entries), { code: 'RESTORE_REFUSED' });
  assert.deepEqual(await restoreForged(target, entries, join(temporary.path, 'staged')), []);
  assert.deepEqual(readdirSync(outside), []);
  assert.deepEqual(namesBelow(target), ['file', 'folder', 'folder/inside']);
  assert.ok(lstatSync(join(target, 'folder')).isDirectory());
});

test('what exists is refused before anything is written, or replaced', async () => {
  using temporary = temporaryFolder();
  const target = join(temporary.path, 'target');
  mkdirSync(target);
  writeFileSync(join(target, 'b'), 'mine');
  writeFileSync(join(target, 'unrelated'), 'mine');
  const entries = [node('a'), node('b'), folder('c', [])];
  await assert.rejects(restoreForged(target, entries), {
    code: 'RESTORE_REFUSED',
    message: /an entry exists.*such as b/,
  });
  assert.deepEqual(namesBelow(target), ['b', 'unrelated']);
  assert.deepEqual(await restoreForged(target, entries, join(temporary.path, 'staged')), []);
  assert.deepEqual(namesBelow(target), ['a', 'b', 'c', 'unrelated']);
  assert.equal(readFileSync(join(target, 'b'), 'utf8'), 'content');
  assert.equal(readFileSync(join(target, 'unrelated'), 'utf8'), 'mine');
});

test('a folder with content in the place of a file is not emptied: it is named and nothing else is touched', async () => {
  using temporary = temporaryFolder();
  const target = join(temporary.path, 'target');
  mkdirSync(join(target, 'a'), { recursive: true });
  writeFileSync(join(target, 'a', 'precious'), 'mine');
  writeFileSync(join(target, 'b'), 'mine');
  await assert.rejects(restoreForged(target, [node('b'), node('a')], join(temporary.path, 'staged')), {
    code: 'RESTORE_REFUSED',
    message: /folder.*\ba\b/,
  });
  assert.deepEqual(namesBelow(target), ['a', 'a/precious', 'b']);
  assert.equal(readFileSync(join(target, 'b'), 'utf8'), 'mine');
});

test('what cannot be restored leaves the file that is there', async () => {
  using temporary = temporaryFolder();
  const target = join(temporary.path, 'target');
  mkdirSync(target);
  for (const name of ['a', 'b']) writeFileSync(join(target, name), 'mine');
  const lost = { ...node('a'), content: ['0'.repeat(64)] };
  const problems = await restoreForged(target, [lost, node('b')], join(temporary.path, 'staged'));
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['/a'],
  );
  assert.equal(readFileSync(join(target, 'a'), 'utf8'), 'mine');
  assert.equal(readFileSync(join(target, 'b'), 'utf8'), 'content');
});

interface Scene extends AsyncDisposable {
  readonly root: string;
  readonly tree: string;
  readonly store: MemoryStore;
  readonly vault: Repository;
  readonly snapshot: Snapshot;
}

/** A folder, backed up in one piece. */
async function scene(fill: (tree: string) => void): Promise<Scene> {
  using kept = new DisposableStack();
  const temporary = kept.use(temporaryFolder());
  const tree = join(temporary.path, 'tree');
  mkdirSync(tree);
  fill(tree);
  const store = openMemoryStore();
  const vault = await makeVault(store, { workers: 1 });
  const { snapshot } = await backUp(vault, tree);
  const owned = kept.move();
  return {
    root: temporary.path,
    tree,
    store,
    vault,
    snapshot,
    [Symbol.asyncDispose]: async () => owned.dispose(),
  };
}

test('parts are chosen, with the folders above them', async () => {
  await using made = await scene((tree) => {
    mkdirSync(join(tree, 'one'));
    mkdirSync(join(tree, 'two'));
    for (const name of ['one/a.txt', 'one/b.bin', 'two/c.bin']) writeFileSync(join(tree, name), name);
    chmodSync(join(tree, 'one'), 0o751);
  });
  const target = join(made.root, 'target');
  const report = await restoreTo(made.vault, made.snapshot, target, {
    select: (path, isDirectory) => (!isDirectory && path.toString().endsWith('.txt') ? 'take' : 'descend'),
  });
  assert.deepEqual(report.problems, []);
  assert.equal(report.files, 1);
  assert.deepEqual(namesBelow(join(target, made.tree)), ['one', 'one/a.txt']);
  assert.equal(lstatSync(join(target, made.tree, 'one')).mode & 0o777, 0o751);
});

test('names of one file are one file again, also when only some are chosen', async () => {
  await using made = await scene((tree) => {
    writeFileSync(join(tree, 'a'), 'shared');
    for (const name of ['b', 'c']) linkSync(join(tree, 'a'), join(tree, name));
  });
  const target = join(made.root, 'target');
  await restoreTo(made.vault, made.snapshot, target, {
    select: (path, isDirectory) =>
      isDirectory ? 'descend' : path.toString().endsWith('/a') ? 'skip' : 'take',
  });
  const [b, c] = ['b', 'c'].map((name) => lstatSync(join(target, made.tree, name)));
  assert.equal(b?.ino, c?.ino);
  assert.equal(b?.nlink, 2);
});

test('runs of zeros become holes, or not, and the bytes are the same', async () => {
  const sizeBytes = 6_000_000;
  await using made = await scene((tree) => {
    const content = Buffer.alloc(sizeBytes);
    content.write('in the middle', 3_000_000);
    writeFileSync(join(tree, 'zeros'), content);
    writeFileSync(join(tree, 'small'), Buffer.alloc(100_000));
  });
  for (const [sparse, blocksMin, blocksMax] of [
    [true, 0, 200],
    [false, sizeBytes / 512, Number.POSITIVE_INFINITY],
  ] as const) {
    const target = join(made.root, `sparse-${sparse}`);
    const report = await restoreTo(made.vault, made.snapshot, target, { sparse, verify: true });
    assert.deepEqual(report.problems, []);
    const path = join(target, made.tree, 'zeros');
    assert.ok(readFileSync(path).equals(readFileSync(join(made.tree, 'zeros'))));
    const { blocks } = lstatSync(path);
    assert.ok(blocks >= blocksMin && blocks <= blocksMax, `${blocks} blocks`);
    assert.equal(lstatSync(join(target, made.tree, 'small')).size, 100_000);
  }
});

test('verify finds a file that was changed after it was written', async () => {
  await using made = await scene((tree) => {
    writeFileSync(join(tree, 'large'), seededRandom(1).bytes(3_000_000));
    writeFileSync(join(tree, 'small'), 'small');
  });
  const target = join(made.root, 'target');
  let changed = false;
  const report = await restoreTo(made.vault, made.snapshot, target, {
    verify: true,
    progress: ({ phase, doneBytes, totalBytes }) => {
      if (changed || phase !== 'restore' || doneBytes !== totalBytes) return;
      changed = true;
      const path = join(target, made.tree, 'small');
      writeFileSync(path, 'smaLl');
    },
  });
  assert.ok(changed);
  assert.deepEqual(
    report.problems.map(({ path }) => path),
    [join(made.tree, 'small')],
  );
  assert.match(report.problems[0]?.reason ?? '', /differs/);
  assert.equal(existsSync(join(target, made.tree, 'small')), false);
});

/** Damages the pack that holds files, by a wrong bit in its first blob. */
async function damageData(store: MemoryStore): Promise<string> {
  const packs = [...store.objects].filter(([key]) => key.startsWith('data/'));
  const [key, whole] = packs.sort((a, b) => b[1].length - a[1].length)[0] ?? [];
  assert.ok(key && whole);
  whole[100] = (whole[100] ?? 0) ^ 1;
  await store.put(key, whole);
  return key;
}

test('a file with a damaged blob is left out and reported, with its further names', async () => {
  await using made = await scene((tree) => {
    writeFileSync(join(tree, 'bad'), seededRandom(2).bytes(100_000));
    linkSync(join(tree, 'bad'), join(tree, 'bad too'));
  });
  const key = await damageData(made.store);
  const target = join(made.root, 'target');
  const { problems, files, damagedObjects } = await restoreTo(made.vault, made.snapshot, target);
  assert.deepEqual(damagedObjects, [key]);
  assert.deepEqual(
    problems.map(({ path }) => path).sort(),
    ['bad', 'bad too'].map((name) => join(made.tree, name)),
  );
  assert.ok(problems[0]?.reason.includes(key));
  assert.deepEqual(readdirSync(join(target, made.tree)), []);
  assert.equal(files, 0);
});

test('another copy of a damaged blob in another pack is used, and the damaged pack is named', async () => {
  await using made = await scene((tree) => writeFileSync(join(tree, 'file'), seededRandom(2).bytes(100_000)));
  const copy = openMemoryStore(made.store.objects);
  for (const key of copy.objects.keys()) if (/^(index|snapshots)/.test(key)) await copy.delete(key);
  {
    await using again = await openVault(copy, { workers: 1 });
    await backUp(again, made.tree);
  }
  for (const [key, value] of copy.objects) if (/^(data|index)/.test(key)) await made.store.put(key, value);
  const named: string[] = [];
  // one of the two is read first, and which one the order of the index decides
  const packs = [...made.store.objects].filter(([, bytes]) => bytes.length > 100_000);
  assert.equal(packs.length, 2);
  for (const [at, [key, bytes]] of packs.entries()) {
    const store = openMemoryStore(made.store.objects);
    const damaged = Buffer.from(bytes);
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    await store.put(key, damaged);
    await using vault = await openVault(store, { workers: 1 });
    const target = join(made.root, `target-${at}`);
    const { problems, damagedObjects } = await restoreTo(vault, made.snapshot, target, { verify: true });
    assert.deepEqual(problems, []);
    assert.ok(readFileSync(join(target, made.tree, 'file')).equals(readFileSync(join(made.tree, 'file'))));
    assert.ok(damagedObjects.every((object) => object === key));
    named.push(...damagedObjects);
  }
  assert.equal(named.length, 1);
});

test('a store that does not answer is no damage: the restore fails', async () => {
  await using made = await scene((tree) => writeFileSync(join(tree, 'file'), 'content'));
  const faulty = withFaults(made.store, [
    { kind: 'fail', operation: 'get', keyPrefix: 'data/', nth: 2, times: 100 },
  ]);
  await using vault = await openVault(faulty, { workers: 1 });
  await assert.rejects(restoreTo(vault, made.snapshot, join(made.root, 'target')), {
    code: 'STORE_UNAVAILABLE',
  });
});

test('links keep their targets, whatever these name', async () => {
  await using made = await scene((tree) => symlinkSync('../../../etc/passwd', join(tree, 'link')));
  const target = join(made.root, 'target');
  await restoreTo(made.vault, made.snapshot, target);
  assert.equal(readlinkSync(join(target, made.tree, 'link')), '../../../etc/passwd');
});

test('a full disk ends the restore with an error of its own', {
  skip: !isRoot && 'only root may mount',
}, async () => {
  await using made = await scene((tree) => {
    for (const n of [1, 2, 3]) writeFileSync(join(tree, `file-${n}`), seededRandom(n).bytes(900_000));
  });
  const target = join(made.root, 'small-disk');
  mkdirSync(target);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', target]);
  try {
    await assert.rejects(restoreTo(made.vault, made.snapshot, target), {
      code: 'DISK_FULL',
      message: /disk/,
    });
  } finally {
    execFileSync('umount', [target]);
  }
});

test('an aborted restore rejects with the reason', async () => {
  await using made = await scene((tree) => writeFileSync(join(tree, 'file'), 'content'));
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(restoreTo(made.vault, made.snapshot, join(made.root, 'target'), { signal }), /enough/);
});
