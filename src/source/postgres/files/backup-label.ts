/**
 * `backup_label`: where the replay of a base backup must begin. The file must be restored as it came: without it the
 * server would begin at the wrong place and corrupt the data silently. Source: xlogbackup.c, xlogrecovery.c.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { parseLsn } from '../wal/lsn.ts';

export interface BackupLabel {
  /** Where the replay begins. */
  readonly start: bigint;
  readonly checkpoint: bigint;
  readonly timeline: number;
  readonly label: string;
  readonly from: 'primary' | 'standby';
  /** As the server wrote it: `2026-11-22 04:51:09 UTC`. */
  readonly startTime: string;
  /** The backup that it is an increment of: a server refuses to start from it before both are one. */
  readonly incrementalFrom?: bigint;
}

/** Raises SOURCE_DAMAGED. */
export function parseBackupLabel(text: string): BackupLabel {
  const fields = new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf(': ');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 2)] as const];
    }),
  );
  const [start, checkpoint] = ['START WAL LOCATION', 'CHECKPOINT LOCATION'].map((name) =>
    parseLsn((fields.get(name) ?? '').split(' ')[0] ?? ''),
  );
  const timeline = Number(fields.get('START TIMELINE'));
  if (start === undefined || checkpoint === undefined || !Number.isInteger(timeline) || timeline < 1)
    throw new LifeboatError('SOURCE_DAMAGED', 'backup_label does not say where the backup begins', {
      hint: 'Take a new backup; a server must never be started without the label that belongs to its files.',
    });
  const incrementalFrom = parseLsn(fields.get('INCREMENTAL FROM LSN') ?? '');
  return {
    ...{ start, checkpoint, timeline },
    label: fields.get('LABEL') ?? '',
    from: fields.get('BACKUP FROM') === 'standby' ? 'standby' : 'primary',
    startTime: fields.get('START TIME') ?? '',
    ...(incrementalFrom === undefined ? {} : { incrementalFrom }),
  };
}

/** The label of an increment that was made whole: without the lines that name what it was taken from. */
export function withoutIncrementalLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('INCREMENTAL FROM '))
    .join('\n');
}
