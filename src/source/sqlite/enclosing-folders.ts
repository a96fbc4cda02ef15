/** The way from the root to a database, as a files source would walk it. */
import fs from 'node:fs';
import path from 'node:path';
import { groupName, userName } from '../../platform/posix/accounts.ts';
import type { EntryMetadata } from '../entry-metadata.ts';

export interface EnclosingFolder {
  readonly name: Buffer;
  readonly metadata: EntryMetadata;
}

/** From the root's child down to the parent. A link on the way counts as the folder that it leads to. */
export function enclosingFolders(absolutePath: string): readonly EnclosingFolder[] {
  const names = path
    .dirname(absolutePath)
    .split('/')
    .filter((name) => name !== '');
  return names.map((name, index) => ({
    name: Buffer.from(name),
    metadata: metadataOf(fs.statSync(`/${names.slice(0, index + 1).join('/')}`, { bigint: true }), 'dir'),
  }));
}

export function nameOf(absolutePath: string): Buffer {
  return Buffer.from(path.basename(absolutePath));
}

export function fileMetadata(descriptor: number): EntryMetadata {
  return metadataOf(fs.fstatSync(descriptor, { bigint: true }), 'file');
}

function metadataOf(stats: fs.BigIntStats, type: 'file' | 'dir'): EntryMetadata {
  const uid = Number(stats.uid);
  const gid = Number(stats.gid);
  return {
    type,
    mode: Number(stats.mode),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    uid,
    gid,
    user: userName(uid),
    group: groupName(gid),
    inode: BigInt.asUintN(64, stats.ino),
    deviceId: BigInt.asUintN(64, stats.dev),
    links: Number(stats.nlink),
    size: type === 'file' ? Number(stats.size) : 0,
  };
}
