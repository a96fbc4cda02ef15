/** What a recovery to a place must give, or why it must be refused: from the records alone, in the words of PostgreSQL's manual. */
import type { RefusalKind } from '../../src/source/postgres/recovery/recovery-choice.ts';
import type { RecoveryTarget } from '../../src/source/postgres/recovery/recovery-target.ts';
import type { DumpedRecord } from '../support/wal-dump.ts';
import { effectKey } from './places-history.ts';
import type { PlacesScene } from './places-scene.ts';

export type Expected =
  | { readonly kind: 'rows'; readonly rows: string }
  | { readonly kind: 'refused'; readonly why: readonly RefusalKind[] }
  /** Right if it is these rows, and right if it is refused: only the archive knows how far its signs of life reach. */
  | { readonly kind: 'rows-or-refused'; readonly rows: string };

/** The records that lead to a timeline, in order. */
export function pathTo(scene: PlacesScene, timeline: number): readonly DumpedRecord[] {
  return [...scene.records].flatMap(([own, records]) => {
    const end = own < timeline ? scene.switches.get(own) : undefined;
    return own > timeline ? [] : records.filter(({ lsn }) => end === undefined || lsn < end);
  });
}

/** The rows when the first `count` records were replayed. */
export function rowsAfter(scene: PlacesScene, path: readonly DumpedRecord[], count: number): string {
  const rows = new Set<number>();
  for (const { timeline, ended, xid } of path.slice(0, count)) {
    const effect = ended === 'commit' ? scene.work.effects.get(effectKey(timeline, xid)) : undefined;
    for (const row of effect?.added ?? []) rows.add(row);
    for (const row of effect?.removed ?? []) rows.delete(row);
  }
  return [...rows].toSorted((a, b) => a - b).join(',');
}

interface Place {
  /** So many records are replayed. */
  readonly count: number;
  /** The server needs to see the record behind them, or that one itself. */
  readonly isSeen: boolean;
}

export function expect(scene: PlacesScene, target: RecoveryTarget, timeline: number): Expected {
  const path = pathTo(scene, timeline);
  const place = placeOf(scene, path, target);
  if (place.kind === 'refused') return place;
  const rows = rowsAfter(scene, path, place.count);
  return place.isSeen ? { kind: 'rows', rows } : { kind: 'rows-or-refused', rows };
}

type Found = ({ readonly kind: 'place' } & Place) | Extract<Expected, { kind: 'refused' }>;

function placeOf(scene: PlacesScene, path: readonly DumpedRecord[], target: RecoveryTarget): Found {
  switch (target.kind) {
    case 'end':
      return place(path.length);
    case 'time':
      return byTime(scene, path, target);
    case 'lsn':
      return byPosition(scene, path, target);
    case 'xid':
      return byTransaction(scene, path, target);
    case 'name':
      return byName(scene, path, target.name);
    case 'consistent':
      return refused();
    default:
      return target satisfies never;
  }
}

type TargetOf<Kind extends RecoveryTarget['kind']> = Extract<RecoveryTarget, { kind: Kind }>;

/** Up to the first end of a transaction that is later. */
function byTime(
  { points }: PlacesScene,
  path: readonly DumpedRecord[],
  { atUs, inclusive }: TargetOf<'time'>,
): Found {
  const usable = points.filter(({ capturedAtMs }) => capturedAtMs * 1000 <= atUs);
  const point = usable.toSorted((a, b) => Number(b.at - a.at))[0];
  if (point === undefined) return refused('before-first');
  const count = path.findIndex(
    (record) =>
      record.lsn >= point.base &&
      record.atUs !== undefined &&
      (inclusive ? record.atUs > atUs : record.atUs >= atUs),
  );
  return count < 0 ? { ...place(path.length), isSeen: false } : place(count);
}

/** With the first record that begins there or behind it, or before that record. */
function byPosition(
  { points }: PlacesScene,
  path: readonly DumpedRecord[],
  { lsn, inclusive }: TargetOf<'lsn'>,
): Found {
  if (points.every(({ at }) => at > lsn)) return refused('before-first');
  const index = path.findIndex((record) => record.lsn >= lsn);
  if (index >= 0) return place(inclusive ? index + 1 : index);
  const last = path.at(-1);
  return last !== undefined && lsn > last.lsn + 64n * 1024n
    ? refused('after-end')
    : { ...place(path.length), isSeen: false };
}

function byTransaction(
  { points }: PlacesScene,
  path: readonly DumpedRecord[],
  { xid, inclusive }: TargetOf<'xid'>,
): Found {
  const index = path.findIndex((record) => record.ended !== undefined && record.xid === xid);
  if (index < 0) return refused('unknown-transaction');
  const lsn = path[index]?.lsn ?? 0n;
  if (points.every(({ at }) => at > lsn)) return refused('before-first', 'unknown-transaction');
  return place(inclusive ? index + 1 : index);
}

function byName({ points }: PlacesScene, path: readonly DumpedRecord[], name: string): Found {
  const oldest = points[0]?.at ?? 0n;
  const from = points[0]?.base ?? 0n;
  const found = path.flatMap((record, index) =>
    record.name === name && record.lsn >= from ? [{ index, ...record }] : [],
  );
  const [first] = found;
  if (first === undefined) return refused('unknown-name');
  if (found.length > 1) return refused('ambiguous');
  if (first.lsn < oldest) return refused('before-first', 'unknown-name');
  return place(first.index + 1);
}

function place(count: number): Found & { readonly kind: 'place' } {
  return { kind: 'place', count, isSeen: true };
}

function refused(...why: readonly RefusalKind[]): Found {
  return { kind: 'refused', why };
}
