/** What the receivers of a plan's logs wrote down on this machine last. */
import { readStatus, type StoredStatus } from '../../log-shipping/status-file.ts';
import type { ResolvedPlan } from '../../plan/resolved-plan.ts';
import { shippedLog } from '../../plan/shipped-log.ts';
import { planStateFolder } from '../run-due/run-memory.ts';

/** By system. One whose receiver never ran here has none. */
export type LogStatuses = ReadonlyMap<string, StoredStatus>;

export function readLogStatuses({ systems, metadata }: ResolvedPlan): LogStatuses {
  const folder = planStateFolder(metadata.id);
  return new Map(
    systems.flatMap((system) => {
      const status = shippedLog(system) && readStatus(folder, system.name);
      return status === undefined ? [] : [[system.name, status] as const];
    }),
  );
}
