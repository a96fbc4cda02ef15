/**
 * Whether only what changed since an earlier backup can be read (PostgreSQL 17 on), and what the manifest of the whole
 * is that comes of it.
 *
 * The server itself checks that it has summaries of all the log between. What it cannot know is whether checksums were
 * switched on or off meanwhile, which changes pages without a word in the log; and we want no increment over a
 * promotion.
 */
import { createHash } from 'node:crypto';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import {
  type BackupManifest,
  encodeBackupManifest,
  type ManifestFile,
  parseBackupManifest,
} from '../files/backup-manifest.ts';
import { parseControlFile } from '../files/control-file.ts';
import type { SystemIdentity } from '../replication/commands.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { namedRows } from '../wire/read-rows.ts';
import type { BaseFiles } from './base-settings.ts';

const incrementalFrom = 17;
const pieceBytes = 64 * 1024;

export interface UsableBase {
  readonly manifest: BackupManifest;
  readonly bytes: Uint8Array;
}

/** Why it cannot be used, as text; or the base. */
export async function usableBase(
  base: BaseFiles,
  connection: PostgresConnection,
  identity: SystemIdentity,
  signal?: AbortSignal,
): Promise<UsableBase | string> {
  if (connection.version.major < incrementalFrom)
    return `PostgreSQL ${connection.version.text} has no increments`;
  try {
    const manifest = parseBackupManifest(base.manifest);
    const control = parseControlFile(base.controlFile);
    const ids = [manifest.systemId, control.systemId];
    if (ids.some((id) => id !== identity.systemId)) return 'the last backup is of another cluster';
    if (manifest.walRanges.at(-1)?.timeline !== identity.timeline)
      return 'a standby was promoted since the last backup';
    const checksums = await shown(connection, 'data_checksums', signal);
    if (control.checksumVersion > 0 !== (checksums === 'on'))
      return 'checksums of pages were switched on or off since the last backup';
    const sizes = [
      await shown(connection, 'block_size', signal),
      await shown(connection, 'segment_size', signal),
    ];
    if (sizes.join() !== '8192,1GB') return 'pages or files of the server have an unusual size';
    const summarizes = await shown(connection, 'summarize_wal', signal);
    if (summarizes !== 'on')
      return 'the server does not note which pages change (ALTER SYSTEM SET summarize_wal = on; SELECT pg_reload_conf();)';
    return { manifest, bytes: base.manifest };
  } catch (error) {
    if (error instanceof LifeboatError && error.code === 'SOURCE_DAMAGED') return error.message;
    throw error;
  }
}

async function shown(
  connection: PostgresConnection,
  name: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const [row] = await namedRows(connection, `SHOW ${name}`, signal);
  return Object.values(row ?? {})[0] ?? null;
}

/** Before BASE_BACKUP, on the same connection. */
export async function uploadManifest(
  connection: PostgresConnection,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  for await (const part of connection.results('UPLOAD_MANIFEST', signal)) {
    if (part.kind !== 'copy-in') continue;
    for (let at = 0; at < bytes.length; at += pieceBytes)
      await part.sink.write(bytes.subarray(at, at + pieceBytes));
    part.sink.end();
  }
}

export interface PatchedFile {
  readonly path: string;
  readonly size: number;
  /** Nothing of it was sent. */
  readonly isSame: boolean;
}

export interface WholeManifest {
  /** Of the increment, as the server sent it. */
  readonly manifest: BackupManifest;
  readonly base: BackupManifest;
  /** By the path in the manifest of the increment, in latin1. */
  readonly patched: ReadonlyMap<string, PatchedFile>;
  /** Content of files that were changed on the way, by path. */
  readonly edited: ReadonlyMap<string, Uint8Array>;
}

/**
 * The manifest of the files as they are when increments have been put into those of the base. A file of which nothing
 * changed keeps its line of the base. Of one that changed in parts nobody has seen all bytes, so that its line has a
 * size and no checksum: `pg_verifybackup` then compares the size, and the checksums of its pages are its own.
 */
export function manifestOfWhole({ manifest, base, patched, edited }: WholeManifest): Buffer {
  const before = new Map(base.files.map((file) => [file.path.toString('latin1'), file]));
  const files = manifest.files.map((file): ManifestFile => {
    const name = file.path.toString('latin1');
    const content = edited.get(name);
    if (content !== undefined) return { ...file, size: content.length, checksum: sha256(content) };
    const target = patched.get(name);
    if (target === undefined) return file;
    const old = before.get(target.path);
    const keeps = target.isSame && old?.size === target.size && old.checksum !== undefined;
    const { lastModified } = file;
    return {
      ...{ path: Buffer.from(target.path, 'latin1'), size: target.size, lastModified },
      ...(keeps ? { checksum: old.checksum } : {}),
    };
  });
  return encodeBackupManifest({ ...manifest, files });
}

function sha256(bytes: Uint8Array): { readonly algorithm: string; readonly hex: string } {
  return { algorithm: 'SHA256', hex: createHash('sha256').update(bytes).digest('hex') };
}
