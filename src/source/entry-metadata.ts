/**
 * What Lifeboat keeps of a directory entry besides its bytes. Times are nanoseconds since the epoch,
 * `mode` is the Unix st_mode (type and permission bits), identifiers are unsigned 64-bit.
 * Source: stat(2), xattr(7).
 */
export interface EntryMetadata {
  readonly type: EntryType;
  readonly mode: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
  readonly group: string;
  /** Absent for entries that are made rather than found, such as a program's output. */
  readonly inode?: bigint;
  readonly deviceId?: bigint;
  readonly links?: number;
  /** Bytes, of regular files; what the stat said, which may differ from what is read. */
  readonly size: number;
  /** Exact bytes of a symbolic link's target. */
  readonly linkTarget?: Buffer;
  /** st_rdev of device nodes. */
  readonly rdev?: bigint;
  /** In the order in which the system lists them. */
  readonly xattrs?: readonly ExtendedAttribute[];
}

export interface ExtendedAttribute {
  readonly name: string;
  readonly value: Buffer;
}

export const entryTypes = ['file', 'dir', 'symlink', 'dev', 'chardev', 'fifo', 'socket'] as const;
export type EntryType = (typeof entryTypes)[number];
