/** The command that begins a base backup. Source: PostgreSQL documentation, "Streaming Replication Protocol". */
import { quoteText } from '../wire/sql-text.ts';

export interface BackupCommand {
  readonly label: string;
  readonly checkpoint: 'fast' | 'spread';
  /** Bytes a second. */
  readonly maxRate?: number;
  /** The manifest of an earlier backup was sent. */
  readonly isIncremental: boolean;
  /** The server looks at the size of everything first. */
  readonly wantsSize: boolean;
}

/** PostgreSQL takes kB a second, in these bounds. */
const rateMin = 32;
const rateMax = 1024 * 1024;
/** The first version with options in parentheses, and with everything in one stream. */
export const oneStreamFrom = 15;

/**
 * With the log that the backup needs, so that it stands by itself; without waiting for an archive, which may not be
 * there; with the manifest and its strongest usual checksum; uncompressed, for the repository finds what it has. Damaged
 * pages are looked for by the server, as it does by itself.
 */
export function backupCommand(command: BackupCommand, major: number): string {
  const { label, checkpoint, maxRate, isIncremental, wantsSize } = command;
  const rate = maxRate === undefined ? undefined : kilobytes(maxRate);
  if (major < oneStreamFrom) {
    return [
      `BASE_BACKUP LABEL ${quoteText(label)}`,
      ...(wantsSize ? ['PROGRESS'] : []),
      ...(checkpoint === 'fast' ? ['FAST'] : []),
      'WAL NOWAIT',
      ...(rate === undefined ? [] : [`MAX_RATE ${rate}`]),
      "TABLESPACE_MAP MANIFEST 'yes' MANIFEST_CHECKSUMS 'SHA256'",
    ].join(' ');
  }
  const options = [
    `LABEL ${quoteText(label)}`,
    `CHECKPOINT '${checkpoint}'`,
    ...['WAL true', 'WAIT false', 'TABLESPACE_MAP true', 'VERIFY_CHECKSUMS true', "TARGET 'client'"],
    ...["MANIFEST 'yes'", "MANIFEST_CHECKSUMS 'SHA256'"],
    ...(wantsSize ? ['PROGRESS true'] : []),
    ...(rate === undefined ? [] : [`MAX_RATE ${rate}`]),
    ...(isIncremental ? ['INCREMENTAL'] : []),
  ];
  return `BASE_BACKUP (${options.join(', ')})`;
}

function kilobytes(rate: number): number {
  return Math.min(rateMax, Math.max(rateMin, Math.floor(rate / 1024)));
}
