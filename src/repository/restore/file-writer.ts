/** Writes blobs into files below the destination, within one worker. No link is followed, no name leads out. */
import { closeSync, constants } from 'node:fs';
import { openBeneath } from '../../platform/posix/open-beneath.ts';
import { applyAttributes } from './apply-attributes.ts';
import type { BlobTarget, FileAttributes } from './restore-protocol.ts';
import { setSize, writeAll, writeSparse } from './write-sparse.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const openFilesMax = 128;

export interface FileWriter extends Disposable {
  /** Returns what could not be set on a file that is complete now; raises what the system raises. */
  write(target: BlobTarget, bytes: Buffer): string[];
}

export function createFileWriter(rootFd: number, sparse: boolean): FileWriter {
  /** Files with several blobs, least recently used first. */
  const open = new Map<string, number>();

  function write(target: BlobTarget, bytes: Buffer): string[] {
    if (target.whole) return writeWhole(target.path, bytes, target.whole);
    put(fdOf(target.path), bytes, target.offset);
    return [];
  }

  function writeWhole(path: string, bytes: Buffer, attributes: FileAttributes): string[] {
    const fd = openBeneath(
      rootFd,
      Buffer.from(path, 'latin1'),
      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
      0o600,
    );
    try {
      put(fd, bytes, 0);
      if (sparse && bytes.at(-1) === 0) setSize(fd, bytes.length);
      return applyAttributes(fd, attributes);
    } finally {
      closeSync(fd);
    }
  }

  function put(fd: number, bytes: Buffer, offset: number): void {
    if (sparse) writeSparse(fd, bytes, offset);
    else writeAll(fd, bytes, offset);
  }

  function fdOf(path: string): number {
    const known = open.get(path);
    if (known !== undefined) open.delete(path);
    const fd = known ?? openBeneath(rootFd, Buffer.from(path, 'latin1'), O_WRONLY | O_NOFOLLOW);
    open.set(path, fd);
    if (open.size > openFilesMax) closeOldest();
    return fd;
  }

  function closeOldest(): void {
    const [oldest] = open;
    if (!oldest) return;
    open.delete(oldest[0]);
    closeSync(oldest[1]);
  }

  return {
    write,
    [Symbol.dispose]() {
      for (const fd of open.values()) closeSync(fd);
      open.clear();
    },
  };
}
