/** Which lives of a system's database the vaults hold logs of, and which of them is the present one. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { readStatus, type StoredStatus } from '../../log-shipping/status-file.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { Vault } from '../../vault/vault.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { planStateFolder } from '../run-due/run-memory.ts';
import type { LoggedSystem } from './logged-systems.ts';

export interface VaultLogs {
  readonly name: string;
  /** Absent where it could not be opened. */
  readonly vault?: Vault;
  readonly trouble?: LifeboatError;
  /** Of the system, sorted. */
  readonly incarnations: readonly string[];
}

/** In the order of the plan. What cannot be opened or listed has `trouble`. */
export async function vaultLogs(
  vaults: PlanVaults,
  { system, log }: LoggedSystem,
  signal: AbortSignal,
): Promise<readonly VaultLogs[]> {
  const found: VaultLogs[] = [];
  for (const name of log.vaults) {
    try {
      const vault = await vaults.open(name);
      const own = (await vault.logs(signal)).filter((each) => each.system === system.name);
      found.push({ name, vault, incarnations: own.map(({ incarnation }) => incarnation) });
    } catch (error) {
      if (signal.aborted || !(error instanceof LifeboatError)) throw error;
      found.push({ name, trouble: error, incarnations: [] });
    }
  }
  return found;
}

export function receiverStatus(session: PlanSession, system: string): StoredStatus | undefined {
  return readStatus(planStateFolder(session.plan.metadata.id), system);
}

/**
 * What the plan names, else what the receiver follows, else what the newest backup was taken of, else the only one there
 * is. `undefined` where there is none, or nothing tells which of several it is.
 */
export function presentIncarnation(
  { log }: LoggedSystem,
  logs: readonly VaultLogs[],
  points: readonly RecoveryPoint[],
  status: StoredStatus | undefined,
): string | undefined {
  if (log.source.cluster !== undefined) return log.source.cluster;
  if (status?.incarnation !== undefined) return status.incarnation;
  const newest = points.toSorted((a, b) => b.capturedAtMs - a.capturedAtMs);
  for (const { position } of newest) if (position.kind === 'postgres') return position.systemId;
  const all = allIncarnations(logs);
  return all.length === 1 ? all[0] : undefined;
}

export function allIncarnations(logs: readonly VaultLogs[]): readonly string[] {
  return [...new Set(logs.flatMap(({ incarnations }) => incarnations))].sort();
}
