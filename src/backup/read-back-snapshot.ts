import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { damagedObjects } from '../evidence/damaged-objects.ts';
import type { CheckRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { type RunContext, recordError, type SystemIdentity, sharedFields } from '../evidence/run-context.ts';
import { suspectedPacks } from '../recovery-point/known-damage.ts';
import type { CheckFinding, ReadBackReport, SnapshotFindings } from '../repository/repository-types.ts';
import type { WorkProgress } from '../repository/work-progress.ts';
import { loadReadPacks, saveReadPacks } from '../vault/read-packs.ts';
import type { Vault } from '../vault/vault.ts';

/** Older packs that are read again beside the new ones, drawn at random. */
const sampleMax = { packs: 3, bytes: 32 * 1024 * 1024 };

export interface ReadBackRequest {
  readonly run: RunContext;
  readonly system?: SystemIdentity;
  readonly vault: Vault;
  readonly cacheDirectory: string;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ReadBackOutcome {
  /** With verdict `inconclusive` when the data lie in an archive class: the point is written, and no more. */
  readonly record: CheckRecord;
  readonly error?: LifeboatError;
}

/** Reads the snapshot back and writes the record that makes it count. */
export async function readBackSnapshot(
  request: ReadBackRequest,
  snapshotId: string,
): Promise<ReadBackOutcome> {
  return await readBackSnapshots(request, [snapshotId]);
}

/** Of one system, in one reading and one record. `beforeRecord` runs when they are read and nothing is recorded yet. */
export async function readBackSnapshots(
  request: ReadBackRequest,
  snapshotIds: readonly string[],
  beforeRecord?: () => Promise<void>,
): Promise<ReadBackOutcome> {
  const { run, system, vault } = request;
  const startMs = run.nowMs();
  const { errors, ...found } = await readOrDoubt(request, snapshotIds, startMs);
  await beforeRecord?.();
  const record: CheckRecord = {
    type: 'check',
    ...sharedFields(run, vault.id, system),
    ...recordTimes(startMs, run.nowMs()),
    verdict: errors.length > 0 ? 'fail' : found.coldSnapshotIds === undefined ? 'pass' : 'inconclusive',
    scope: 'part',
    ...found,
    ...damagedObjects(errors),
  };
  await vault.append(record);
  return errors.length === 0 ? { record } : { record, error: damagedSnapshots(vault, snapshotIds, errors) };
}

type ReadFacts = Pick<
  CheckRecord,
  'snapshotIds' | 'damagedSnapshotIds' | 'coldSnapshotIds' | 'packsRead' | 'bytesRead'
> & {
  readonly errors: readonly CheckFinding[];
};

/** When not even the index can be read, nothing is known of any snapshot: none is named. */
async function readOrDoubt(
  request: ReadBackRequest,
  snapshotIds: readonly string[],
  nowMs: number,
): Promise<ReadFacts> {
  try {
    return await read(request, snapshotIds, nowMs);
  } catch (error) {
    if (request.signal?.aborted || !isDamage(error)) throw error;
    const hint = error.hint ?? 'Run `lifeboat check`.';
    const errors = [{ object: 'index', what: `cannot be read: ${error.message}`, hint }];
    return { errors, snapshotIds: [], damagedSnapshotIds: [], packsRead: 0, bytesRead: 0 };
  }
}

async function read(
  request: ReadBackRequest,
  snapshotIds: readonly string[],
  nowMs: number,
): Promise<ReadFacts> {
  const { vault, cacheDirectory, signal } = request;
  const known = loadReadPacks(cacheDirectory, vault.id, nowMs);
  const { records } = await vault.records(signal);
  // what the store kept may still stand in the index, beside what it was made anew as
  const suspected = suspectedPacks(records, nowMs);
  const report = await readSnapshots(request, snapshotIds, known, suspected);
  for (const packId of report.readPackIds) known.set(packId, nowMs);
  const errors = report.snapshots.flatMap((snapshot) => snapshot.errors);
  // where something is damaged, what was read before is read again next time
  await saveReadPacks(cacheDirectory, vault.id, errors.length === 0 ? known : new Map());
  // and older points may need the very object that is damaged
  const all =
    errors.length === 0
      ? report
      : await readSnapshots(request, await vault.repository.snapshotIds(signal), known, suspected);
  const isDamaged = (snapshot: SnapshotFindings): boolean => snapshot.errors.length > 0;
  const isCold = (snapshot: SnapshotFindings): boolean => !isDamaged(snapshot) && snapshot.coldPacks > 0;
  const cold = all.snapshots.filter(isCold).map(({ id }) => id);
  return {
    errors,
    snapshotIds: all.snapshots
      .filter((snapshot) => !isDamaged(snapshot) && !isCold(snapshot))
      .map(({ id }) => id),
    damagedSnapshotIds: all.snapshots.filter(isDamaged).map(({ id }) => id),
    ...(cold.length === 0 ? {} : { coldSnapshotIds: cold }),
    packsRead: report.readPackIds.length,
    bytesRead: report.bytesRead,
  };
}

async function readSnapshots(
  { vault, progress, signal }: ReadBackRequest,
  snapshotIds: readonly string[],
  known: ReadonlyMap<string, number>,
  suspected: ReadonlySet<string>,
): Promise<ReadBackReport> {
  return await vault.repository.readBack(snapshotIds, {
    alreadyRead: new Set(known.keys()),
    suspectedPacks: suspected,
    sample: sampleMax,
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Whether what a snapshot needs is damaged. A lock that cannot be read says nothing about the data. */
function isDamage(error: unknown): error is LifeboatError {
  return (
    hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING') &&
    !String(error.details['object']).startsWith('locks/')
  );
}

/** Damage that came to light before there was a snapshot to read back puts all points of the vault in doubt. */
export async function recordDamage(request: ReadBackRequest, error: unknown, startMs: number): Promise<void> {
  if (request.signal?.aborted || !isDamage(error)) return;
  const { run, system, vault } = request;
  const { object } = error.details;
  const record: CheckRecord = {
    type: 'check',
    ...sharedFields(run, vault.id, system),
    ...recordTimes(startMs, run.nowMs()),
    verdict: 'fail',
    scope: 'structure',
    snapshotIds: [],
    damagedSnapshotIds: [],
    ...(typeof object === 'string' ? { damagedObjects: [object] } : {}),
    packsRead: 0,
    bytesRead: 0,
    error: recordError(request.run, error),
  };
  await vault.append(record);
}

function damagedSnapshots(
  vault: Vault,
  snapshotIds: readonly string[],
  errors: readonly CheckFinding[],
): LifeboatError {
  const [first] = errors;
  const [only = '', ...others] = snapshotIds;
  const what =
    others.length === 0
      ? `snapshot ${only.slice(0, 8)} does not read back`
      : `not all of ${snapshotIds.length} snapshots read back`;
  return new LifeboatError(
    'VAULT_DAMAGED',
    `${what} from ${vault.location}: ${first?.object} ${first?.what}`,
    {
      hint: first?.hint ?? 'Run `lifeboat check --read-data`.',
      details: { errors: errors.slice(0, 20) },
    },
  );
}
