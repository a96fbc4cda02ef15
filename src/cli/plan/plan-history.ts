/** What the vaults of a plan say about its past: from the cache of this machine, or read anew. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunRecord } from '../../evidence/record.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
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
  /** Snapshots that are there, of whomever; absent when nothing is known of the vault. */
  readonly snapshotIds?: readonly string[];
  /** Points of a vault that must not be believed: they prove nothing, and may be all that is left to restore from. */
  readonly doubtful?: readonly RecoveryPoint[];
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
  for (const vault of session.plan.vaults) {
    const known = vaults.known(vault.name);
    if (refresh || known === undefined) histories.push(await vaultHistory(context, session, vaults, vault));
    else
      histories.push({
        vault: vault.name,
        role: vault.role,
        ...(await believed(session, vaults, vault.name, known)),
      });
  }
  return histories;
}

/** Of one vault, which is opened for it. */
export async function vaultHistory(
  context: AppContext,
  session: PlanSession,
  vaults: PlanVaults,
  { name, role }: Pick<ResolvedVault, 'name' | 'role'>,
): Promise<VaultHistory> {
  return {
    vault: name,
    role,
    ...(await readNow(context, session, vaults, name, vaults.known(name))),
  };
}

type Facts = Omit<VaultHistory, 'vault' | 'role'>;

async function readNow(
  context: AppContext,
  session: PlanSession,
  vaults: PlanVaults,
  name: string,
  known: VaultRecords | undefined,
): Promise<Facts> {
  try {
    const vault = await vaults.open(name);
    const read = historyOf(session, await vault.records(context.signal));
    return countedOnce(read, name, vaults.twin(name));
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
    return {
      ...(known === undefined ? { records: [], points: [] } : historyOf(session, known)),
      trouble: error,
      isStale: true,
    };
  }
}

/** What was read before counts as long as the vault is still where it was. */
async function believed(
  session: PlanSession,
  vaults: PlanVaults,
  name: string,
  known: VaultRecords,
): Promise<Facts> {
  const trouble = await vaults.absence(name);
  const facts = countedOnce(historyOf(session, known), name, vaults.twin(name));
  return trouble === undefined ? facts : { ...facts, trouble, isStale: true };
}

/** Records that were tampered with, or are missing from their chain, prove nothing: the vault's points do not count. */
export function historyOf(session: PlanSession, known: VaultRecords): Facts {
  const { problems, snapshotIds, readAtMs } = known;
  const records = known.records.filter((record) => !isOfOtherPlan(session, record));
  const there = new Set(snapshotIds);
  const points = recoveryPointsFromRecords(records).filter((point) => there.has(point.snapshotId));
  const [first] = problems;
  if (first === undefined) return { records, points, snapshotIds, readAtMs };
  const trouble = notBelieved(first.what, problems.length);
  return { records, points: [], snapshotIds, doubtful: points.map(withoutProof), readAtMs, trouble };
}

/** The same vault a second time is no second copy. It can still be restored from. */
function countedOnce(facts: Facts, name: string, twin: string | undefined): Facts {
  if (twin === undefined) return facts;
  const trouble = new LifeboatError(
    'PLAN_INVALID',
    `the vault ${name} is the vault ${twin} once more, and counts as no second copy`,
    {
      hint: `Give ${name} a place of its own and make a vault there with \`lifeboat vault init\`; \`lifeboat copy\` fills it.`,
      details: { vault: name, twin },
    },
  );
  const { points, doubtful = points.map(withoutProof) } = facts;
  return { ...facts, points: [], doubtful, trouble };
}

/** Plans may share a vault and have systems of the same name. What others found out about the vault itself counts. */
function isOfOtherPlan({ plan }: PlanSession, { type, planId }: RunRecord): boolean {
  return (type === 'backup' || type === 'copy') && planId !== plan.metadata.id;
}

function withoutProof(point: RecoveryPoint): RecoveryPoint {
  return { ...point, proof: { written: point.proof.written } };
}

function notBelieved(what: string, count: number): LifeboatError {
  const places = count === 1 ? 'one place' : `${count} places`;
  return new LifeboatError('OBJECT_DAMAGED', `the chain of records is broken in ${places}: ${what}`, {
    hint:
      'Run `lifeboat repair heal --vault NAME` for this vault: it puts back every record that has a second copy. If the chain is ' +
      'still broken then, find out who changed the vault; it can be restored from, and for points that count again, make a ' +
      'new vault and fill it with `lifeboat copy`.',
  });
}
