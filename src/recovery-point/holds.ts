/**
 * Which points are held: nothing of ours gives them up. Pins and legal holds are set and released apart from each
 * other, by records in the vault that has the point. Stock restic gives a snapshot another id when it changes its tags
 * or leaves something out, and names the first one in `original`: what is held by that name is held.
 */
import type { RunRecord } from '../evidence/record.ts';
import type { HoldRecord } from '../evidence/vault-records.ts';

export interface Hold {
  readonly kind: HoldRecord['kind'];
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Milliseconds since the epoch; absent: until it is released. */
  readonly untilMs?: number;
}

/** `legal-hold` before `pin`. */
export type Holds = (vault: string, snapshotId: string) => readonly Hold[];

/** As far as holds care. */
export interface NamedSnapshot {
  readonly id: string;
  /** The id that it had first. */
  readonly original?: string;
}

/**
 * All holds that are in force at `nowMs`. `records` may come in any order and from several vaults. `snapshots` are those
 * of which it may be asked; of others nobody knows what they once were called.
 */
export function holdsFromRecords(
  records: readonly RunRecord[],
  nowMs: number,
  snapshots: readonly NamedSnapshot[] = [],
): Holds {
  const originals = new Map(snapshots.map(({ id, original }) => [id, original]));
  const held = new Map<string, Map<HoldRecord['kind'], Hold>>();
  for (const record of inOrder(records)) {
    for (const snapshotId of record.snapshotIds) {
      const key = `${record.vault} ${snapshotId}`;
      const ofPoint = held.get(key) ?? new Map<HoldRecord['kind'], Hold>();
      held.set(key, ofPoint);
      if (record.action === 'set') ofPoint.set(record.kind, holdOf(record));
      else ofPoint.delete(record.kind);
    }
  }
  return (vault, snapshotId) => {
    const names = [originals.get(snapshotId), snapshotId].filter((name) => name !== undefined);
    const inForce = names
      .flatMap((name) => [...(held.get(`${vault} ${name}`)?.values() ?? [])])
      .filter(({ untilMs }) => untilMs === undefined || untilMs > nowMs);
    const byKind = new Map(inForce.map((hold) => [hold.kind, hold]));
    return [...byKind.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1));
  };
}

/**
 * What a record must name to set or release holds of these snapshots: their first ids too, so that they stay held when
 * they are named anew. A first id that is a snapshot of its own beside them is released by itself only.
 */
export function namesToHold(
  snapshots: readonly NamedSnapshot[],
  action: HoldRecord['action'],
  isThere: (id: string) => boolean,
): readonly string[] {
  const names = snapshots.flatMap(({ id, original }) => {
    const isNamed = original !== undefined && (action === 'set' || !isThere(original));
    return isNamed ? [id, original] : [id];
  });
  return [...new Set(names)];
}

/** `pinned: the year that the auditors asked for`. */
export function holdText({ kind, reason, untilMs }: Hold): string {
  const until = untilMs === undefined ? '' : ` until ${new Date(untilMs).toISOString().slice(0, 10)}`;
  return `${kind === 'pin' ? 'pinned' : 'under legal hold'}${until}: ${reason}`;
}

/** When the next hold must be dated to count after all that are known, though the clocks of hosts differ. */
export function momentAfterHolds(records: readonly RunRecord[], nowMs: number): number {
  return inOrder(records).reduce((latestMs, { endMs }) => Math.max(latestMs, endMs + 1), nowMs);
}

/** What releases comes before what sets at the same moment: in doubt a point is held. */
function inOrder(records: readonly RunRecord[]): readonly HoldRecord[] {
  return records
    .filter((record) => record.type === 'hold')
    .sort((a, b) => a.endMs - b.endMs || (a.action === b.action ? 0 : a.action === 'release' ? -1 : 1));
}

function holdOf({ kind, reason, endMs, untilMs }: HoldRecord): Hold {
  return { kind, reason, sinceMs: endMs, ...(untilMs === undefined ? {} : { untilMs }) };
}
