/**
 * Keeps what a restore will replace. On the same file system a file is kept by a second name for it, which costs
 * nothing: the restore puts a new file in its place and never writes into the old one. Elsewhere it is copied.
 */
import fs from 'node:fs';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { linkAt, mkdirAt, statAt } from '../../platform/posix/entry-at.ts';
import type { SafetyCopy } from '../destination.ts';
import { type ByteString, fromBytes, joinPath, toBytes } from './byte-path.ts';
import { applyMetadata, copyEntry, type EntryPlace, readMetadata } from './copy-entry.ts';
import { namesIn, openFolderAtPath, openFolderIn } from './open-folder.ts';
import { failed, nextEntry, problemsOf, startTransfer, type Transfer } from './transfer.ts';

interface Keeping extends Transfer {
  readonly arriving: (path: Buffer) => boolean;
  /** The folder of the safety copy itself, should it lie in what is kept. */
  readonly own: fs.BigIntStats;
  bytes: number;
}

/** Entries at and below `targets` for which `arriving` is true, under their full paths below `folder`. */
export async function keepEntries(
  targets: readonly ByteString[],
  folder: string,
  arriving: (path: Buffer) => boolean,
  signal: AbortSignal | undefined,
): Promise<SafetyCopy> {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const own = fs.statSync(folder, { bigint: true });
  const keeping: Keeping = { ...startTransfer(signal), arriving, own, bytes: 0 };
  for (const target of targets) await keepTarget(keeping, target, folder);
  const problems = problemsOf(keeping).map(({ path, reason }) => `${path}: ${reason}`);
  return { folder, bytes: keeping.bytes, problems };
}

async function keepTarget(keeping: Keeping, target: ByteString, folder: string): Promise<void> {
  const cut = target.lastIndexOf('/');
  const parent = target.slice(0, cut);
  const kept = Buffer.concat([Buffer.from(folder), toBytes(parent)]);
  try {
    using from = openFolderAtPath(toBytes(`${parent}/`));
    fs.mkdirSync(kept, { recursive: true, mode: 0o700 });
    using to = openFolderAtPath(kept);
    const names = target === '/' ? namesIn(from) : [toBytes(target.slice(cut + 1))];
    for (const name of names) {
      await keepEntry(keeping, { folderFd: from.fd, name }, to.fd, joinPath(parent || '/', fromBytes(name)));
    }
  } catch (error) {
    keeping.signal?.throwIfAborted();
    if (systemErrorName(error) !== 'ENOENT') failed(keeping, target, error);
  }
}

async function keepEntry(keeping: Keeping, from: EntryPlace, toFd: number, path: ByteString): Promise<void> {
  await nextEntry(keeping);
  const to = { folderFd: toFd, name: from.name };
  try {
    const stats = statAt(from.folderFd, from.name);
    if (stats.isDirectory()) {
      if (stats.ino !== keeping.own.ino || stats.dev !== keeping.own.dev)
        await keepFolder(keeping, from, to, path);
    } else if (keeping.arriving(toBytes(path))) {
      linkOrCopy(from, to);
      keeping.bytes += stats.isFile() ? Number(stats.size) : 0;
    }
  } catch (error) {
    keeping.signal?.throwIfAborted();
    // What is not there needs no keeping.
    if (systemErrorName(error) !== 'ENOENT') failed(keeping, path, error);
  }
}

async function keepFolder(
  keeping: Keeping,
  from: EntryPlace,
  to: EntryPlace,
  path: ByteString,
): Promise<void> {
  mkdirAt(to.folderFd, to.name, 0o700);
  {
    using source = openFolderIn(from);
    using copy = openFolderIn(to);
    for (const name of namesIn(source)) {
      await keepEntry(keeping, { folderFd: source.fd, name }, copy.fd, joinPath(path, fromBytes(name)));
    }
  }
  applyMetadata(readMetadata(from), to);
}

/** EPERM: the kernel lets nobody link a file that is another's (fs.protected_hardlinks). EMLINK: too many names. */
function linkOrCopy(from: EntryPlace, to: EntryPlace): void {
  try {
    linkAt(from.folderFd, from.name, to.folderFd, to.name);
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(systemErrorName(error) ?? '')) throw error;
    copyEntry(from, to);
  }
}
