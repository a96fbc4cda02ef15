/** What the archives of a server tell of a file or folder. The server writes no names of users but its own. */
import type { EntryMetadata } from '../../entry-metadata.ts';
import type { TarEntry } from './tar-reader.ts';

const typeBits = { file: 0o100000, dir: 0o40000 } as const;
const privateFile = 0o600;
const privateFolder = 0o700;
const serverUser = 'postgres';

export function fileMetadata(
  entry: Pick<TarEntry, 'mode' | 'uid' | 'gid' | 'mtimeS'>,
  size: number,
): EntryMetadata {
  return metadataOf('file', entry, size);
}

export function folderMetadata(entry: Pick<TarEntry, 'mode' | 'uid' | 'gid' | 'mtimeS'>): EntryMetadata {
  return metadataOf('dir', entry, 0);
}

/** For what is in no archive. */
export function madeEntry(
  kind: 'file' | 'dir',
  atMs: number,
): Pick<TarEntry, 'mode' | 'uid' | 'gid' | 'mtimeS'> {
  const mode = kind === 'file' ? privateFile : privateFolder;
  return { mode, uid: 0, gid: 0, mtimeS: Math.floor(atMs / 1000) };
}

function metadataOf(
  type: 'file' | 'dir',
  { mode, uid, gid, mtimeS }: Pick<TarEntry, 'mode' | 'uid' | 'gid' | 'mtimeS'>,
  size: number,
): EntryMetadata {
  const timeNs = BigInt(mtimeS) * 1_000_000_000n;
  const owner = { uid, gid, user: serverUser, group: serverUser };
  return { type, mode: typeBits[type] | mode, mtimeNs: timeNs, ctimeNs: timeNs, ...owner, size };
}
