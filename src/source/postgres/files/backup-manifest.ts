/**
 * `backup_manifest`: every file of a base backup with its size and checksum, and the log that it needs. JSON, whose
 * last line is the SHA-256 of all lines before it. Version 1 (PostgreSQL 13 to 16), 2 (17 on: with the system
 * identifier). Source: src/backend/backup/backup_manifest.c, src/common/parse_manifest.c.
 */
import { createHash } from 'node:crypto';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { formatLsn, parseLsn } from '../wal/lsn.ts';

export interface BackupManifest {
  readonly version: 1 | 2;
  /** From version 2 on. */
  readonly systemId?: string;
  readonly files: readonly ManifestFile[];
  readonly walRanges: readonly ManifestWalRange[];
}

export interface ManifestFile {
  /** Bytes, since names of files need not be text; relative to the data directory. */
  readonly path: Buffer;
  readonly size: number;
  /** As the server wrote it: `2026-11-22 04:51:09 GMT`. */
  readonly lastModified: string;
  /** Absent where the backup was made without. */
  readonly checksum?: { readonly algorithm: string; readonly hex: string };
}

export interface ManifestWalRange {
  readonly timeline: number;
  readonly start: bigint;
  readonly end: bigint;
}

/** Raises SOURCE_DAMAGED when its own checksum is wrong or it is no manifest, SOURCE_UNSUPPORTED for other versions. */
export function parseBackupManifest(bytes: Uint8Array): BackupManifest {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkOwnChecksum(data);
  const parsed = parseJson(data);
  const version = parsed['PostgreSQL-Backup-Manifest-Version'];
  if (version !== 1 && version !== 2) {
    throw new LifeboatError('SOURCE_UNSUPPORTED', 'the backup manifest has an unknown version', {
      hint: 'Lifeboat knows the manifests of PostgreSQL 13 to 18.',
    });
  }
  const systemId = readSystemId(data);
  return {
    version,
    ...(systemId === undefined ? {} : { systemId }),
    files: list(parsed['Files']).map(readFile),
    walRanges: list(parsed['WAL-Ranges']).map(readRange),
  };
}

/** What the server would have written; its checksum included. */
export function encodeBackupManifest(manifest: BackupManifest): Buffer {
  const head = `{ "PostgreSQL-Backup-Manifest-Version": ${manifest.version},\n`;
  const id = manifest.systemId === undefined ? '' : `"System-Identifier": ${manifest.systemId},\n`;
  const files = manifest.files.map(encodeFile).join(',\n');
  const ranges = manifest.walRanges
    .map(
      ({ timeline, start, end }) =>
        `{ "Timeline": ${timeline}, "Start-LSN": "${formatLsn(start)}", "End-LSN": "${formatLsn(end)}" }`,
    )
    .join(',\n');
  const text = `${head}${id}"Files": [\n${files}\n],\n"WAL-Ranges": [\n${ranges}\n],\n`;
  const checksum = createHash('sha256').update(text).digest('hex');
  return Buffer.from(`${text}"Manifest-Checksum": "${checksum}"}\n`);
}

function encodeFile({ path, size, lastModified, checksum }: ManifestFile): string {
  const text = path.toString('utf8');
  const isText = Buffer.from(text).equals(path);
  const name = isText ? `"Path": ${JSON.stringify(text)}` : `"Encoded-Path": "${path.toString('hex')}"`;
  const sum =
    checksum === undefined
      ? ''
      : `, "Checksum-Algorithm": "${checksum.algorithm}", "Checksum": "${checksum.hex}"`;
  return `{ ${name}, "Size": ${size}, "Last-Modified": "${lastModified}"${sum} }`;
}

function checkOwnChecksum(data: Buffer): void {
  const lastLine = data.lastIndexOf('\n', data.length - 2) + 1;
  const match = /^"Manifest-Checksum": "([0-9a-f]{64})"\}$/.exec(data.toString('latin1', lastLine).trim());
  if (match === null) throw damaged('it has no checksum at its end, as if it were cut off');
  const actual = createHash('sha256').update(data.subarray(0, lastLine)).digest('hex');
  if (actual !== match[1]) throw damaged('its own checksum is wrong');
}

function parseJson(data: Buffer): Record<string, unknown> {
  try {
    return record(JSON.parse(data.toString('utf8')));
  } catch (error) {
    throw damaged('it is no JSON', error);
  }
}

/** It has more digits than a number of JavaScript. */
function readSystemId(data: Buffer): string | undefined {
  return /"System-Identifier":\s*(\d+)/.exec(data.toString('latin1', 0, 512))?.[1];
}

function readFile(value: unknown): ManifestFile {
  const entry = record(value);
  const [plain, encoded, size] = [entry['Path'], entry['Encoded-Path'], entry['Size']];
  const path =
    typeof plain === 'string'
      ? Buffer.from(plain)
      : typeof encoded === 'string'
        ? Buffer.from(encoded, 'hex')
        : undefined;
  if (path === undefined || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw damaged('a file of it has no path or size');
  const [algorithm, hex] = [entry['Checksum-Algorithm'], entry['Checksum']];
  return {
    ...{ path, size },
    lastModified: text(entry['Last-Modified']),
    ...(typeof algorithm === 'string' && typeof hex === 'string' ? { checksum: { algorithm, hex } } : {}),
  };
}

function readRange(value: unknown): ManifestWalRange {
  const entry = record(value);
  const [timeline, start, end] = [
    entry['Timeline'],
    parseLsn(text(entry['Start-LSN'])),
    parseLsn(text(entry['End-LSN'])),
  ];
  if (typeof timeline !== 'number' || start === undefined || end === undefined || end < start)
    throw damaged('a range of the log in it cannot be read');
  return { timeline, start, end };
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw damaged('a part of it is missing');
  return { ...value };
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw damaged('a list of it is missing');
  return value;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function damaged(why: string, cause?: unknown): LifeboatError {
  return new LifeboatError('SOURCE_DAMAGED', `the backup manifest cannot be used: ${why}`, {
    hint: 'Take a new base backup.',
    ...(cause === undefined ? {} : { cause }),
  });
}
