/** The files source sees what stock restic sees: the same entries, with the same metadata. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createFilesSource, type FilesSourceOptions } from '../../src/source/files/files-source.ts';
import type { CaptureEvent } from '../../src/source/source.ts';
import { makeRandomTree } from '../support/random-tree.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Scenario {
  readonly what: string;
  readonly paths: readonly string[];
  readonly options?: Partial<FilesSourceOptions>;
  readonly resticFlags?: readonly string[];
}

/** `other` is a folder on another file system. */
function scenarios(root: string, other: string): readonly Scenario[] {
  const [tree, cache] = [`${root}/tree`, `${root}/cache`];
  return [
    { what: 'a folder', paths: [tree] },
    { what: 'targets with common parents', paths: [`${tree}/dir`, cache, `${tree}/deep-0/deep-1`] },
    { what: 'a target inside another', paths: [tree, `${tree}/deep-0`] },
    { what: 'a file and a link', paths: [`${tree}/plain`, `${root}/link`] },
    { what: 'a target behind a link', paths: [`${root}/link/dir`] },
    { what: 'caches', paths: [root], options: { excludeCaches: true }, resticFlags: ['--exclude-caches'] },
    {
      what: 'one file system',
      paths: ['/dev'],
      options: { oneFileSystem: true },
      resticFlags: ['--one-file-system'],
    },
    {
      what: 'one file system, and a mount point that is a target',
      paths: ['/dev', other],
      options: { oneFileSystem: true },
      resticFlags: ['--one-file-system'],
    },
    {
      what: 'a maximum size',
      paths: [tree],
      options: { maxFileSize: 5000 },
      resticFlags: ['--exclude-larger-than=5000'],
    },
  ];
}

test('the walk gives what restic backs up', async (t) => {
  using folder = temporaryFolder();
  using repository = temporaryFolder();
  const other = mkdtempSync('/dev/shm/walk-');
  t.after(() => rmSync(other, { recursive: true }));
  writeFileSync(`${other}/file`, 'on another file system');
  makeInput(folder.path);
  const restic = { repository: repository.path };
  await resticMustSucceed(restic, 'init');
  for (const scenario of scenarios(folder.path, other)) {
    await t.test(scenario.what, async () => {
      const flags = scenario.resticFlags ?? [];
      await resticMustSucceed(
        restic,
        'backup',
        '--force',
        '--quiet',
        '--ignore-inode',
        ...flags,
        ...scenario.paths,
      );
      const listed = await resticMustSucceed(restic, 'ls', '--json', 'latest');
      const seen = await walked(scenario);
      assert.ok(seen.length > 2);
      // Times of folders that other programs use at the same moment are not compared.
      const lines = (entries: readonly Entry[]) => entries.map((entry) => lineOf(entry, folder.path));
      const [ours, theirs] = [lines(seen), lines(entriesOfRestic(listed))];
      assert.deepEqual(without(ours, theirs), []);
      assert.deepEqual(without(theirs, ours), []);
    });
  }
});

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return lines.filter((one) => !known.has(one));
}

function makeInput(root: string): void {
  mkdirSync(`${root}/tree`);
  makeRandomTree(`${root}/tree`, { seed: 11, fileBytesMax: 20_000, rawLinkTargets: false });
  mkdirSync(`${root}/cache/sub`, { recursive: true });
  writeFileSync(`${root}/cache/CACHEDIR.TAG`, 'Signature: 8a477f597d28d172789f06886806bc55\n');
  writeFileSync(`${root}/cache/sub/rubbish`, 'x');
  symlinkSync('tree', `${root}/link`);
  execFileSync('touch', ['-h', '-d', '2001-01-01 01:01:01.000000001 UTC', `${root}/link`]);
}

interface Entry {
  readonly path: string;
  readonly type: string;
  /** Permissions, owner, group, size. */
  readonly facts: readonly number[];
  readonly mtimeNs: bigint;
}

/** Each of the two decoders has its own number of U+FFFD for a row of bytes that are not UTF-8. */
function lineOf({ path, type, facts, mtimeNs }: Entry, ours: string): string {
  const name = path.replaceAll(/\ufffd+/g, '\ufffd');
  return JSON.stringify([name, type, ...facts, path.startsWith(ours) ? String(mtimeNs) : '']);
}

async function walked({ paths, options }: Scenario): Promise<readonly Entry[]> {
  await using capture = await createFilesSource({ paths, nowMs: Date.now, ...options }).capture();
  const events = (await Array.fromAsync(capture.events)).flat();
  assert.deepEqual((await capture.result()).problems, []);
  return entriesOf(events);
}

function entriesOf(events: readonly CaptureEvent[]): readonly Entry[] {
  const folders: Buffer[] = [];
  return events.flatMap((event) => {
    if (event.kind === 'leave') {
      folders.pop();
      return [];
    }
    const path = Buffer.concat(
      [...folders, event.name].flatMap((name) => [Buffer.from('/'), name]),
    ).toString();
    if (event.kind === 'enter') folders.push(event.name);
    const { type, uid, gid, size, mtimeNs, mode } = event.metadata;
    return [{ path, type, facts: [mode & 0o777, uid, gid, size], mtimeNs }];
  });
}

function entriesOfRestic(listed: string): readonly Entry[] {
  return listed
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text))
    .filter((entry) => entry.struct_type === 'node')
    .map(({ path, type, mode, uid, gid, size, mtime }) => {
      return { path, type, facts: [mode & 0o777, uid, gid, size ?? 0], mtimeNs: nanoseconds(mtime) };
    });
}

/** Of an RFC 3339 time in UTC. */
function nanoseconds(time: string): bigint {
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
