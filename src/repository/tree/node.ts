/**
 * One entry of a stored directory listing (a tree), as restic keeps it. All fields are always there, so that
 * the 150,000 nodes of a run have one shape.
 *
 * Glossary: *mode* here is Go's FileMode number (go-mode.ts), not st_mode; *times* are RFC 3339 texts as stored.
 * Source: restic, internal/data/node.go.
 */
import type { EntryType, ExtendedAttribute } from '../../source/entry-metadata.ts';

/** `irregular` occurs in trees of others only. */
export type NodeType = EntryType | 'irregular';

export interface Node {
  /** Exact bytes of the base name. */
  readonly name: Buffer;
  readonly type: NodeType;
  readonly mode: number;
  readonly mtime: string;
  readonly atime: string;
  readonly ctime: string;
  readonly uid: number;
  readonly gid: number;
  /** Empty when not known. */
  readonly user: string;
  readonly group: string;
  readonly inode: bigint | undefined;
  readonly deviceId: bigint | undefined;
  /** Bytes of a regular file; 0 of everything else. */
  readonly size: number;
  /** 0 when not stored. */
  readonly links: number;
  /** Exact bytes of a symbolic link's target. */
  readonly linkTarget: Buffer | undefined;
  readonly xattrs: readonly ExtendedAttribute[];
  /** What Windows stores; kept, never interpreted. */
  readonly genericAttributes: Readonly<Record<string, unknown>> | undefined;
  /** st_rdev of device nodes. */
  readonly device: bigint | undefined;
  /** Ids of the data blobs in order, 64 hex digits each; `null` for all but regular files. */
  readonly content: readonly string[] | null;
  /** Id of a directory's tree. */
  readonly subtree: string | undefined;
  /** What went wrong when the entry was backed up; empty when nothing did. */
  readonly error: string;
  /** Why this entry must not be restored; `undefined` for every sane one. Not stored. */
  readonly problem: string | undefined;
}

/** Trees are in the order of the raw bytes of the names. */
export function compareNodes(a: { readonly name: Buffer }, b: { readonly name: Buffer }): number {
  return Buffer.compare(a.name, b.name);
}
