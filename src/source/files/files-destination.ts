/**
 * Production as the destination of files: brings a staged restore into place. Folders are merged; what is there and
 * not in the restore is kept and listed, never deleted.
 */
import fs from 'node:fs';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import type { Destination } from '../destination.ts';
import type { SourceFinding } from '../source.ts';
import {
  absolutePath,
  type ByteString,
  fromBytes,
  fromText,
  joinPath,
  toBytes,
  toText,
} from './byte-path.ts';
import { applyMetadata, readMetadata } from './copy-entry.ts';
import { type Merge, makeFolder, mergeEntry, startMerge, statIfThere } from './merge-tree.ts';
import { namesIn, type OpenFolder, openFolderAtPath } from './open-folder.ts';
import { readFailure } from './read-failure.ts';
import { keepEntries } from './safety-copy.ts';
import { nextEntry, problemsOf, startTransfer, type Transfer } from './transfer.ts';

export interface FilesDestinationOptions {
  /** Absolute paths of the folders and files that belong to the system; nothing outside them is touched. */
  readonly paths: readonly (string | Buffer)[];
  /**
   * Whether the restore brings something to this absolute path, where the caller knows it from the snapshot: it makes
   * `overwrites` and the safety copy exact. Default: every path.
   */
  readonly arriving?: (path: Buffer) => boolean;
}

export interface FilesDestination extends Destination {
  /** Paths below the system's folders that were there and not in what was received last. Empty before. */
  extras(): readonly string[];
}

/** Raises SOURCE_INVALID for a path that is not absolute. */
export function createFilesDestination(options: FilesDestinationOptions): FilesDestination {
  const targets = outermost(options.paths.map(absolutePath));
  const arriving = options.arriving ?? (() => true);
  let extras: readonly string[] = [];
  return {
    description: `in place: ${targets.map(toText).join(', ')}`,
    targets: targets.map(toBytes),
    async preflight(signal) {
      signal?.throwIfAborted();
      return targets.flatMap(findUnwritable);
    },
    async overwrites(signal) {
      const found: string[] = [];
      const transfer = startTransfer(signal);
      for (const target of targets) await listEntries(transfer, target, arriving, found);
      return found;
    },
    keepSafetyCopy: (folder, signal) => keepEntries(targets, folder, arriving, signal),
    async receive(staged, signal) {
      const merge = startMerge(signal);
      for (const target of targets) await receiveTarget(merge, fromText(staged), target);
      extras = merge.extras;
      assertComplete(merge);
      assertSome(merge, targets);
      return merge.entries;
    },
    extras: () => extras,
  };
}

function outermost(paths: readonly ByteString[]): readonly ByteString[] {
  const isBelow = (path: ByteString, other: ByteString) => path.startsWith(other === '/' ? '/' : `${other}/`);
  const different = [...new Set(paths)];
  return different.filter((path) => !different.some((other) => other !== path && isBelow(path, other)));
}

/** The nearest folder that is there must take new names. */
function findUnwritable(target: ByteString): readonly SourceFinding[] {
  for (let folder = parentOf(target); ; folder = parentOf(folder)) {
    try {
      fs.accessSync(toBytes(folder), fs.constants.W_OK | fs.constants.X_OK);
      return [];
    } catch (error) {
      if (systemErrorName(error) === 'ENOENT' && folder !== '/') continue;
      const message = `"${toText(folder)}" cannot be written: ${readFailure(error)}`;
      return [
        {
          severity: 'error',
          message,
          hint: 'Run as its owner or as root, or restore to another folder with "--to".',
        },
      ];
    }
  }
}

async function listEntries(
  transfer: Transfer,
  path: ByteString,
  arriving: (path: Buffer) => boolean,
  found: string[],
): Promise<void> {
  await nextEntry(transfer);
  const stats = fs.lstatSync(toBytes(path), { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) {
    if (arriving(toBytes(path))) found.push(toText(path));
    return;
  }
  for (const name of fs.readdirSync(toBytes(path), { encoding: 'latin1' }).sort()) {
    await listEntries(transfer, joinPath(path, name), arriving, found);
  }
}

/** A target that the restore does not bring is left alone. */
async function receiveTarget(merge: Merge, stagedRoot: ByteString, target: ByteString): Promise<void> {
  const parent = parentOf(target);
  using staged = openIfThere(toBytes(stagedRoot + (parent === '/' ? '' : parent)));
  if (staged === undefined) return;
  makeParents(stagedRoot, parent);
  using place = openFolderAtPath(toBytes(parent));
  const names = target === '/' ? namesIn(staged) : [toBytes(target.slice(target.lastIndexOf('/') + 1))];
  for (const name of names) {
    const from = { folderFd: staged.fd, name };
    if (statIfThere(from) === undefined) continue;
    await mergeEntry(merge, from, { folderFd: place.fd, name }, joinPath(parent, fromBytes(name)));
  }
  fs.fsyncSync(place.fd);
}

/** Folders above the target that are missing are made as they were; those that are there stay as they are. */
function makeParents(stagedRoot: ByteString, parent: ByteString): void {
  if (parent === '/' || fs.statSync(toBytes(parent), { throwIfNoEntry: false }) !== undefined) return;
  const above = parentOf(parent);
  makeParents(stagedRoot, above);
  using from = openFolderAtPath(toBytes(stagedRoot + (above === '/' ? '/' : above)));
  using to = openFolderAtPath(toBytes(above));
  const name = toBytes(parent.slice(parent.lastIndexOf('/') + 1));
  makeFolder({ folderFd: to.fd, name });
  applyMetadata(readMetadata({ folderFd: from.fd, name }), { folderFd: to.fd, name });
  fs.fsyncSync(to.fd);
}

function openIfThere(path: Buffer): OpenFolder | undefined {
  try {
    return openFolderAtPath(path);
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parentOf(path: ByteString): ByteString {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function assertSome({ entries }: Merge, targets: readonly ByteString[]): void {
  if (entries > 0) return;
  const message = `nothing was put in place: what was restored holds no entry of ${targets.map(toText).join(', ')}`;
  throw new LifeboatError('PATH_NOT_FOUND', message, {
    hint: 'Restore to another folder with "--to", or with the plan that had the paths of that time.',
  });
}

function assertComplete(merge: Merge): void {
  const problems = problemsOf(merge);
  const [first] = problems;
  if (first === undefined) return;
  const message = `${problems.length === 1 ? '1 entry' : `${problems.length} entries`} could not be brought into place, the first is "${first.path}": ${first.reason}`;
  throw new LifeboatError('RESTORE_INCOMPLETE', message, {
    hint: 'All others are in place. Remove what is in the way or free what is full, and restore again.',
    details: { problems },
  });
}
