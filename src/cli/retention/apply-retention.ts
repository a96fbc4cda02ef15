/**
 * Carries a preview out. In each vault everything happens under the lock that keeps all others away: what was held or
 * found damaged since the preview is seen, the record is written, and then the snapshots are deleted. Cut off between
 * the two, the points are gone by the record already, and the next run deletes what is left of them.
 */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { ForgetRecord } from '../../evidence/record.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { type RunContext, type SystemIdentity, sharedFields } from '../../evidence/run-context.ts';
import { vaultPoints } from '../../recovery-point/gone-points.ts';
import { holdsFromRecords } from '../../recovery-point/holds.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { Vault } from '../../vault/vault.ts';
import { namedSnapshots } from './named-snapshots.ts';
import { soundRecords } from './preview-repository.ts';
import { goingIds, type RetentionGroup, type VaultRetention } from './retention-preview.ts';
import { isProvenPoint, vaultPoint } from './vault-point.ts';

export interface ApplyRequest {
  readonly run: RunContext;
  readonly vault: Vault;
  readonly retention: VaultRetention;
  /** Why, in words that are kept: `retention of the plan`, or what a person wrote. */
  readonly reason: string;
  readonly signal: AbortSignal;
}

export interface AppliedRetention {
  /** Snapshots that are gone, by the title of their group. */
  readonly forgotten: ReadonlyMap<string, readonly string[]>;
  /** Held since the preview was made, and so kept. */
  readonly heldMeanwhile: readonly string[];
  /** The store itself keeps some of them until a date; they go with a later run. */
  readonly isRetained: boolean;
}

/** Raises VAULT_LOCKED, RETENTION_REFUSED when a proof was lost meanwhile, VAULT_DAMAGED, and what the store raises. */
export async function applyRetention(request: ApplyRequest): Promise<AppliedRetention> {
  const { vault, retention, signal } = request;
  await recordPauses(request);
  const going = retention.groups.map((group) => ({ group, ids: goingIds(group) }));
  const wanted = retention.refusal === undefined ? going.flatMap(({ ids }) => ids) : [];
  if (wanted.length === 0) return { forgotten: new Map(), heldMeanwhile: [], isRetained: false };
  let free: ReadonlySet<string> = new Set();
  const isRetained = await deleted(vault, wanted, signal, async () => {
    free = await stillFree(request, wanted);
    for (const { group, ids } of going) {
      const own = ids.filter((id) => free.has(id) && !isLeftover(group, id));
      if (own.length > 0) await vault.append(forgetRecord(request, own, group.system));
    }
    return [...free];
  });
  await vault.records(signal);
  const forgotten = going.map(({ group, ids }) => [group.title, ids.filter((id) => free.has(id))] as const);
  return { forgotten: new Map(forgotten), heldMeanwhile: wanted.filter((id) => !free.has(id)), isRetained };
}

/** Whether the store kept some of them back. */
async function deleted(
  vault: Vault,
  ids: readonly string[],
  signal: AbortSignal,
  confirm: () => Promise<readonly string[]>,
): Promise<boolean> {
  try {
    await vault.repository.forget(ids, signal, confirm);
    return false;
  } catch (error) {
    if (hasCode(error, 'OBJECT_RETAINED')) return true;
    throw error;
  }
}

/** Of this run's points those that nobody holds by now. */
async function stillFree(
  { vault, retention, run, signal }: ApplyRequest,
  wanted: readonly string[],
): Promise<ReadonlySet<string>> {
  const known = await soundRecords(vault, signal);
  const { records } = known;
  refuseLostProofs(retention, vaultPoints(vault.id, known).there);
  // what the snapshots were called before matters only where anything is held
  const isAnyHeld = records.some(({ type }) => type === 'hold');
  const snapshots = isAnyHeld ? await namedSnapshots(vault, wanted, signal) : [];
  const holds = holdsFromRecords(records, run.nowMs(), snapshots);
  return new Set(wanted.filter((id) => holds(vault.id, id).length === 0));
}

/** The proofs that the choice rested on must still stand. */
function refuseLostProofs({ vault, groups }: VaultRetention, there: readonly RecoveryPoint[]): void {
  const proven = new Set(
    there
      .map((point) => vaultPoint(point, undefined))
      .filter(isProvenPoint)
      .map(({ id }) => id),
  );
  for (const { title, decisions } of groups) {
    const relied = decisions.filter(({ kept, point }) => kept && isProvenPoint(point));
    if (relied.length === 0 || relied.some(({ point }) => proven.has(point.id))) continue;
    throw new LifeboatError(
      'RETENTION_REFUSED',
      `the last proof of ${title} in ${vault} was lost meanwhile`,
      {
        hint: 'Look at `lifeboat status`, and run the command again when a point is proven.',
        retryable: true,
      },
    );
  }
}

function isLeftover({ leftovers }: RetentionGroup, id: string): boolean {
  return leftovers.some((each) => each.id === id);
}

async function recordPauses({ run, vault, retention }: ApplyRequest): Promise<void> {
  for (const { system, reason } of retention.newPauses) {
    const atMs = run.nowMs();
    await vault.append({
      type: 'pause',
      ...sharedFields(run, vault.id),
      system,
      ...recordTimes(atMs, atMs),
      verdict: 'fail',
      action: 'pause',
      reason,
    });
  }
}

function forgetRecord(
  { run, vault, reason }: ApplyRequest,
  snapshotIds: readonly string[],
  system: SystemIdentity | undefined,
): ForgetRecord {
  const atMs = run.nowMs();
  return {
    type: 'forget',
    ...sharedFields(run, vault.id, system),
    ...recordTimes(atMs, atMs),
    verdict: 'pass',
    snapshotIds,
    // what they needed stays until a prune finds that nobody else does
    bytesFreed: 0,
    reason: run.redact(reason),
  };
}
