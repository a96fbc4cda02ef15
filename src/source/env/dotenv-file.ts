/** A dotenv file as it is on this machine. */
import fs from 'node:fs';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { groupName, userName } from '../../platform/posix/accounts.ts';
import type { EntryMetadata } from '../entry-metadata.ts';
import type { FileNode } from './entry-tree.ts';

/**
 * What stands behind `path`, links followed: a deployment often links its `.env` to a shared one, and what must survive
 * is the content. Raises SOURCE_MISSING, SOURCE_DENIED, SOURCE_INVALID.
 */
export function readDotenvFile(path: string): Omit<FileNode, 'kind'> {
  try {
    fs.accessSync(path, fs.constants.R_OK);
    const stats = fs.statSync(path, { bigint: true });
    if (!stats.isFile()) throw notAFile(path);
    return {
      metadata: metadataOf(stats, 'file'),
      content: { kind: 'path', path: fs.realpathSync(path, { encoding: 'buffer' }) },
    };
  } catch (error) {
    throw error instanceof LifeboatError ? error : unreadable(path, error);
  }
}

/** Metadata of a parent folder of a dotenv file, links followed. */
export function readFolderMetadata(path: string): EntryMetadata {
  return metadataOf(fs.statSync(path, { bigint: true }), 'dir');
}

function metadataOf(stats: fs.BigIntStats, type: 'file' | 'dir'): EntryMetadata {
  return {
    type,
    mode: Number(stats.mode),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    user: userName(Number(stats.uid)),
    group: groupName(Number(stats.gid)),
    inode: BigInt.asUintN(64, stats.ino),
    deviceId: BigInt.asUintN(64, stats.dev),
    links: Number(stats.nlink),
    size: type === 'file' ? Number(stats.size) : 0,
  };
}

function notAFile(path: string): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', `"${path}" is not a regular file`, {
    hint: 'Name a dotenv file; keep folders with a source of kind "files".',
  });
}

function unreadable(path: string, cause: unknown): LifeboatError {
  const name = systemErrorName(cause);
  if (name === 'ENOENT' || name === 'ENOTDIR') {
    return new LifeboatError('SOURCE_MISSING', `the dotenv file "${path}" does not exist`, {
      hint: 'Create it, or take it out of the source.',
      cause,
    });
  }
  return new LifeboatError(
    'SOURCE_DENIED',
    `the dotenv file "${path}" cannot be read (${name ?? 'unknown'})`,
    {
      hint: 'Run as a user who may read it, or as root.',
      cause,
    },
  );
}
