/**
 * Opens files below a directory such that nothing can lead outside: no `..`, no absolute path, no symbolic
 * link at any place of the path. The kernel's own openat2 does it where it is there (Linux 5.6); where it is
 * not, or a sandbox forbids it, every component is opened on its own with O_NOFOLLOW.
 * Source: openat2(2), open(2).
 */
import { closeSync, constants as file } from 'node:fs';
import { constants } from 'node:os';
import { cFunction, lastErrno } from './c-library.ts';
import { assertEntryName, cName, cPath, pathBytesMax, unsafePath } from './c-path.ts';
import { statAt } from './entry-at.ts';
import { systemCallError } from './system-call-error.ts';

/** The same on x64 and arm64: the first calls with common numbers came before it. */
const openat2Number = 437;
const openHowBytes = 24;
const resolveNoMagicLinks = 0x02n;
const resolveNoSymlinks = 0x04n;
const resolveBeneath = 0x08n;
/** O_CLOEXEC and O_PATH, which Node does not name; O_DIRECTORY and others differ by processor and come from Node. */
const closeOnExec = 0o2000000;
export const openPathOnly = 0o10000000;
/** openat2 gives EAGAIN when something was renamed meanwhile; this often it is asked again. */
const attemptsMax = 64;

const openHow = Buffer.alloc(openHowBytes);
const openat2 = cFunction<[number, number, Buffer, Buffer, number]>('syscall', 'long', [
  'long',
  'int',
  'void *',
  'void *',
  'size_t',
]);
const openat = cFunction<[number, Buffer, number, number]>('openat', 'int', ['int', 'void *', 'int', 'uint']);

let kernelHasOpenat2 = true;

/**
 * Opens `relativePath` below `rootFd` and gives a descriptor that the caller closes. `flags` as in open(2),
 * O_NOFOLLOW and O_CLOEXEC are added; `mode` counts with O_CREAT only.
 * Raises PATH_UNSAFE for paths with `.`, `..`, empty components, NUL or a leading slash; ELOOP for a symbolic
 * link anywhere on the path (with openPathOnly the last component may be one); else the system's error.
 */
export function openBeneath(rootFd: number, relativePath: Buffer, flags: number, mode = 0): number {
  const components = pathComponents(relativePath);
  if (kernelHasOpenat2 && relativePath.length < pathBytesMax) {
    const fd = openInKernel(rootFd, relativePath, flags, mode);
    if (fd !== undefined) return fd;
    kernelHasOpenat2 = false;
  }
  return openByComponents(rootFd, components, flags, mode);
}

/** The way for kernels without openat2; the same results and errors. */
export function openByComponents(
  rootFd: number,
  components: readonly Buffer[],
  flags: number,
  mode: number,
): number {
  let dirFd = rootFd;
  try {
    for (const [index, name] of components.entries()) {
      const isLast = index === components.length - 1;
      const next = isLast ? openLast(dirFd, name, flags, mode) : openDirectory(dirFd, name);
      if (dirFd !== rootFd) closeSync(dirFd);
      dirFd = next;
    }
    return dirFd;
  } catch (error) {
    if (dirFd !== rootFd) closeSync(dirFd);
    throw error;
  }
}

/** The parts of a relative path. Raises PATH_UNSAFE. */
export function pathComponents(relativePath: Buffer): readonly Buffer[] {
  if (relativePath[0] === 0x2f) throw unsafePath(relativePath, 'is not relative');
  const components: Buffer[] = [];
  for (let start = 0; start <= relativePath.length; ) {
    const slash = relativePath.indexOf(0x2f, start);
    const end = slash === -1 ? relativePath.length : slash;
    const name = relativePath.subarray(start, end);
    assertEntryName(name);
    components.push(name);
    start = end + 1;
  }
  return components;
}

function openInKernel(rootFd: number, path: Buffer, flags: number, mode: number): number | undefined {
  const createsFile = (flags & file.O_CREAT) !== 0;
  openHow.writeBigUInt64LE(BigInt(flags | file.O_NOFOLLOW | closeOnExec), 0);
  openHow.writeBigUInt64LE(createsFile ? BigInt(mode) : 0n, 8);
  openHow.writeBigUInt64LE(resolveBeneath | resolveNoSymlinks | resolveNoMagicLinks, 16);
  const { EAGAIN, ENOSYS, EPERM } = constants.errno;
  for (let attempt = 1; ; attempt++) {
    const fd = openat2(openat2Number, rootFd, cPath(path), openHow, openHowBytes);
    if (fd !== -1) return fd;
    const errno = lastErrno();
    // EPERM may come from a sandbox (seccomp) that forbids the call, so the other way decides.
    if (errno === ENOSYS || (errno === EPERM && !isOpenat2Allowed(rootFd))) return undefined;
    if (errno !== EAGAIN || attempt === attemptsMax) throw systemCallError('openat2', errno, path);
  }
}

/** Opening the root itself needs no right that we lack, so EPERM then means that the call is forbidden. */
function isOpenat2Allowed(rootFd: number): boolean {
  openHow.fill(0);
  openHow.writeBigUInt64LE(BigInt(openPathOnly | closeOnExec), 0);
  const fd = openat2(openat2Number, rootFd, cPath(Buffer.from('.')), openHow, openHowBytes);
  if (fd !== -1) closeSync(fd);
  return fd !== -1 || lastErrno() !== constants.errno.EPERM;
}

function openLast(dirFd: number, name: Buffer, flags: number, mode: number): number {
  const fd = openat(dirFd, cName(name), flags | file.O_NOFOLLOW | closeOnExec, mode);
  return fd === -1 ? refuse(dirFd, name) : fd;
}

function openDirectory(dirFd: number, name: Buffer): number {
  const flags = openPathOnly | file.O_DIRECTORY | file.O_NOFOLLOW | closeOnExec;
  const fd = openat(dirFd, cName(name), flags, 0);
  return fd === -1 ? refuse(dirFd, name) : fd;
}

/** With O_DIRECTORY a link is ENOTDIR to the kernel; openat2 says ELOOP, so this does too. */
function refuse(dirFd: number, name: Buffer): never {
  const errno = lastErrno();
  const isLink = errno === constants.errno.ENOTDIR && statAt(dirFd, name).isSymbolicLink();
  throw systemCallError('openat', isLink ? constants.errno.ELOOP : errno, name);
}
