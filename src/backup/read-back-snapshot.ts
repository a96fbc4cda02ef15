import { LifeboatError } from '../error/lifeboat-error.ts';
import { type CheckRecord, recordTimes } from '../evidence/record.ts';
import { type RunContext, type SystemIdentity, sharedFields } from '../evidence/run-context.ts';
import type { CheckFinding, WorkProgress } from '../repository/repository-types.ts';
import { loadReadPacks, saveReadPacks } from '../vault/read-packs.ts';
import type { Vault } from '../vault/vault.ts';

export interface ReadBackRequest {
  readonly run: RunContext;
  readonly system?: SystemIdentity;
  readonly vault: Vault;
  readonly cacheDirectory: string;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ReadBackOutcome {
  readonly record: CheckRecord;
  readonly error?: LifeboatError;
}

/** Reads the snapshot back and writes the record that makes it count. */
export async function readBackSnapshot(
  request: ReadBackRequest,
  snapshotId: string,
): Promise<ReadBackOutcome> {
  const { run, system, vault, cacheDirectory } = request;
  const startMs = run.nowMs();
  const known = loadReadPacks(cacheDirectory, vault.id, startMs);
  const report = await vault.repository.readBack([snapshotId], {
    alreadyRead: new Set(known.keys()),
    ...(request.progress === undefined ? {} : { progress: request.progress }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const errors = report.snapshots.flatMap((snapshot) => snapshot.errors);
  for (const packId of report.readPackIds) known.set(packId, startMs);
  await saveReadPacks(cacheDirectory, vault.id, known);
  const record: CheckRecord = {
    type: 'check',
    ...sharedFields(run, vault.id, system),
    ...recordTimes(startMs, run.nowMs()),
    verdict: errors.length === 0 ? 'pass' : 'fail',
    scope: 'part',
    snapshotIds: errors.length === 0 ? [snapshotId] : [],
    damagedSnapshotIds: errors.length === 0 ? [] : [snapshotId],
    packsRead: report.readPackIds.length,
    bytesRead: report.bytesRead,
  };
  await vault.append(record);
  return errors.length === 0 ? { record } : { record, error: damagedSnapshot(vault, snapshotId, errors) };
}

function damagedSnapshot(vault: Vault, snapshotId: string, errors: readonly CheckFinding[]): LifeboatError {
  const [first] = errors;
  return new LifeboatError(
    'VAULT_DAMAGED',
    `snapshot ${snapshotId.slice(0, 8)} does not read back from ${vault.location}: ${first?.object} ${first?.what}`,
    {
      hint: first?.hint ?? 'Run `lifeboat check --read-data`.',
      details: { errors: errors.slice(0, 20) },
    },
  );
}
