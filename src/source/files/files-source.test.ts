import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { hasCode } from '../../error/lifeboat-error.ts';
import { listXattrs, setXattrPathNoFollow } from '../../platform/posix/xattr.ts';
import type { CaptureEvent, CaptureResult } from '../source.ts';
import { createFilesSource, type FilesSourceOptions } from './files-source.ts';

let root = '';
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'files-source-'));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const nowMs = () => 1_763_600_000_000;

interface Seen {
  readonly paths: readonly string[];
  readonly events: readonly CaptureEvent[];
  readonly result: CaptureResult;
}

/** Paths below the test's folder as `latin1`, folders with a final slash, in the order of the events. */
async function captureBelowRoot(options: Omit<FilesSourceOptions, 'nowMs'>): Promise<Seen> {
  await using capture = await createFilesSource({ ...options, nowMs }).capture();
  const events = (await Array.fromAsync(capture.events)).flat();
  const prefix = `${root.slice(1)}/`;
  const paths = pathsOf(events).flatMap((one) => (one.startsWith(prefix) ? [one.slice(prefix.length)] : []));
  return { paths: paths.filter((one) => one !== ''), events, result: await capture.result() };
}

function pathsOf(events: readonly CaptureEvent[]): readonly string[] {
  const folders: string[] = [];
  return events.flatMap((event) => {
    if (event.kind === 'leave') {
      folders.pop();
      return [];
    }
    const name = event.name.toString('latin1');
    const full = [...folders, name].join('/');
    if (event.kind === 'entry') return [full];
    folders.push(name);
    return [`${full}/`];
  });
}

function write(relative: string, content = relative): void {
  fs.mkdirSync(path.dirname(path.join(root, relative)), { recursive: true });
  fs.writeFileSync(path.join(root, relative), content);
}

test('common parents of several targets appear once, and a target inside another is merged', async () => {
  for (const name of ['srv/db/a', 'srv/db/deep/b', 'srv/www/site/c', 'srv/www/other/d']) write(name);
  const paths = ['srv/www/site', 'srv/db', 'srv/db/deep', 'srv/db/a'].map((one) => path.join(root, one));
  const seen = await captureBelowRoot({ paths });
  assert.deepEqual(seen.paths, [
    'srv/',
    'srv/db/',
    'srv/db/a',
    'srv/db/deep/',
    'srv/db/deep/b',
    'srv/www/',
    'srv/www/site/',
    'srv/www/site/c',
  ]);
  assert.deepEqual(seen.result.problems, []);
  assert.equal(seen.result.capturedAtMs, nowMs());
});

test('every component has its own metadata, to the nanosecond', async () => {
  write('data/file', 'twelve bytes');
  fs.linkSync(path.join(root, 'data/file'), path.join(root, 'data/twin'));
  execFileSync('touch', ['-d', '2020-02-02 02:02:02.123456789 UTC', path.join(root, 'data')]);
  fs.chmodSync(path.join(root, 'data'), 0o2751);
  const { events } = await captureBelowRoot({ paths: [path.join(root, 'data')] });
  const folder = events.find((event) => event.kind === 'enter' && event.name.toString() === 'data');
  const file = events.find((event) => event.kind === 'entry' && event.name.toString() === 'twin');
  assert.ok(folder?.kind === 'enter' && file?.kind === 'entry');
  assert.equal(folder.metadata.mtimeNs, 1_580_608_922_123_456_789n);
  assert.equal(folder.metadata.mode, 0o42751);
  assert.equal(file.metadata.size, 12);
  assert.equal(file.metadata.links, 2);
  assert.equal(file.metadata.inode, fs.statSync(path.join(root, 'data/file'), { bigint: true }).ino);
  assert.equal(file.metadata.user, os.userInfo().username);
  assert.deepEqual(file.content, { kind: 'path', path: Buffer.from(path.join(root, 'data/twin')) });
});

