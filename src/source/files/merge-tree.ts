/**
 * Brings a staged tree into place, entry by entry. Every file appears in one step, by a rename: a crash leaves the old
 * one or the new one. What is in place and not in the staged tree stays; nothing is ever deleted but what a staged
 * entry of the same name replaces.
 */
import fs from 'node:fs';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { mkdirAt, removeDirectoryAt, renameAt, statAt, unlinkAt } from '../../platform/posix/entry-at.ts';
import { entryPath } from '../../platform/posix/entry-path.ts';
import { randomHex } from '../../platform/random.ts';
import { type ByteString, fromBytes, joinPath, toBytes, toText } from './byte-path.ts';
import { applyMetadata, copyEntry, type EntryPlace, readMetadata, syncFile } from './copy-entry.ts';
import { namesIn, openFolderIn } from './open-folder.ts';
import { failed, nextEntry, startTransfer, type Transfer } from './transfer.ts';

export interface Merge extends Transfer {
  /** What is in place and was not in the staged tree, as paths; at most `extrasMax` of them. */
  readonly extras: string[];
  /** Files with several names that had to be copied, by device and inode of the staged file. */
  readonly copies: Map<string, CopiedFile>;
}

interface CopiedFile {
  readonly path: ByteString;
  readonly ino: bigint;
  readonly dev: bigint;
}

/** More extra entries than this are not listed. */
const extrasMax = 10_000;
const temporaryNameBytes = 8;

export function startMerge(signal: AbortSignal | undefined): Merge {
  return { ...startTransfer(signal), extras: [], copies: new Map() };
}

/** Puts the staged entry at its place; `path` is the place's, for messages. Failures become problems of the merge. */
export async function mergeEntry(
  merge: Merge,
  staged: EntryPlace,
  place: EntryPlace,
  path: ByteString,
): Promise<void> {
  await nextEntry(merge);
  try {
    if (statAt(staged.folderFd, staged.name).isDirectory()) await mergeFolder(merge, staged, place, path);
    else putInPlace(merge, staged, place, path);
  } catch (error) {
    merge.signal?.throwIfAborted();
    failed(merge, path, error);
  }
}

async function mergeFolder(
  merge: Merge,
  staged: EntryPlace,
  place: EntryPlace,
  path: ByteString,
): Promise<void> {
  // Before anything is moved out of the staged folder, for that changes its time.
  const metadata = readMetadata(staged);
  makeFolder(place);
  {
    using from = openFolderIn(staged);
    using to = openFolderIn(place);
    const names = namesIn(from);
    noteExtras(merge, names, namesIn(to), path);
    for (const name of names) {
      const below = joinPath(path, fromBytes(name));
      await mergeEntry(merge, { folderFd: from.fd, name }, { folderFd: to.fd, name }, below);
    }
    fs.fsyncSync(to.fd);
  }
  applyMetadata(metadata, place);
}

function noteExtras(
  merge: Merge,
  staged: readonly Buffer[],
  there: readonly Buffer[],
  path: ByteString,
): void {
  const names = new Set(staged.map(fromBytes));
  for (const name of there.map(fromBytes)) {
    if (!names.has(name) && merge.extras.length < extrasMax) merge.extras.push(toText(joinPath(path, name)));
  }
}

/** The folder at the place; what else has its name, a link for example, is replaced. */
export function makeFolder(place: EntryPlace): void {
  const there = statIfThere(place);
  if (there?.isDirectory()) return;
  if (there === undefined) {
    mkdirAt(place.folderFd, place.name, 0o700);
    return;
  }
  const aside = temporaryBeside(place);
  renameAt(place.folderFd, place.name, aside.folderFd, aside.name);
  mkdirAt(place.folderFd, place.name, 0o700);
  unlinkAt(aside.folderFd, aside.name);
}

function putInPlace(merge: Merge, staged: EntryPlace, place: EntryPlace, path: ByteString): void {
  const stats = statAt(staged.folderFd, staged.name);
  // Only an empty folder gives way: ENOTEMPTY says that something would be lost.
  if (statIfThere(place)?.isDirectory()) removeDirectoryAt(place.folderFd, place.name);
  if (stats.isFile()) syncFile(staged);
  try {
    renameAt(staged.folderFd, staged.name, place.folderFd, place.name);
  } catch (error) {
    if (systemErrorName(error) !== 'EXDEV') throw error;
    copyIntoPlace(merge, staged, place, stats, path);
  }
}

function copyIntoPlace(
  merge: Merge,
  staged: EntryPlace,
  place: EntryPlace,
  stats: fs.BigIntStats,
  path: ByteString,
): void {
  const temporary = temporaryBeside(place);
  const key = `${stats.dev}:${stats.ino}`;
  try {
    if (!linkToCopy(merge.copies.get(key), temporary)) copyEntry(staged, temporary);
    const { ino, dev } = statAt(temporary.folderFd, temporary.name);
    renameAt(temporary.folderFd, temporary.name, place.folderFd, place.name);
    if (stats.nlink > 1n) merge.copies.set(key, { path, ino, dev });
  } catch (error) {
    if (statIfThere(temporary) !== undefined) unlinkAt(temporary.folderFd, temporary.name);
    throw error;
  }
}

/** Gives an earlier copy a second name; false when there is none, or when its path leads to something else by now. */
function linkToCopy(copy: CopiedFile | undefined, to: EntryPlace): boolean {
  if (copy === undefined) return false;
  fs.linkSync(toBytes(copy.path), entryPath(to.folderFd, to.name));
  const { ino, dev } = statAt(to.folderFd, to.name);
  if (ino === copy.ino && dev === copy.dev) return true;
  unlinkAt(to.folderFd, to.name);
  return false;
}

function temporaryBeside(place: EntryPlace): EntryPlace {
  return { folderFd: place.folderFd, name: Buffer.from(`.lifeboat-${randomHex(temporaryNameBytes)}.tmp`) };
}

export function statIfThere(place: EntryPlace): fs.BigIntStats | undefined {
  try {
    return statAt(place.folderFd, place.name);
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return undefined;
    throw error;
  }
}
