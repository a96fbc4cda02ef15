/** Device numbers as glibc packs them into dev_t, and room on file systems. Source: makedev(3), statvfs(3). */
import { statfsSync } from 'node:fs';

const lowMinorBits = 0xffn;
const lowMajorBits = 0xfffn;

export function majorNumber(device: bigint): number {
  return Number(((device >> 8n) & lowMajorBits) | ((device >> 32n) & ~lowMajorBits & 0xffffffffn));
}

export function minorNumber(device: bigint): number {
  return Number((device & lowMinorBits) | ((device >> 12n) & ~lowMinorBits & 0xffffffffn));
}

export function makeDevice(major: number, minor: number): bigint {
  const [majorBits, minorBits] = [BigInt(major), BigInt(minor)];
  return (
    (minorBits & lowMinorBits) |
    ((majorBits & lowMajorBits) << 8n) |
    ((minorBits & ~lowMinorBits) << 12n) |
    ((majorBits & ~lowMajorBits) << 32n)
  );
}

export interface FileSystemRoom {
  readonly totalBytes: number;
  /** What this user may still write; root's reserve is not in it. */
  readonly availableBytes: number;
}

/** Of the file system that holds the path. Raises the system's error. */
export function fileSystemFree(path: string | Buffer): FileSystemRoom {
  const facts = statfsSync(path);
  return { totalBytes: facts.blocks * facts.bsize, availableBytes: facts.bavail * facts.bsize };
}