test('names that are not UTF-8 keep their bytes, and siblings follow the order of the bytes', async () => {
  const names = [
    Buffer.from([0xff, 0x2e, 0x61]),
    Buffer.from('é'),
    Buffer.from('z'),
    Buffer.from('\u{1f600}'),
  ];
  for (const name of names) fs.writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), '');
  const { paths } = await captureBelowRoot({ paths: [root] });
  const expected = names.toSorted(Buffer.compare).map((name) => name.toString('latin1'));
  assert.deepEqual(paths, expected);
});

test('links are kept as links, also as a target; a fifo is kept and a socket is not', async () => {
  write('there/file');
  fs.symlinkSync(Buffer.from([0x74, 0xff]), path.join(root, 'link'));
  execFileSync('mkfifo', [path.join(root, 'pipe')]);
  const { events, paths } = await captureBelowRoot({
    paths: ['link', 'pipe'].map((one) => path.join(root, one)),
  });
  assert.deepEqual(paths, ['link', 'pipe']);
  const link = events.find((event) => event.kind === 'entry' && event.name.toString() === 'link');
  assert.ok(link?.kind === 'entry');
  assert.deepEqual(link.metadata.linkTarget, Buffer.from([0x74, 0xff]));
  assert.equal(link.content.kind, 'none');
});

test('a link on the way to a target becomes the folder that it points to, with the target only', async () => {
  write('real/db/file');
  write('real/unasked');
  fs.symlinkSync('real', path.join(root, 'alias'));
  const { paths } = await captureBelowRoot({ paths: [path.join(root, 'alias/db')] });
  assert.deepEqual(paths, ['alias/', 'alias/db/', 'alias/db/file']);
});

test('patterns have the meaning they have for Git, counted from every target', async () => {
  const names = [
    'a/keep.log',
    'a/x.log',
    'a/build/out',
    'a/sub/build/out',
    'b/build/out',
    'b/tmp/1',
    'b/sub/tmp/1',
  ];
  for (const name of names) write(name);
  const exclude = ['*.log', '!keep.log', '/build/', `${root}/b/tmp`];
  const { paths } = await captureBelowRoot({ paths: [path.join(root, 'a'), path.join(root, 'b')], exclude });
  const files = paths.filter((one) => !one.endsWith('/'));
  assert.deepEqual(files, ['a/keep.log', 'a/sub/build/out', 'b/sub/tmp/1']);
});

test('an ignore file rules its folder and below, and may bring back what an outer rule left out', async () => {
  for (const name of ['logs/a', 'logs/b.tmp', 'sub/a.bak', 'sub/deep/b.bak', 'c.bak']) write(name);
  write('.lifeboatignore', '!/logs/\n');
  write('sub/.lifeboatignore', '*.bak\n!b.bak\n');
  const { paths } = await captureBelowRoot({ paths: [root], exclude: ['logs/', '*.tmp'] });
  const files = paths.filter((one) => !one.endsWith('/') && !one.endsWith('.lifeboatignore'));
  assert.deepEqual(files, ['c.bak', 'logs/a', 'sub/deep/b.bak']);
});

test('Git itself agrees on which files the patterns leave out', async () => {
  const names = [
    'a.o',
    'doc/x.o',
    'doc/keep/x.o',
    'doc/frotz/1',
    'frotz/1',
    'é.txt',
    'x y ',
    'foo/bar/baz/1',
    'q[1].c',
    'q1.c',
  ];
  for (const name of names) write(`tree/${name}`, 'x');
  const patterns = [
    '*.o',
    '!doc/keep/*.o',
    'doc/frotz/',
    '?.txt',
    'x\\ y\\ ',
    'foo/**/1',
    'q[[]1].c',
    '# note',
    '',
  ];
  write('tree/.lifeboatignore', patterns.join('\n'));
  const tree = path.join(root, 'tree');
  execFileSync('git', ['-C', tree, 'init', '-q']);
  const listed = execFileSync('git', [
    '-C',
    tree,
    'ls-files',
    '-z',
    '--others',
    '--exclude-per-directory=.lifeboatignore',
  ]);
  const expected = listed.toString('latin1').split('\0').filter(Boolean).toSorted();
  const { paths } = await captureBelowRoot({ paths: [tree], exclude: ['.git/'] });
  const files = paths.filter((one) => !one.endsWith('/')).map((one) => one.slice('tree/'.length));
  assert.ok(expected.length < names.length, 'some names are left out');
  assert.deepEqual(files.toSorted(), expected);
});

