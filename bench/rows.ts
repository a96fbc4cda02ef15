/** What is measured, and in which surroundings. Rows of one track share a repository and come in this order. */

export const tracks = {
  /** Repositories in folders. */
  local: ['first', 'unchanged', 'restore', 'check'],
  /** A repository of which half of the snapshots were forgotten, the same for both. */
  prune: ['prune'],
  /** From one folder into another. */
  copy: ['copy', 'copied'],
  /** In a store that answers late. */
  s3: ['s3-first', 's3-unchanged', 's3-restore', 's3-check'],
} as const;

export type TrackName = keyof typeof tracks;
export type RowName = (typeof tracks)[TrackName][number];

export const titles: Readonly<Record<RowName, string>> = {
  first: 'first backup',
  unchanged: 'unchanged backup',
  restore: 'restore',
  check: 'check --read-data',
  prune: 'prune',
  copy: 'copy, first',
  copied: 'copy, nothing to do',
  's3-first': 'S3 at 20 ms: first backup',
  's3-unchanged': 'S3 at 20 ms: unchanged backup',
  's3-restore': 'S3 at 20 ms: restore',
  's3-check': 'S3 at 20 ms: check --read-data',
};

export const s3DelayMs = 20;

const trackNames: readonly TrackName[] = ['local', 'prune', 'copy', 's3'];
export const rowNames: readonly RowName[] = trackNames.flatMap((track): readonly RowName[] => tracks[track]);

export function isRowName(text: string): text is RowName {
  return rowNames.some((name) => name === text);
}

export interface TrackRows {
  readonly track: TrackName;
  /** Wanted rows and those before them that they need. */
  readonly rows: readonly RowName[];
}

/** Of a track, what makes its repository always runs; what only uses it runs when it is wanted. */
export function tracksFor(wanted: readonly RowName[]): TrackRows[] {
  return trackNames
    .map((track) => ({ track, ofTrack: tracks[track] as readonly RowName[] }))
    .filter(({ ofTrack }) => ofTrack.some((row) => wanted.includes(row)))
    .map(({ track, ofTrack }) => ({
      track,
      rows: ofTrack.filter((row, at) => at === 0 || wanted.includes(row)),
    }));
}
