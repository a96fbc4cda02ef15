/** Compares what was streamed with what the manifest of the server says, file by file. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { type BackupManifest, parseBackupManifest } from '../files/backup-manifest.ts';

export interface StreamedFile {
  readonly size: number;
  /** SHA-256 in hexadecimal digits. */
  readonly hash: string;
}

const namedMax = 5;

/**
 * `streamed` is by path as in the manifest, in latin1 so that every name is told apart. Raises SOURCE_DAMAGED for a
 * manifest whose own checksum is wrong, and for files that differ, are missing, or are too many. The log, which is sent
 * after the list was closed, has no lines in it.
 */
export function checkManifest(
  bytes: Uint8Array,
  streamed: ReadonlyMap<string, StreamedFile>,
): BackupManifest {
  const manifest = parseBackupManifest(bytes);
  const problems: string[] = [];
  const listed = new Set<string>();
  for (const { path, size, checksum } of manifest.files) {
    const name = path.toString('latin1');
    listed.add(name);
    const found = streamed.get(name);
    if (found === undefined) problems.push(`${path} is missing`);
    else if (found.size !== size) problems.push(`${path} has ${found.size} bytes, not ${size}`);
    else if (checksum?.algorithm !== 'SHA256') problems.push(`${path} has no checksum`);
    else if (checksum.hex !== found.hash) problems.push(`${path} has other content`);
  }
  for (const name of streamed.keys()) {
    if (!listed.has(name) && !name.startsWith('pg_wal/')) problems.push(`${name} is not in the manifest`);
  }
  if (problems.length === 0) return manifest;
  const more = problems.length > namedMax ? `, and ${problems.length - namedMax} more` : '';
  throw new LifeboatError(
    'SOURCE_DAMAGED',
    `the base backup is not what its manifest says: ${problems.slice(0, namedMax).join('; ')}${more}`,
    {
      hint: 'Nothing of it counts. Take the backup again; if it happens twice, check the network and the memory of both machines.',
      retryable: true,
      details: { problems: problems.length },
    },
  );
}
