/**
 * Heals a vault: what is damaged or missing is made anew, from second copies in the vault itself and from other vaults
 * that hold the same data, and read back. Applied to what `previewHealing` saw.
 */

import { hasCode } from '../error/lifeboat-error.ts';
import { evidencePrefix } from '../evidence/chain.ts';
import { readVerdict } from '../evidence/read-verdict.ts';
import type { CheckRecord, CopyRecord, RunRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { type RunContext, sharedFields } from '../evidence/run-context.ts';
import type { RepairRecord } from '../evidence/vault-records.ts';
import type { HealReport } from '../repository/repair-types.ts';
import { repairsOf } from '../repository/repository.ts';
import type { Snapshot } from '../repository/repository-types.ts';
import { lostPoints } from '../vault/lost-points.ts';
import { recordSuccessor } from '../vault/record-successor.ts';
import type { Vault } from '../vault/vault.ts';
import type { Healing, HealingPreview } from './preview-healing.ts';

export interface HealingOutcome {
  readonly report: HealReport;
  readonly mended: readonly string[];
  readonly lost: readonly string[];
  /** What the store keeps as it is until a date: it was made anew elsewhere, or nobody needs it any more. */
  readonly kept: readonly string[];
  readonly record: RepairRecord;
  /** Of everything that was read back afterwards. */
  readonly check: CheckRecord;
}

export async function healVault(
  run: RunContext,
  healing: Healing,
  preview: HealingPreview,
): Promise<HealingOutcome> {
  const { vault, donors, ...work } = healing;
  const startMs = run.nowMs();
  const { records } = await vault.records(work.signal);
  const report = await repairsOf(vault.repository).heal({
    ...work,
    diagnosis: preview.diagnosis,
    donors: donors.map(({ repository }) => repository),
    snapshots: preview.snapshots,
    wrongElsewhere: preview.spares.filter(({ isThere }) => isThere).map(({ key }) => key),
  });
  const kept = [...report.kept, ...(await forgetReturned(vault, preview, work.signal))].sort();
  const keys = { removed: preview.removedKeys, lost: healing.lostKeys ?? new Set<string>() };
  const small = await vault.spares?.mend(keys, work.signal);
  await recordNewSnapshots(run, healing, preview, records, report.snapshots);
  const check = await readBack(run, healing, preview, report, new Set(kept));
  const old = [...preview.successors.keys(), ...preview.renamedSnapshots.map(({ replaces }) => replaces)];
  const renamed = old.map((id) => `snapshots/${id}`);
  const found = [...preview.spares.map(({ key }) => key), ...keysOf(preview), ...renamed];
  const now = await vault.records(work.signal);
  const { grave } = await lostPoints(vault, now, run.nowMs(), work.signal);
  const gone = grave.map((id) => `snapshots/${id}`);
  const broken = now.problems.map(({ key, writer }) => key ?? `${evidencePrefix}${writer}`);
  const lost = [...new Set([...report.lost, ...(small?.lost ?? []), ...gone, ...broken])].sort();
  const mended = [...new Set([...found, ...report.mended, ...(small?.mended ?? [])])]
    .filter((key) => !lost.includes(key) && !kept.includes(key))
    .sort();
  const record = recordOf(run, healing, { startMs, report, mended, lost, kept, check });
  await vault.append(record);
  await vault.records(work.signal);
  return { report, mended, lost, kept, record, check };
}

/** What the store itself keeps until a date goes with a later retention; its keys. */
async function forgetReturned(
  vault: Vault,
  { returnedSnapshots }: HealingPreview,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  try {
    await vault.repository.forget(returnedSnapshots, signal);
    return [];
  } catch (error) {
    if (!hasCode(error, 'OBJECT_RETAINED')) throw error;
    const there = new Set(await vault.repository.snapshotIds(signal));
    return returnedSnapshots.filter((id) => there.has(id)).map((id) => `snapshots/${id}`);
  }
}

function keysOf({ diagnosis, returnedKeys, returnedSnapshots }: HealingPreview): string[] {
  return [...diagnosis.damagedKeys, ...returnedKeys]
    .map((id) => `keys/${id}`)
    .concat(returnedSnapshots.map((id) => `snapshots/${id}`));
}

/**
 * A snapshot that was made anew has another id: it becomes a point of its own, about the same capture, and the old one
 * is given up. What was proven of the old one stays with it; the new one has to be proven. One that is gone and was
 * copied again meanwhile is there already.
 */
async function recordNewSnapshots(
  run: RunContext,
  { vault, donors }: Healing,
  preview: HealingPreview,
  records: readonly RunRecord[],
  made: ReadonlyMap<string, Snapshot>,
): Promise<void> {
  for (const [old, successor] of preview.successors)
    await recordSuccessor(run, vault, records, old, successor);
  const renamed = new Map(preview.renamedSnapshots.map(({ replaces, snapshot }) => [replaces, snapshot]));
  for (const { replaces, donor, vaultId } of [...preview.snapshots, ...preview.renamedSnapshots]) {
    const snapshot = made.get(replaces) ?? renamed.get(replaces);
    if (!snapshot) continue;
    const from = { vault: vaultId, snapshotId: donor.id };
    const donorRecords = await donors.find(({ id }) => id === vaultId)?.records();
    const capture = captureOf(records, replaces) ?? captureOf(donorRecords?.records ?? [], donor.id);
    const nowMs = run.nowMs();
    const shared = { ...sharedFields(run, vault.id), ...recordTimes(nowMs, nowMs) };
    if (capture) await vault.append(copyOf(capture, shared, from, snapshot));
    await recordSuccessor(run, vault, records, replaces, snapshot.id);
  }
}

type Capture = Extract<RunRecord, { type: 'backup' | 'copy' }>;

function captureOf(records: readonly RunRecord[], snapshotId: string): Capture | undefined {
  return records.find(
    (record): record is Capture =>
      (record.type === 'backup' || record.type === 'copy') && record.snapshotId === snapshotId,
  );
}

function copyOf(
  capture: Capture,
  shared: ReturnType<typeof sharedFields> & ReturnType<typeof recordTimes>,
  from: CopyRecord['from'],
  snapshot: Snapshot,
): CopyRecord {
  return {
    ...capture,
    ...shared,
    ...(capture.system === undefined ? {} : { system: capture.system }),
    ...(capture.systemHash === undefined ? {} : { systemHash: capture.systemHash }),
    ...(capture.planId === undefined ? {} : { planId: capture.planId }),
    ...(capture.planHash === undefined ? {} : { planHash: capture.planHash }),
    type: 'copy',
    snapshotId: snapshot.id,
    from,
  };
}

/** All snapshots but those that are only kept; packs that were just read and found right are not read again. */
async function readBack(
  run: RunContext,
  { vault, progress, signal }: Healing,
  { diagnosis }: HealingPreview,
  report: HealReport,
  kept: ReadonlySet<string>,
): Promise<CheckRecord> {
  const startMs = run.nowMs();
  const all = await vault.repository.snapshotIds(signal);
  const snapshotIds = all.filter((id) => !kept.has(`snapshots/${id}`));
  const read = await vault.repository.readBack(snapshotIds, {
    alreadyRead: new Set(diagnosis.soundPacks),
    // what the store kept may still stand in the index, beside what it was made anew as
    suspectedPacks: new Set(diagnosis.damagedPacks),
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  });
  const record: CheckRecord = {
    type: 'check',
    ...sharedFields(run, vault.id),
    ...recordTimes(startMs, run.nowMs()),
    ...readVerdict(read.snapshots),
    scope: 'part',
    packsRead: read.readPackIds.length + diagnosis.soundPacks.length,
    bytesRead: read.bytesRead + diagnosis.bytesRead,
  };
  // with verdict fail and none named, all would be in doubt: that is what lost objects of no snapshot must not do
  if (snapshotIds.length > 0 || report.lost.length === 0) await vault.append(record);
  return record;
}

interface Done {
  readonly startMs: number;
  readonly report: HealReport;
  readonly mended: readonly string[];
  readonly lost: readonly string[];
  readonly kept: readonly string[];
  readonly check: CheckRecord;
}

function recordOf(run: RunContext, { vault, donors }: Healing, done: Done): RepairRecord {
  const gave = ({ location }: Vault): boolean => (done.report.fromDonors.get(location) ?? 0) > 0;
  return {
    type: 'repair',
    ...sharedFields(run, vault.id),
    ...recordTimes(done.startMs, run.nowMs()),
    verdict: done.lost.length === 0 && done.check.verdict === 'pass' ? 'pass' : 'incomplete',
    action: 'heal',
    fromVaults: donors.filter(gave).map(({ id }) => id),
    objectsMended: done.mended,
    objectsLost: done.lost,
    ...(done.kept.length === 0 ? {} : { objectsKept: done.kept }),
    blobsMended: done.report.blobsMended,
    snapshotIds: [...done.report.snapshots.values()].map(({ id }) => id),
  };
}
