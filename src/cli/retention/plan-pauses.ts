/** Which systems of a plan are under suspicion, and in which of its vaults nothing is deleted for that. */
import { type DeletionPause, deletionPauses } from '../../recovery-point/suspicion.ts';
import type { CliContext } from '../cli-context.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanSession } from '../plan/plan-session.ts';

/** Of the plan's own systems, seen in any of its vaults. */
export function pausesOf(
  { plan }: PlanSession,
  histories: readonly VaultHistory[],
  nowMs: number,
): readonly DeletionPause[] {
  return deletionPauses(
    histories.flatMap(({ records }) => records),
    nowMs,
  ).filter(({ planId }) => planId === plan.metadata.id);
}

/** Whether the vault has, or should have, points of the system. */
export function reaches({ plan }: PlanSession, { vault, points }: VaultHistory, system: string): boolean {
  const planned = plan.systems.find(({ name }) => name === system)?.vaults ?? [];
  return planned.includes(vault) || points.some((point) => point.system === system);
}

/** A line for each, with what to do. */
export async function tellPauses({ output }: CliContext, pauses: readonly DeletionPause[]): Promise<void> {
  for (const { system, reason, sinceMs } of pauses) {
    const record = { type: 'pause', system, reason, since: new Date(sinceMs).toISOString() };
    const words = `${system} is suspicious, and nothing is deleted where its points lie: ${reason}`;
    const action = `lifeboat forget --clear-suspicion ${system} --why TEXT`;
    await output.result(record, output.style.yellow(`${words} → look at it, then ${action}`));
  }
}
