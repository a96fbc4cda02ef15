/**
 * Snapshots as a table that fits into the terminal. Where it does not, it gives up in this order: the tags that
 * Lifeboat itself sets for a plan and a run, the host, all tags, and the middle of long paths.
 */
import type { Snapshot } from '../repository/repository-types.ts';
import { bytesText, momentText } from './quantity-text.ts';
import { shortId } from './snapshot-text.ts';
import { type Style, styleFor } from './style.ts';
import { type Column, tableLines } from './table.ts';
import { shortened } from './wrap-text.ts';

export interface SnapshotTable {
  /** Empty without snapshots. */
  readonly lines: readonly string[];
  /** What the table has no room for. */
  readonly leftOut: readonly string[];
}

interface SnapshotColumn extends Column {
  cell(snapshot: Snapshot): string;
}

const columns = {
  id: { heading: 'id', cell: ({ id }) => shortId(id) },
  time: { heading: 'time', cell: ({ timeMs }) => momentText(timeMs) },
  host: { heading: 'host', cell: ({ hostname = '' }) => hostname },
  size: {
    heading: 'size',
    align: 'right',
    cell: ({ summary }) => (summary === undefined ? '' : bytesText(summary.totalBytesProcessed)),
  },
  tags: { heading: 'tags', cell: ({ tags = [] }) => tags.join(',') },
  fewTags: { heading: 'tags', cell: ({ tags = [] }) => tags.filter((tag) => !isOwnTag(tag)).join(',') },
  paths: { heading: 'paths', cell: ({ paths }) => paths.join(', ') },
} as const satisfies Readonly<Record<string, SnapshotColumn>>;

interface Layout {
  readonly columns: readonly SnapshotColumn[];
  readonly leftOut: readonly string[];
}

const { id, time, host, size, tags, fewTags, paths } = columns;
const ownTags = 'tags of plan and run';
const layouts: readonly Layout[] = [
  { columns: [id, time, host, size, tags, paths], leftOut: [] },
  { columns: [id, time, host, size, fewTags, paths], leftOut: [ownTags] },
  { columns: [id, time, size, fewTags, paths], leftOut: [ownTags, 'host'] },
  { columns: [id, time, size, paths], leftOut: ['tags', 'host'] },
];

/** `width`: of the terminal. */
export function snapshotTable(snapshots: readonly Snapshot[], width: number, style: Style): SnapshotTable {
  if (snapshots.length === 0) return { lines: [], leftOut: [] };
  const fitting = layouts.find((layout) => widthOf(layout, snapshots) <= width);
  const layout = fitting ?? withShortPaths(snapshots, width);
  const leftOut = layout.leftOut.filter((name) => isThere(name, snapshots));
  return { lines: tableLines(layout.columns, rowsOf(layout, snapshots), style), leftOut };
}

function isThere(name: string, snapshots: readonly Snapshot[]): boolean {
  if (name === ownTags) return snapshots.some(({ tags: own = [] }) => own.some(isOwnTag));
  if (name === 'tags') return snapshots.some(({ tags: all = [] }) => all.length > 0);
  return name !== 'host' || snapshots.some(({ hostname }) => hostname !== undefined);
}

function isOwnTag(tag: string): boolean {
  return tag.startsWith('plan:') || tag.startsWith('run:');
}

function rowsOf(layout: Layout, snapshots: readonly Snapshot[]): readonly (readonly string[])[] {
  return snapshots.map((snapshot) => layout.columns.map(({ cell }) => cell(snapshot)));
}

const noStyle = styleFor(false);

function widthOf(layout: Layout, snapshots: readonly Snapshot[]): number {
  return Math.max(
    ...tableLines(layout.columns, rowsOf(layout, snapshots), noStyle).map(({ length }) => length),
  );
}

/** A path says little without its ends. */
const pathLengthMin = 12;

function withShortPaths(snapshots: readonly Snapshot[], width: number): Layout {
  const bare: Layout = { columns: [id, time, size], leftOut: ['tags', 'host', 'paths'] };
  const room = width - widthOf(bare, snapshots) - 2;
  if (room < pathLengthMin) return bare;
  const short = { heading: 'paths', cell: (each: Snapshot) => shortened(paths.cell(each), room) };
  return { columns: [...bare.columns, short], leftOut: ['tags', 'host', 'whole paths'] };
}
