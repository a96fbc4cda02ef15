/** A point lives on under another id: what held the old one holds the new one, and the old one is given up. */
import type { RunRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { type RunContext, sharedFields } from '../evidence/run-context.ts';
import { type Hold, holdsFromRecords, momentAfterHolds } from '../recovery-point/holds.ts';
import type { Vault } from './vault.ts';

/** `records` are those of the vault. No hold of the new point is shortened, nor its reason lost. */
export async function recordSuccessor(
  run: RunContext,
  vault: Pick<Vault, 'id' | 'append'>,
  records: readonly RunRecord[],
  oldId: string,
  newId: string,
): Promise<void> {
  const nowMs = run.nowMs();
  const holds = holdsFromRecords(records, nowMs);
  const own = holds(vault.id, newId);
  for (const hold of holds(vault.id, oldId)) {
    if (own.some((each) => each.kind === hold.kind && endOf(each) >= endOf(hold))) continue;
    const { kind, reason, untilMs } = hold;
    const atMs = momentAfterHolds(records, nowMs);
    await vault.append({
      ...{ type: 'hold', ...sharedFields(run, vault.id), ...recordTimes(atMs, atMs), verdict: 'pass' },
      ...{ kind, action: 'set', reason, snapshotIds: [newId] },
      ...(untilMs === undefined ? {} : { untilMs }),
    });
  }
  await vault.append({
    ...{ type: 'forget', ...sharedFields(run, vault.id), ...recordTimes(nowMs, nowMs), verdict: 'pass' },
    ...{ snapshotIds: [oldId], bytesFreed: 0 },
  });
}

function endOf({ untilMs }: Hold): number {
  return untilMs ?? Number.POSITIVE_INFINITY;
}
