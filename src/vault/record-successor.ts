/** A point lives on under another id: what held the old one holds the new one, and the old one is given up. */
import type { RunRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { type RunContext, sharedFields } from '../evidence/run-context.ts';
import { holdsFromRecords, momentAfterHolds } from '../recovery-point/holds.ts';
import type { Vault } from './vault.ts';

/** `records` are those of the vault. */
export async function recordSuccessor(
  run: RunContext,
  vault: Vault,
  records: readonly RunRecord[],
  oldId: string,
  newId: string,
): Promise<void> {
  const nowMs = run.nowMs();
  for (const { kind, reason, untilMs } of holdsFromRecords(records, nowMs)(vault.id, oldId)) {
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
