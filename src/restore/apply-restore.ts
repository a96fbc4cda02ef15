/** Carries out a preview: staging, safety copy, then into place; and writes the record of it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../error/assert.ts';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { damagedObjects, objectsOfError } from '../evidence/damaged-objects.ts';
import type { RestoreRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { type RunContext, recordError, type SystemIdentity, sharedFields } from '../evidence/run-context.ts';
import { isFaultOfData } from '../recovery-point/fault-of-data.ts';
import type { RestoreMirror, RestoreReport } from '../repository/repository-types.ts';
import type { WorkProgress } from '../repository/work-progress.ts';
import type { Destination, SafetyCopy } from '../source/destination.ts';
import type { Vault } from '../vault/vault.ts';
import { type RestorePreview, selectionOf } from './preview-restore.ts';
import type { RecoveredCopy } from './recovery-engine.ts';
import { removeTree } from './remove-tree.ts';
import type { InPlace } from './restore-target.ts';
import { makeStaging } from './staging.ts';

export interface ApplyRequest {
  readonly run: RunContext;
  readonly vault: Vault;
  readonly preview: RestorePreview;
  readonly system?: SystemIdentity;
  /** The person was told, and wants it all the same. */
  readonly overwrite: boolean;
  /** Of a database that is then brought forward by its log. Only called when all files are back, into a folder. */
  readonly recover?: (folder: string) => Promise<RecoveredCopy>;
  /** With `overwrite`: what is there becomes what the point holds, and what it does not hold is removed. */
  readonly mirror?: RestoreMirror;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RestoreOutcome {
  readonly record: RestoreRecord;
  /** Why the record waits on this machine: a vault that cannot be written restores all the same. */
  readonly recordWaits?: LifeboatError;
  readonly report: RestoreReport;
  /** How long it took until the files were in the folder, milliseconds; absent in place. */
  readonly fetchMs?: number;
  readonly safetyCopy?: SafetyCopy;
  readonly recovered?: RecoveredCopy;
  /** Where the data are. */
  readonly location: string;
}

/** Raises RESTORE_REFUSED when the preview says that it cannot or must not be done; it has then done nothing. */
export async function applyRestore(request: ApplyRequest): Promise<RestoreOutcome> {
  refuseUnlessSafe(request.preview, request.overwrite);
  const startMs = request.run.nowMs();
  const done = await carryOut(request, startMs);
  const record = recordOf(request, startMs, done);
  const recordWaits = await appendOrWait(request, record);
  return { record, ...done, ...(recordWaits === undefined ? {} : { recordWaits }) };
}

async function carryOut(request: ApplyRequest, startMs: number): Promise<Done> {
  const { target } = request.preview;
  try {
    return target.kind === 'folder'
      ? await intoFolder(request, target.folder)
      : await intoPlace(request, target);
  } catch (error) {
    if (!request.signal?.aborted && error instanceof LifeboatError)
      await appendOrWait(request, failedRecord(attemptOf(request), startMs, error));
    throw error;
  }
}

/** What a restore is about, also where it did not come to a preview. */
export interface RestoreAttempt {
  readonly run: RunContext;
  readonly vault: Vault;
  readonly snapshotId: string;
  readonly destination: RestoreRecord['destination'];
  readonly system?: SystemIdentity;
  readonly signal?: AbortSignal;
}

/** What was met while a restore was only looked at counts as well. Nothing for what says nothing of the data. */
export async function recordDamageMet(attempt: RestoreAttempt, error: LifeboatError): Promise<void> {
  if (!isFaultOfData(error) || hasCode(error, 'PATH_NOT_FOUND', 'SNAPSHOT_NOT_FOUND')) return;
  await appendOrWait(attempt, failedRecord(attempt, attempt.run.nowMs(), error));
}

