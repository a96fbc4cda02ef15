/** Snapshots as JSON objects and as lines. */
import type { Snapshot } from '../repository/repository-types.ts';
import type { JsonRecord } from './output.ts';

const shortIdDigits = 8;

export function shortId(id: string): string {
  return id.slice(0, shortIdDigits);
}

export function snapshotRecord(snapshot: Snapshot): JsonRecord {
  const { id, time, parent, tree, paths, hostname, username, tags, excludes, programVersion, summary } =
    snapshot;
  return {
    type: 'snapshot',
    id,
    short_id: shortId(id),
    time,
    tree,
    paths,
    ...(hostname === undefined ? {} : { hostname }),
    ...(username === undefined ? {} : { username }),
    ...(tags === undefined ? {} : { tags }),
    ...(excludes === undefined ? {} : { excludes }),
    ...(parent === undefined ? {} : { parent }),
    ...(programVersion === undefined ? {} : { program_version: programVersion }),
    ...(summary === undefined
      ? {}
      : { files: summary.totalFilesProcessed, bytes: summary.totalBytesProcessed }),
  };
}
