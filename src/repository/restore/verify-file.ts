import { hash } from 'node:crypto';
import { closeSync, constants, fstatSync, readSync } from 'node:fs';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { openBeneath } from '../../platform/posix/open-beneath.ts';

/** Reads a restored file back; the result says what differs from the chunks it must consist of. */
export function verifyFile(
  rootFd: number,
  path: string,
  chunks: readonly { readonly id: string; readonly length: number }[],
): string[] {
  try {
    return compareFile(rootFd, Buffer.from(path, 'latin1'), chunks);
  } catch (error) {
    const name = systemErrorName(error);
    if (name === undefined) throw error;
    return [`cannot be read back: ${name}`];
  }
}

function compareFile(
  rootFd: number,
  path: Buffer,
  chunks: readonly { readonly id: string; readonly length: number }[],
): string[] {
  const fd = openBeneath(rootFd, path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    let offset = 0;
    for (const { id, length } of chunks) {
      const bytes = Buffer.allocUnsafe(length);
      const got = readSync(fd, bytes, 0, length, offset);
      if (got !== length || hash('sha256', bytes, 'hex') !== id)
        return [`differs from the snapshot within the ${length} bytes from ${offset}`];
      offset += length;
    }
    const { size } = fstatSync(fd);
    return size === offset ? [] : [`is ${size} bytes long instead of ${offset}`];
  } finally {
    closeSync(fd);
  }
}
