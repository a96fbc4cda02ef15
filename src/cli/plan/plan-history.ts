/** What the vaults of a plan say about its past: from the cache of this machine, or read anew. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunRecord } from '../../evidence/record.ts';
import { recoveryPointsFromRecords } from '../../recovery-point/points-from-records.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { VaultRecords } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanSession } from './plan-session.ts';
import type { PlanVaults } from './plan-vaults.ts';

export interface VaultHistory {
  /** The vault's name in the plan. */
  readonly vault: string;
  readonly role: string;
  /** When the records were read: milliseconds since the epoch. Absent when they never were. */
  readonly readAtMs?: number;
  readonly records: readonly RunRecord[];
  /** Points whose snapshot is still there. */
  readonly points: readonly RecoveryPoint[];
  /** Why the vault could not be read now, or must not be believed. */
  readonly trouble?: LifeboatError;
  /** The vault could not be read now: what stands here is what was known before, and may be nothing. */
  readonly isStale?: true;
}

/** `refresh` opens every vault; else only those that this machine has never read. */
export async function planHistory(
  context: AppContext,
  session: PlanSession,
  vaults: PlanVaults,
  refresh: boolean,
): Promise<readonly VaultHistory[]> {
  const histories: VaultHistory[] = [];
  for (const { name, role } of session.plan.vaults) {
    const known = vaults.known(name);
    const history =
      refresh || known === undefined ? await readNow(context, vaults, name, known) : historyOf(known);
    histories.push({ vault: name, role, ...history });
  }
  return histories;
}

type Facts = Omit<VaultHistory, 'vault' | 'role'>;

async function readNow(
  context: AppContext,
  vaults: PlanVaults,
  name: string,
  known: VaultRecords | undefined,
): Promise<Facts> {
  try {
    const vault = await vaults.open(name);
    return historyOf(await vault.records(context.signal));
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
    return {
      ...(known === undefined ? { records: [], points: [] } : historyOf(known)),
      trouble: error,
      isStale: true,
    };
  }
}

/** Records that were tampered with, or are missing from their chain, prove nothing: the vault's points are left out. */
function historyOf({ records, problems, snapshotIds, readAtMs }: VaultRecords): Facts {
  const [first] = problems;
  if (first !== undefined)
    return { records, points: [], readAtMs, trouble: notBelieved(first.what, problems.length) };
  const there = new Set(snapshotIds);
  const points = recoveryPointsFromRecords(records).filter((point) => there.has(point.snapshotId));
  return { records, points, readAtMs };
}

function notBelieved(what: string, count: number): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `the chain of records is broken in ${count} places: ${what}`, {
    hint: 'Find out who changed the vault. A new backup and `lifeboat verify` prove the data anew once the chain is mended.',
  });
}
