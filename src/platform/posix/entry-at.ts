/**
 * Acts on one entry of an open directory. The entry is always meant itself: no link is followed, and names
 * that lead elsewhere raise PATH_UNSAFE. Everything else that fails raises the system's error, in Node's shape.
 * Source: mkdirat(2), symlinkat(2), linkat(2), mknodat(2), unlinkat(2), renameat(2), fchownat(2), utimensat(2).
 */
import { type BigIntStats, chmodSync, closeSync, constants as file, fstatSync, lstatSync } from 'node:fs';
import { constants } from 'node:os';
import { cFunction } from './c-library.ts';
import { cName, cPath, secondCName } from './c-path.ts';
import { entryPath } from './entry-path.ts';
import { succeeded, systemCallError } from './system-call-error.ts';

const noFollow = 0x100;
const removeDirectory = 0x200;
/** mknodat through its number, because glibc before 2.33 has no such function. */
const mknodatNumber = process.arch === 'arm64' ? 33 : 259;
const pathOnly = 0o10000000;
/** Targets of links are shorter than PATH_MAX. */
const linkTargetBytesMax = 4096;
const linkTarget = Buffer.allocUnsafeSlow(linkTargetBytesMax);

const mkdirat = cFunction<[number, Buffer, number]>('mkdirat', 'int', ['int', 'void *', 'uint']);
const symlinkat = cFunction<[Buffer, number, Buffer]>('symlinkat', 'int', ['void *', 'int', 'void *']);
const linkat = cFunction<[number, Buffer, number, Buffer, number]>('linkat', 'int', [
  'int',
  'void *',
  'int',
  'void *',
  'int',
]);
const mknodat = cFunction<[number, number, Buffer, number, bigint]>('syscall', 'long', [
  'long',
  'int',
  'void *',
  'uint',
  'int64_t',
]);
const unlinkat = cFunction<[number, Buffer, number]>('unlinkat', 'int', ['int', 'void *', 'int']);
const renameat = cFunction<[number, Buffer, number, Buffer]>('renameat', 'int', [
  'int',
  'void *',
  'int',
  'void *',
]);
const fchownat = cFunction<[number, Buffer, number, number, number]>('fchownat', 'int', [
  'int',
  'void *',
  'uint32_t',
  'uint32_t',
  'int',
]);
const openat = cFunction<[number, Buffer, number, number]>('openat', 'int', ['int', 'void *', 'int', 'uint']);
const readlinkat = cFunction<[number, Buffer, Buffer, number]>('readlinkat', 'long', [
  'int',
  'void *',
  'void *',
  'size_t',
]);

/** The process's umask applies to `mode`. */
export function mkdirAt(dirFd: number, name: Buffer, mode: number): void {
  succeeded(mkdirat(dirFd, cName(name), mode), 'mkdirat', name);
}

/** The target is any bytes but NUL, and is not looked at. */
export function symlinkAt(target: Buffer, dirFd: number, name: Buffer): void {
  const namePointer = secondCName(name);
  succeeded(symlinkat(cPath(target), dirFd, namePointer), 'symlinkat', name);
}

/** A second name for what `oldName` is; a link itself gets one, not what it points to. */
export function linkAt(oldDirFd: number, oldName: Buffer, newDirFd: number, newName: Buffer): void {
  succeeded(linkat(oldDirFd, cName(oldName), newDirFd, secondCName(newName), 0), 'linkat', newName);
}

/** `mode` with its type bits (S_IFIFO, S_IFBLK, S_IFCHR, S_IFSOCK); `rdev` as in st_rdev, 0 for the others. */
export function mknodAt(dirFd: number, name: Buffer, mode: number, rdev: bigint): void {
  // The kernel's own encoding has 32 bits, and they are the lower ones of glibc's.
  const kernelDevice = BigInt.asUintN(32, rdev);
  succeeded(mknodat(mknodatNumber, dirFd, cName(name), mode, kernelDevice), 'mknodat', name);
}

export function unlinkAt(dirFd: number, name: Buffer): void {
  succeeded(unlinkat(dirFd, cName(name), 0), 'unlinkat', name);
}

/** Removes an empty directory. */
export function removeDirectoryAt(dirFd: number, name: Buffer): void {
  succeeded(unlinkat(dirFd, cName(name), removeDirectory), 'unlinkat', name);
}

/** Replaces what has the new name, in one step. */
export function renameAt(oldDirFd: number, oldName: Buffer, newDirFd: number, newName: Buffer): void {
  succeeded(renameat(oldDirFd, cName(oldName), newDirFd, secondCName(newName)), 'renameat', newName);
}

/** The kernel clears set-uid bits, so set the mode after the owner. */
export function chownAt(dirFd: number, name: Buffer, uid: number, gid: number): void {
  succeeded(fchownat(dirFd, cName(name), uid, gid, noFollow), 'fchownat', name);
}

/** Raises ELOOP for a symbolic link, which has no mode of its own on Linux. */
export function chmodAt(dirFd: number, name: Buffer, mode: number): void {
  // Not fchmodat with AT_SYMLINK_NOFOLLOW: glibc before 2.32 refuses it for every kind of entry.
  const fd = succeeded(openat(dirFd, cName(name), pathOnly | file.O_NOFOLLOW, 0), 'openat', name);
  try {
    if (fstatSync(fd).isSymbolicLink()) throw systemCallError('fchmodat', constants.errno.ELOOP, name);
    chmodSync(entryPath(fd), mode);
  } finally {
    closeSync(fd);
  }
}

/** Exact bytes of a symbolic link's target. */
export function readLinkAt(dirFd: number, name: Buffer): Buffer {
  const size = readlinkat(dirFd, cName(name), linkTarget, linkTargetBytesMax);
  succeeded(size, 'readlinkat', name);
  if (size === linkTargetBytesMax) throw systemCallError('readlinkat', constants.errno.ENAMETOOLONG, name);
  return Buffer.from(linkTarget.subarray(0, size));
}

export function statAt(dirFd: number, name: Buffer): BigIntStats {
  return lstatSync(entryPath(dirFd, name), { bigint: true });
}
