/** What the vaults of a plan say about its past: from the cache of this machine, or read anew. */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunRecord } from '../../evidence/record.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { recoveryPointsFromRecords } from '../../recovery-point/points-from-records.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { KnownHistory } from '../../vault/known-history.ts';
import type { Vault, VaultRecords } from '../../vault/vault.ts';
import type { VaultParts } from '../../vault/vault-parts.ts';
import type { AppContext } from '../cli-context.ts';
import { lostFolder } from '../lost-parts.ts';
import { damagedParts, type PartFault, partFaults } from './part-faults.ts';
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
  /** What is wrong beside the data, as it lies there now. The points count all the same. */
  readonly faults?: readonly PartFault[];
  /** The vault could not be read now: what stands here is what was known before, and may be nothing. */
  readonly isStale?: true;
}

/** What a command that reads this vault must not be silent about; the points count unless it is `trouble`. */
export function wrongWith({ vault, trouble, faults = [] }: VaultHistory): LifeboatError | undefined {
  return trouble ?? damagedParts(vault, faults);
}

/** `refresh` opens every vault; else only those that this machine has never read, or that do not lie there as they did. */
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
        ...(await believed(context, session, vaults, vault.name, known)),
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
  known: KnownHistory | undefined,
): Promise<Facts> {
  try {
    const vault = await vaults.open(name);
    if (vault.file === undefined) throw withoutRecords(vault);
    const all = await vault.records(context.signal);
    const faults = await faultsIn(name, vault, all, context.signal);
    const read = { ...historyOf(session, all, name), ...(faults.length === 0 ? {} : { faults }) };
    return countedOnce(read, name, vaults.twin(name));
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
    return notRead(session, name, known, error);
  }
}

/** Beside the data of a vault that was opened, whatever copies it was opened from. */
export async function faultsIn(
  name: string,
  vault: Vault,
  { records }: VaultRecords,
  signal: AbortSignal,
): Promise<readonly PartFault[]> {
  return partFaults(await vault.parts(signal), { vault: name, file: vault.file ?? vault, records });
}

/** Of a vault of a plan: it never was one, or that part of it is lost. */
export function withoutRecords({ location }: Vault): LifeboatError {
  const { object, what, hint } = lostFolder;
  return new LifeboatError('VAULT_DAMAGED', `${object} of ${location} ${what}`, {
    hint,
    details: { object },
  });
}

function notRead(
  session: PlanSession,
  name: string,
  known: KnownHistory | undefined,
  trouble: LifeboatError,
): Facts {
  const before = known === undefined ? { records: [], points: [] } : historyOf(session, known, name);
  return { ...before, trouble, isStale: true };
}

/** What was read before counts as long as the vault lies there as it did; else it is opened, and says what is wrong. */
async function believed(
  context: AppContext,
  session: PlanSession,
  vaults: PlanVaults,
  name: string,
  known: KnownHistory,
): Promise<Facts> {
  try {
    const parts = await vaults.parts(name);
    const seen = partFaults(parts, {
      vault: name,
      file: known.file ?? { id: known.vaultId },
      records: known.records,
    });
    if (seen.length === 0 && parts.isAsRead)
      return countedOnce(historyOf(session, known, name), name, vaults.twin(name));
    const other = await otherVault(vaults, name, known, parts);
    context.signal.throwIfAborted();
    if (other !== undefined) return notRead(session, name, known, other);
    const read = await readNow(context, session, vaults, name, known);
    const trouble = hasCode(read.trouble, 'VAULT_DAMAGED') ? read.trouble : damagedParts(name, seen);
    return read.isStale === true && trouble !== undefined ? { ...read, trouble } : read;
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
    return notRead(session, name, known, error);
  }
}

/** The wrong disk, or a wrong byte: only what opens with the key tells which. Else the failure says what is known. */
async function otherVault(
  vaults: PlanVaults,
  name: string,
  { vaultId }: KnownHistory,
  { file }: VaultParts,
): Promise<LifeboatError | undefined> {
  if (file === 'missing' || file === 'unreadable' || file.id === vaultId) return undefined;
  try {
    const { id } = await vaults.open(name);
    if (id === vaultId) return undefined;
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    return error;
  }
  return new LifeboatError(
    'VAULT_NOT_FOUND',
    `what lies in the place of the vault ${name} is another vault`,
    {
      hint: `See that the right disk or share is mounted. If a new vault was made there, \`lifeboat status --refresh\` reads it.`,
      details: { vault: name },
    },
  );
}

/** Records that were tampered with, or are missing from their chain, prove nothing: the vault's points do not count. */
export function historyOf(session: PlanSession, known: VaultRecords, name: string): Facts {
  const { problems, snapshotIds, readAtMs } = known;
  const records = known.records.filter((record) => !isOfOtherPlan(session, record));
  const there = new Set(snapshotIds);
  const points = recoveryPointsFromRecords(records).filter((point) => there.has(point.snapshotId));
  const [first] = problems;
  if (first === undefined) return { records, points, snapshotIds, readAtMs };
  const trouble = notBelieved(name, first.what, problems.length);
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

function notBelieved(name: string, what: string, count: number): LifeboatError {
  const places = count === 1 ? 'one place' : `${count} places`;
  return new LifeboatError('OBJECT_DAMAGED', `the chain of records is broken in ${places}: ${what}`, {
    hint:
      `Run \`lifeboat repair heal --vault ${name}\`, which puts back every record that has a second copy. If the chain is ` +
      'still broken then, find out who changed the vault; it can be restored from, and for points that count again, make a ' +
      'new vault and fill it with `lifeboat copy`.',
  });
}
