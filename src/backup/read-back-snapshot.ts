import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { readVerdict } from '../evidence/read-verdict.ts';
import type { CheckRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { type RunContext, recordError, type SystemIdentity, sharedFields } from '../evidence/run-context.ts';
import { suspectedPacks, trustedReads } from '../recovery-point/known-damage.ts';
import type {
  CheckFinding,
  ReadBackOptions,
  ReadBackReport,
  SnapshotFindings,
} from '../repository/repository-types.ts';
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
  const read = await readOrDoubt(request, snapshotIds, startMs);
  await beforeRecord?.();
  const { findings, loose, errors, packsRead, bytesRead } = read;
  const record: CheckRecord = {
    type: 'check',
    ...sharedFields(run, vault.id, system),
    ...recordTimes(startMs, run.nowMs()),
    scope: 'part',
    ...readVerdict(findings, loose),
    packsRead,
    bytesRead,
  };
  await vault.append(record);
  return errors.length === 0 ? { record } : { record, error: damagedSnapshots(vault, snapshotIds, errors) };
}

interface ReadFacts {
  /** Of every reading: a snapshot may be there twice. */
  readonly findings: readonly SnapshotFindings[];
  /** It is not known which snapshots need what is damaged. */
  readonly loose?: readonly CheckFinding[];
  /** Why the snapshots that were asked for do not read back. */
  readonly errors: readonly CheckFinding[];
  readonly packsRead: number;
  readonly bytesRead: number;
}

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
    return { findings: [], loose: errors, errors, packsRead: 0, bytesRead: 0 };
  }
}

async function read(
  request: ReadBackRequest,
  snapshotIds: readonly string[],
  nowMs: number,
): Promise<ReadFacts> {
  const { vault, cacheDirectory, signal } = request;
  const { records } = await vault.records(signal);
  // what the store kept may still stand in the index, beside what it was made anew as
  const suspected = suspectedPacks(records, nowMs);
  const known = trustedReads(records, loadReadPacks(cacheDirectory, vault.id, nowMs), nowMs);
  const first = await readSnapshots(request, snapshotIds, {
    ...{ alreadyRead: new Set(known.keys()), suspectedPacks: suspected, sample: sampleMax },
  });
  for (const packId of first.readPackIds) known.set(packId, nowMs);
  const errors = first.snapshots.flatMap((snapshot) => snapshot.errors);
  const facts = { errors, packsRead: first.readPackIds.length, bytesRead: first.bytesRead };
  // where something is damaged, what was read before is read again next time
  await saveReadPacks(cacheDirectory, vault.id, errors.length === 0 ? known : new Map());
  if (errors.length === 0) return { ...facts, findings: first.snapshots };
  const all = await readAll(request, first, suspected);
  // damage that was found is recorded, also when the rest cannot be read now
  if (all === undefined) return { ...facts, findings: first.snapshots, loose: errors };
  return { ...facts, findings: [...first.snapshots, ...all.snapshots] };
}

/**
 * Older points may need the very object that is damaged: all are read, and what was read before this run is not relied
 * on. `undefined` when that was broken off.
 */
async function readAll(
  request: ReadBackRequest,
  first: ReadBackReport,
  suspected: ReadonlySet<string>,
): Promise<ReadBackReport | undefined> {
  try {
    const ids = await request.vault.repository.snapshotIds(request.signal);
    return await readSnapshots(request, ids, {
      alreadyRead: new Set(first.readPackIds),
      suspectedPacks: suspected,
      knownErrors: first.snapshots.flatMap(({ errors }) => errors),
    });
  } catch (error) {
    if (request.signal?.aborted || error instanceof LifeboatError) return undefined;
    throw error;
  }
}

async function readSnapshots(
  { vault, progress, signal }: ReadBackRequest,
  snapshotIds: readonly string[],
  options: ReadBackOptions,
): Promise<ReadBackReport> {
  return await vault.repository.readBack(snapshotIds, {
    ...options,
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
