import { assertEntryName } from './c-path.ts';

/**
 * A path to an entry of an open directory, for calls that take no directory descriptor. It goes through the
 * descriptor, so it stays right when the directory is renamed, and no link on the way can be swapped in.
 * Without a name it is the directory itself. Source: proc(5), /proc/self/fd.
 */
export function entryPath(dirFd: number, name?: Buffer): Buffer {
  if (name === undefined) return Buffer.from(`/proc/self/fd/${dirFd}`);
  assertEntryName(name);
  return Buffer.concat([Buffer.from(`/proc/self/fd/${dirFd}/`), name]);
}
