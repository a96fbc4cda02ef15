/** Extended attributes, without ever following a link. Source: xattr(7), listxattr(2), setxattr(2). */
import { constants } from 'node:os';
import { decodeAttributeName, encodeAttributeName } from './attribute-name.ts';
import { cFunction, lastErrno } from './c-library.ts';
import { cPath, secondCPath } from './c-path.ts';
import { entryPath } from './entry-path.ts';
import { succeeded, systemCallError } from './system-call-error.ts';

/** The same shape as an entry's extended attribute in the Source port. */
export interface Attribute {
  readonly name: string;
  readonly value: Buffer;
}

/** XATTR_LIST_MAX and XATTR_SIZE_MAX of Linux: the kernel hands out no more than this. */
const attributeBytesMax = 65_536;
const list = Buffer.allocUnsafeSlow(attributeBytesMax);
const content = Buffer.allocUnsafeSlow(attributeBytesMax);
const none: readonly Attribute[] = [];

const llistxattr = cFunction<[Buffer, Buffer, number]>('llistxattr', 'long', ['void *', 'void *', 'size_t']);
const lgetxattr = cFunction<[Buffer, Buffer, Buffer, number]>('lgetxattr', 'long', [
  'void *',
  'void *',
  'void *',
  'size_t',
]);
const lsetxattr = cFunction<[Buffer, Buffer, Buffer, number, number]>('lsetxattr', 'int', [
  'void *',
  'void *',
  'void *',
  'size_t',
  'int',
]);
const fsetxattr = cFunction<[number, Buffer, Buffer, number, number]>('fsetxattr', 'int', [
  'int',
  'void *',
  'void *',
  'size_t',
  'int',
]);
const fremovexattr = cFunction<[number, Buffer]>('fremovexattr', 'int', ['int', 'void *']);
const lremovexattr = cFunction<[Buffer, Buffer]>('lremovexattr', 'int', ['void *', 'void *']);

/**
 * Attributes of the entry itself in the order in which the system lists them; empty where the file system
 * has none. An attribute that vanishes meanwhile is left out. Raises the system's error (ENOENT, EACCES, …).
 */
export function listXattrs(path: Buffer): readonly Attribute[] {
  const size = llistxattr(cPath(path), list, attributeBytesMax);
  if (size === 0) return none;
  if (size === -1) return noneWhereUnsupported(path);
  return attributeNames(size).flatMap((name) => readAttribute(path, name));
}

/** The same for the file behind a descriptor, which may be opened with O_PATH. */
export function listXattrsAt(dirFd: number, name: Buffer): readonly Attribute[] {
  return listXattrs(entryPath(dirFd, name));
}

export function setXattrFd(fd: number, name: string, value: Buffer): void {
  succeeded(fsetxattr(fd, cPath(encodeAttributeName(name)), value, value.length, 0), `fsetxattr ${name}`);
}

/** For entries that cannot be opened: links, fifos, device nodes. The link itself gets the attribute. */
export function setXattrPathNoFollow(path: Buffer, name: string, value: Buffer): void {
  const result = lsetxattr(cPath(path), secondCPath(encodeAttributeName(name)), value, value.length, 0);
  succeeded(result, `lsetxattr ${name}`, path);
}

/** As `setXattrPathNoFollow`, for an entry of an open directory, which may since have been renamed. */
export function setXattrAt(dirFd: number, entryName: Buffer, name: string, value: Buffer): void {
  setXattrPathNoFollow(entryPath(dirFd, entryName), name, value);
}

export function removeXattrFd(fd: number, name: string): void {
  succeeded(fremovexattr(fd, cPath(encodeAttributeName(name))), `fremovexattr ${name}`);
}

export function removeXattrPathNoFollow(path: Buffer, name: string): void {
  succeeded(lremovexattr(cPath(path), secondCPath(encodeAttributeName(name))), `lremovexattr ${name}`, path);
}

function noneWhereUnsupported(path: Buffer): readonly Attribute[] {
  const errno = lastErrno();
  if (errno === constants.errno.ENOTSUP) return none;
  throw systemCallError('llistxattr', errno, path);
}

/** Copies of the names in `list`, for reading their values reuses nothing of it. */
function attributeNames(listBytes: number): readonly Buffer[] {
  const names: Buffer[] = [];
  for (let start = 0; start < listBytes; ) {
    const end = list.indexOf(0, start);
    names.push(Buffer.from(list.subarray(start, end)));
    start = end + 1;
  }
  return names;
}

function readAttribute(path: Buffer, name: Buffer): readonly Attribute[] {
  const size = lgetxattr(cPath(path), secondCPath(name), content, attributeBytesMax);
  if (size !== -1) {
    return [{ name: decodeAttributeName(name), value: Buffer.from(content.subarray(0, size)) }];
  }
  const errno = lastErrno();
  if (errno === constants.errno.ENODATA) return none;
  throw systemCallError(`lgetxattr ${decodeAttributeName(name)}`, errno, path);
}