test('a target inside a folder that a rule leaves out is kept, and the rules count in it again', async () => {
  for (const name of ['cache/other', 'cache/keep/file', 'cache/keep/x.tmp']) write(name);
  const paths = [root, path.join(root, 'cache/keep')];
  const seen = await captureBelowRoot({ paths, exclude: ['cache/', '*.tmp'] });
  assert.deepEqual(seen.paths, ['cache/', 'cache/keep/', 'cache/keep/file']);
});

test('a tagged cache keeps its folder and the tag; a tag without the signature means nothing', async () => {
  write('real/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55\n# comment');
  write('real/rubbish');
  write('false/CACHEDIR.TAG', 'hello');
  write('false/treasure');
  const { paths } = await captureBelowRoot({ paths: [root], excludeCaches: true });
  assert.deepEqual(paths, ['false/', 'false/CACHEDIR.TAG', 'false/treasure', 'real/', 'real/CACHEDIR.TAG']);
});

test('files above the maximum are left out unless they are named', async () => {
  write('small', 'x'.repeat(10));
  write('large', 'x'.repeat(11));
  write('named', 'x'.repeat(11));
  const { paths } = await captureBelowRoot({ paths: [root, path.join(root, 'named')], maxFileSize: 10 });
  assert.deepEqual(paths, ['named', 'small']);
});

