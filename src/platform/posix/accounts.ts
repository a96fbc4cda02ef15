/**
 * Names of users and groups, through the C library, so that directories such as LDAP are asked too.
 * Source: getpwuid_r(3), getgrgid_r(3); both structures begin with the name's pointer and have the
 * identifier at byte 16, in glibc and musl on 64-bit machines.
 */
import { constants } from 'node:os';
import { addressOf, type CType, type CValue, cFunction } from './c-library.ts';
import { cPath } from './c-path.ts';
import { systemCallError } from './system-call-error.ts';

/** Room for either structure; they take 48 and 32 bytes. */
const entryBytes = 64;
const identifierOffset = 16;
const textBytesFirst = 4096;
/** A group with a hundred thousand members fits. */
const textBytesMax = 4 * 1024 * 1024;
/** More names than this are forgotten, all at once. */
const namesMax = 65_536;

type Lookup = (key: number | Buffer, entry: Buffer, text: Buffer, textBytes: number, found: Buffer) => number;

const byUid = lookup('getpwuid_r', 'uint32_t');
const byGid = lookup('getgrgid_r', 'uint32_t');
const byUserName = lookup('getpwnam_r', 'void *');
const byGroupName = lookup('getgrnam_r', 'void *');
const userNames = new Map<number, string>();
const groupNames = new Map<number, string>();

/** Empty when the system knows no such user. Answers are remembered. */
export function userName(uid: number): string {
  return remembered(userNames, uid, byUid);
}

/** Empty when the system knows no such group. Answers are remembered. */
export function groupName(gid: number): string {
  return remembered(groupNames, gid, byGid);
}

export function userId(name: string): number | undefined {
  return find(byUserName, cPath(Buffer.from(name)))?.id;
}

export function groupId(name: string): number | undefined {
  return find(byGroupName, cPath(Buffer.from(name)))?.id;
}

function remembered(names: Map<number, string>, id: number, ask: NamedLookup): string {
  const known = names.get(id);
  if (known !== undefined) return known;
  if (names.size >= namesMax) names.clear();
  const name = find(ask, id)?.name ?? '';
  names.set(id, name);
  return name;
}

interface NamedLookup {
  readonly name: string;
  readonly call: Lookup;
}

function lookup(name: string, keyType: CType): NamedLookup {
  const types: CType[] = [keyType, 'void *', 'void *', 'size_t', 'void *'];
  return { name, call: cFunction<CValue[]>(name, 'int', types) };
}

/** These functions return the error number itself, and ERANGE asks for more room. */
function find(ask: NamedLookup, key: number | Buffer): { name: string; id: number } | undefined {
  const { ERANGE, EINTR, EIO, EMFILE, ENFILE, ENOMEM } = constants.errno;
  for (let textBytes = textBytesFirst; ; textBytes *= 2) {
    const [entry, text, found] = [
      Buffer.alloc(entryBytes),
      Buffer.allocUnsafeSlow(textBytes),
      Buffer.alloc(8),
    ];
    const errno = ask.call(key, entry, text, textBytes, found);
    if (errno === 0) return found.readBigUInt64LE() === 0n ? undefined : readEntry(entry, text);
    if (errno === ERANGE && textBytes < textBytesMax) continue;
    // "Not found" has many numbers (ENOENT, ESRCH, EBADF, EPERM, …), but these are faults.
    if ([ERANGE, EINTR, EIO, EMFILE, ENFILE, ENOMEM].includes(errno)) throw systemCallError(ask.name, errno);
    return undefined;
  }
}

/** The name's pointer leads into `text`. */
function readEntry(entry: Buffer, text: Buffer): { name: string; id: number } {
  const start = Number(entry.readBigUInt64LE() - addressOf(text));
  const name = text.toString('utf8', start, text.indexOf(0, start));
  return { name, id: entry.readUInt32LE(identifierOffset) };
}
