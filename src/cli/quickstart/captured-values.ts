/** What was measured when a recovery point was captured, from the records that the vaults keep. */
import type { BackupRecord, CopyRecord } from '../../evidence/record.ts';
import type { AppContext } from '../cli-context.ts';
import { planHistory } from '../plan/plan-history.ts';
import { openPlan } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';

/** Rows by table, of the point of this snapshot. Empty when no vault knows it. */
export async function capturedRows(
  context: AppContext,
  planFile: string,
  snapshotId: string,
): Promise<ReadonlyMap<string, number>> {
  const session = await openPlan(planFile, context.folder);
  await using vaults = openPlanVaults(context, session);
  const histories = await planHistory(context, session, vaults, false);
  const record = histories
    .flatMap(({ records }) => records)
    .filter((each): each is BackupRecord | CopyRecord => each.type === 'backup' || each.type === 'copy')
    .find((each) => each.snapshotId === snapshotId);
  const rows = new Map<string, number>();
  for (const [name, value] of Object.entries(record?.values ?? {})) {
    if (name.startsWith('rows:')) rows.set(name.slice('rows:'.length), Number(value));
  }
  return rows;
}
