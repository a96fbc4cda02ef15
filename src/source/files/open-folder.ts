/** Folders as open descriptors, so that nothing that is renamed or linked meanwhile leads a restore elsewhere. */
import fs from 'node:fs';
import { entryPath } from '../../platform/posix/entry-path.ts';
import { openBeneath } from '../../platform/posix/open-beneath.ts';
import type { EntryPlace } from './copy-entry.ts';

export interface OpenFolder extends Disposable {
  readonly fd: number;
}

const openFlags = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY;

/** By path, links on the way followed. Raises the system's errors. */
export function openFolderAtPath(path: string | Buffer): OpenFolder {
  return owned(fs.openSync(path, openFlags));
}

/** A folder in an open one; a link is not a folder. Raises the system's errors. */
export function openFolderIn({ folderFd, name }: EntryPlace): OpenFolder {
  return owned(openBeneath(folderFd, name, openFlags));
}

/** By the bytes of the names. */
export function namesIn(folder: OpenFolder): readonly Buffer[] {
  return fs.readdirSync(entryPath(folder.fd), { encoding: 'buffer' }).sort(Buffer.compare);
}

function owned(fd: number): OpenFolder {
  return { fd, [Symbol.dispose]: () => fs.closeSync(fd) };
}