test('what is missing is a problem, and an error when nothing is left', async () => {
  write('there');
  const gone = path.join(root, 'gone/deeper');
  const seen = await captureBelowRoot({ paths: [path.join(root, 'there'), gone] });
  assert.deepEqual(seen.paths, ['there']);
  assert.deepEqual(seen.result.problems, [{ path: gone, reason: 'does not exist' }]);
  const source = createFilesSource({ paths: [gone], nowMs });
  const [finding] = await source.preflight();
  assert.match(finding?.message ?? '', /gone\/deeper" does not exist/);
  await assert.rejects(source.capture(), (error) => hasCode(error, 'SOURCE_MISSING'));
});

test('a relative path is refused', () => {
  assert.throws(() => createFilesSource({ paths: ['data'], nowMs }), /"data" is not an absolute path/);
});

test('a tree deeper than a path may be long is walked as far as possible and reported', async () => {
  const script = 'for i in $(seq 60); do mkdir "$1" && cd -P "$1" || exit 1; done; echo end > file';
  execFileSync('bash', ['-c', script, 'bash', 'd'.repeat(100)], { cwd: root });
  const { result, paths } = await captureBelowRoot({ paths: [root] });
  assert.ok(paths.length > 30);
  assert.equal(result.problems.length, 1);
  assert.match(result.problems[0]?.reason ?? '', /longer than the system can open/);
  execFileSync('rm', ['-rf', path.join(root, 'd'.repeat(100))]);
});

test('what may not be read is a problem, and everything else is captured', async () => {
  write('closed/secret');
  write('open/file');
  fs.chmodSync(root, 0o755);
  fs.chmodSync(path.join(root, 'closed'), 0);
  const isRoot = process.geteuid?.() === 0;
  // Root may read everything, so that the walk is done as nobody.
  if (isRoot) process.seteuid?.(65_534);
  try {
    const { paths, result } = await captureBelowRoot({ paths: [root] });
    assert.deepEqual(paths, ['closed/', 'open/', 'open/file']);
    assert.deepEqual(result.problems, [{ path: path.join(root, 'closed'), reason: 'permission denied' }]);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test('a file that vanishes during the walk is a problem', async () => {
  for (let index = 0; index < 1000; index += 1) write(`file-${String(index).padStart(4, '0')}`);
  await using capture = await createFilesSource({ paths: [root], nowMs }).capture();
  const gone = path.join(root, 'file-0999');
  for await (const _ of capture.events) fs.rmSync(gone, { force: true });
  const { problems } = await capture.result();
  assert.deepEqual(problems, [{ path: gone, reason: 'vanished while the folder was read' }]);
});

test('with one file system, mount points are kept as empty folders, unless they are targets', async () => {
  assert.notEqual(fs.statSync('/dev').dev, fs.statSync('/dev/shm').dev);
  fs.writeFileSync(`/dev/shm/${path.basename(root)}`, '');
  try {
    const below = async (paths: readonly string[], oneFileSystem: boolean) => {
      const { events } = await captureBelowRoot({ paths, oneFileSystem });
      return pathsOf(events).filter((one) => one === 'dev/shm/' || one.endsWith(path.basename(root)));
    };
    const file = `dev/shm/${path.basename(root)}`;
    assert.deepEqual(await below(['/dev'], true), ['dev/shm/']);
    assert.deepEqual(await below(['/dev'], false), ['dev/shm/', file]);
    assert.deepEqual(await below(['/dev', '/dev/shm'], true), ['dev/shm/', file]);
  } finally {
    fs.rmSync(`/dev/shm/${path.basename(root)}`);
  }
});

test('a folder mounted inside itself ends the walk there and is reported', async (t) => {
  write('outer/inner/file');
  const inner = path.join(root, 'outer/inner');
  if (spawnSync('mount', ['--bind', path.join(root, 'outer'), inner]).status !== 0) {
    t.skip('only a user who may mount can make a loop');
    return;
  }
  try {
    const { paths, result } = await captureBelowRoot({ paths: [root] });
    assert.deepEqual(paths, ['outer/', 'outer/inner/']);
    assert.equal(result.problems[0]?.path, inner);
    assert.match(result.problems[0]?.reason ?? '', /mounted inside itself/);
  } finally {
    execFileSync('umount', [inner]);
  }
});

test('attributes are captured in the order of the system', async () => {
  write('file');
  const file = path.join(root, 'file');
  for (const name of ['user.b', 'user.a'])
    setXattrPathNoFollow(Buffer.from(file), name, Buffer.from([0, 255]));
  const { events } = await captureBelowRoot({ paths: [file] });
  const entry = events.find((event) => event.kind === 'entry');
  assert.deepEqual(entry?.metadata.xattrs, listXattrs(Buffer.from(file)));
  assert.equal(entry?.metadata.xattrs?.length, 2);
});

test('a folder of a hundred thousand entries is walked in order, in batches', async () => {
  const count = 100_000;
  const first = path.join(root, 'file-');
  fs.writeFileSync(`${first}0`, '');
  // Some file systems allow 65,000 names of one file, so that there is one file for every 50,000.
  for (let index = 1; index < count; index += 1) {
    if (index % 50_000 === 0) fs.writeFileSync(first + index, '');
    else fs.linkSync(first + (index - (index % 50_000)), first + index);
  }
  const { paths } = await captureBelowRoot({ paths: [root] });
  assert.equal(paths.length, count);
  assert.deepEqual(paths, paths.toSorted());
});

test('patterns keep working when more paths were asked for than are remembered', async () => {
  for (let index = 0; index < 2500; index += 1)
    fs.linkSync(linkable(index), path.join(root, `a-${index}.tmp`));
  write('z.tmp');
  write('z.keep');
  const { paths } = await captureBelowRoot({ paths: [root], exclude: ['*.tmp'] });
  assert.deepEqual(paths, ['linked', 'z.keep']);
});

function linkable(index: number): string {
  if (index === 0) write('linked');
  return path.join(root, 'linked');
}
