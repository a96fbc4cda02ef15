/** Entries of snapshots as JSON objects and as lines. */
import type { SnapshotEntry } from '../repository/repository-types.ts';
import { modeText } from './mode-text.ts';
import type { JsonRecord } from './output.ts';
import { pathFields, pathText } from './path-text.ts';

const sizeWidth = 12;
const ownerWidth = 17;

export function entryRecord({ path, node }: SnapshotEntry): JsonRecord {
  const { type, size, mtime, uid, gid, user, group, mode, linkTarget } = node;
  return {
    type: 'entry',
    ...pathFields(path),
    entry_type: type,
    mode: modeText(type, mode),
    uid,
    gid,
    ...(user === '' ? {} : { user }),
    ...(group === '' ? {} : { group }),
    ...(type === 'file' ? { size } : {}),
    mtime,
    ...(linkTarget === undefined ? {} : { link_target: linkTarget.toString('utf8') }),
  };
}

export function entryLine(entry: SnapshotEntry, isLong: boolean): string {
  const { path, node } = entry;
  if (!isLong) return pathText(path);
  const owner = `${node.user || node.uid}:${node.group || node.gid}`;
  const time = `${node.mtime.slice(0, 19).replace('T', ' ')}${zoneOf(node.mtime)}`;
  const target = node.linkTarget === undefined ? '' : ` -> ${pathText(node.linkTarget)}`;
  return [
    modeText(node.type, node.mode),
    owner.padEnd(ownerWidth),
    node.size.toString().padStart(sizeWidth),
    time,
    pathText(path) + target,
  ].join(' ');
}

/** As it was stored: `Z`, `+02:00`. */
function zoneOf(time: string): string {
  return /(?:Z|[+-]\d\d:\d\d)$/.exec(time)?.[0] ?? '';
}