function attemptOf({ run, vault, preview, system, signal }: ApplyRequest): RestoreAttempt {
  return {
    ...{ run, vault, snapshotId: preview.snapshot.id, destination: preview.target.kind },
    ...(system === undefined ? {} : { system }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** The data are back by now, which must not look like a failure. */
async function appendOrWait(
  { vault, signal }: Pick<ApplyRequest, 'vault' | 'signal'>,
  record: RestoreRecord,
): Promise<LifeboatError | undefined> {
  try {
    await vault.append(record);
    // from now on everything on this machine knows of it
    if (record.foundDamage === true || record.damagedObjects !== undefined) await vault.records(signal);
    return undefined;
  } catch (error) {
    if (hasCode(error, 'STORE_READ_ONLY', 'STORE_UNAVAILABLE', 'PERMISSION_DENIED', 'DISK_FULL'))
      return error;
    throw error;
  }
}

type Done = Omit<RestoreOutcome, 'record'>;

/** Raises RESTORE_REFUSED for a finding of the preview, and for overwriting that nobody asked for. */
export function refuseUnlessSafe(preview: RestorePreview, overwrite: boolean): void {
  const blocking = preview.findings.filter(({ severity }) => severity === 'error');
  if (blocking[0]) {
    throw new LifeboatError('RESTORE_REFUSED', blocking.map(({ message }) => message).join('; '), {
      hint: blocking[0].hint,
    });
  }
  if (preview.overwriteCount === 0 || overwrite) return;
  throw new LifeboatError(
    'RESTORE_REFUSED',
    `${entries(preview.overwriteCount)} would be overwritten, such as ${preview.overwrites[0]}`,
    {
      hint: 'Restore to an empty folder with --to, or say --overwrite to replace them: of what is replaced there, nothing is kept.',
    },
  );
}

async function intoFolder(request: ApplyRequest, folder: string): Promise<Done> {
  const startMs = request.run.nowMs();
  const report = await filesInto(request, folder);
  const fetchMs = request.run.nowMs() - startMs;
  const { recover } = request;
  if (recover === undefined) return { report, fetchMs, location: folder };
  requireWhole(report, 'the log was not replayed on it');
  const recovered = await recover(folder);
  return { report, fetchMs, recovered, location: recovered.data };
}

async function filesInto(request: ApplyRequest, folder: string): Promise<RestoreReport> {
  if (!request.overwrite) return await restoreTo(request, folder);
  using staging = makeStaging(folder);
  return await restoreTo(request, folder, staging.path);
}

async function intoPlace(request: ApplyRequest, { stagingParent, safetyParent }: InPlace): Promise<Done> {
  const { destination } = request.preview;
  assert(destination !== undefined, 'a restore in place has a destination');
  using staging = makeStaging(stagingParent);
  const report = await restoreTo(request, staging.path);
  requireWhole(report, 'nothing was put in place');
  const location = destination.description;
  if (safetyParent === undefined) {
    await receiveSome(request, destination, staging.path);
    return { report, location };
  }
  const safetyCopy = await keepSafetyCopy(request, destination, safetyParent);
  try {
    await receiveSome(request, destination, staging.path);
  } catch (error) {
    throw tellSafetyCopy(error, safetyCopy);
  }
  return { report, safetyCopy, location };
}

async function receiveSome(
  { signal }: ApplyRequest,
  destination: Destination,
  staged: string,
): Promise<void> {
  const placed = await destination.receive(staged, signal);
  assert(placed > 0, 'a destination that puts nothing in place raises an error');
}

/** Whoever is stuck half-way must know where the way back is. */
function tellSafetyCopy(error: unknown, { folder }: SafetyCopy): unknown {
  if (!(error instanceof LifeboatError)) return error;
  const kept = `The state before is kept in ${folder}.`;
  return new LifeboatError(error.code, error.message, {
    hint: error.hint === undefined ? kept : `${error.hint} ${kept}`,
    retryable: error.retryable,
    details: { ...error.details, safetyCopy: folder },
    cause: error,
  });
}

/** In place, half a state is worse than the old one; and a log is only replayed on what is whole. */
function requireWhole({ problems, damagedObjects: objects }: RestoreReport, outcome: string): void {
  const lost = problems.filter(({ metadataOnly }) => !metadataOnly);
  if (lost[0] === undefined) return;
  const isDamaged = lost.some(({ isDamage }) => isDamage);
  throw new LifeboatError(
    'RESTORE_INCOMPLETE',
    `${entries(lost.length)} could not be restored, such as ${lost[0].path}: ${lost[0].reason}; ${outcome}`,
    {
      hint: 'Choose another recovery point or vault, or restore what there is with --to.',
      details: {
        problems: lost.slice(0, 20),
        ...(isDamaged ? { isDamage: true } : {}),
        damagedObjects: objects,
      },
    },
  );
}

/** Raises RESTORE_REFUSED when something could not be kept; an unfinished copy is removed. */
async function keepSafetyCopy(
  { run, signal }: ApplyRequest,
  destination: Destination,
  parent: string,
): Promise<SafetyCopy> {
  const folder = join(parent, `before-${new Date(run.nowMs()).toISOString().replaceAll(':', '')}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    const kept = await destination.keepSafetyCopy(folder, signal);
    requireKept(kept);
    return kept;
  } catch (error) {
    removeTree(folder);
    throw error;
  }
}

function requireKept({ problems }: SafetyCopy): void {
  if (problems[0] === undefined) return;
  throw new LifeboatError(
    'RESTORE_REFUSED',
    `the safety copy lacks ${entries(problems.length)}, such as ${problems[0]}; nothing was put in place`,
    {
      hint: 'Correct what keeps them from being copied, restore with --to DIR, or say --without-safety-copy: then there is no way back.',
      details: { notKept: problems.slice(0, 20) },
    },
  );
}

/** `staging` is for a folder that may hold what is in the way. */
async function restoreTo(request: ApplyRequest, target: string, staging?: string): Promise<RestoreReport> {
  const { preview, vault, mirror, progress, signal } = request;
  return await vault.repository.restore(preview.snapshot, {
    target,
    verify: true,
    select: selectionOf(preview.choice),
    ...(staging === undefined ? {} : { replaceFrom: staging, ...(mirror && { mirror }) }),
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  });
}

function recordOf(
  request: ApplyRequest,
  startMs: number,
  { report, safetyCopy, recovered }: Done,
): RestoreRecord {
  const lost = report.problems.some(({ metadataOnly }) => !metadataOnly);
  return {
    ...recordBase(attemptOf(request), startMs),
    verdict: lost ? 'incomplete' : 'pass',
    files: report.files,
    bytes: report.bytes,
    ...lossOf(request, startMs, recovered),
    ...(safetyCopy === undefined ? {} : { safetyCopy: safetyCopy.folder }),
    ...(report.problems.some(({ isDamage }) => isDamage) ? { foundDamage: true } : {}),
    ...damagedObjects(report.damagedObjects.map((object) => ({ object }))),
  };
}

/** What was written after the last transaction that was replayed may have been lost, or given up on purpose. */
function lossOf(
  { preview }: ApplyRequest,
  startMs: number,
  recovered: RecoveredCopy | undefined,
): Pick<RestoreRecord, 'loss' | 'recovery'> {
  if (recovered === undefined) return { loss: { kind: 'computed', ms: preview.lossMs } };
  const { facts } = recovered;
  const untilMs = facts.lastTransactionAtMs ?? preview.capturedAtMs;
  return { recovery: facts, loss: { kind: 'computed', ms: Math.max(0, startMs - untilMs) } };
}

function failedRecord(attempt: RestoreAttempt, startMs: number, error: LifeboatError): RestoreRecord {
  const kept = error.details['safetyCopy'];
  return {
    ...recordBase(attempt, startMs),
    verdict: 'fail',
    files: 0,
    bytes: 0,
    error: recordError(attempt.run, error),
    ...(typeof kept === 'string' ? { safetyCopy: kept } : {}),
    ...(isFaultOfData(error) ? { foundDamage: true, ...damagedObjects(objectsOfError(error)) } : {}),
  };
}

function recordBase({ run, vault, system, snapshotId, destination }: RestoreAttempt, startMs: number) {
  const endMs = run.nowMs();
  return {
    type: 'restore' as const,
    ...sharedFields(run, vault.id, system),
    ...recordTimes(startMs, endMs),
    snapshotId,
    destination,
    restoreMs: endMs - startMs,
  };
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}
