/** Carries out a preview: staging, safety copy, then into place; and writes the record of it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../error/assert.ts';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { type RestoreRecord, recordTimes } from '../evidence/record.ts';
import { type RunContext, recordError, type SystemIdentity, sharedFields } from '../evidence/run-context.ts';
import { manifestFolder } from '../recovery-point/manifest.ts';
import type { RestoreReport, WorkProgress } from '../repository/repository-types.ts';
import type { Destination, SafetyCopy } from '../source/destination.ts';
import type { Vault } from '../vault/vault.ts';
import type { RestorePreview } from './preview-restore.ts';
import { makeStaging } from './staging.ts';

export interface ApplyRequest {
  readonly run: RunContext;
  readonly vault: Vault;
  readonly preview: RestorePreview;
  readonly system?: SystemIdentity;
  /** Where what is overwritten in place is kept. */
  readonly safetyParent: string;
  /** The person was told, and wants it all the same. */
  readonly overwrite: boolean;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RestoreOutcome {
  readonly record: RestoreRecord;
  /** Why the record waits on this machine: a vault that cannot be written restores all the same. */
  readonly recordWaits?: LifeboatError;
  readonly report: RestoreReport;
  readonly safetyCopy?: SafetyCopy;
  /** Where the data are. */
  readonly location: string;
}

/** Raises RESTORE_REFUSED when the preview says that it cannot or must not be done; it has then done nothing. */
export async function applyRestore(request: ApplyRequest): Promise<RestoreOutcome> {
  refuse(request);
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
      : await intoPlace(request, target.stagingParent);
  } catch (error) {
    if (!request.signal?.aborted && error instanceof LifeboatError)
      await appendOrWait(request, failedRecord(request, startMs, error));
    throw error;
  }
}

/** The data are back by now, which must not look like a failure. */
async function appendOrWait(
  { vault }: ApplyRequest,
  record: RestoreRecord,
): Promise<LifeboatError | undefined> {
  try {
    await vault.append(record);
    return undefined;
  } catch (error) {
    if (hasCode(error, 'STORE_READ_ONLY', 'STORE_UNAVAILABLE', 'PERMISSION_DENIED', 'DISK_FULL'))
      return error;
    throw error;
  }
}

type Done = Omit<RestoreOutcome, 'record'>;

function refuse({ preview, overwrite }: ApplyRequest): void {
  const blocking = preview.findings.filter(({ severity }) => severity === 'error');
  if (blocking[0]) {
    throw new LifeboatError('RESTORE_REFUSED', blocking.map(({ message }) => message).join('; '), {
      hint: blocking[0].hint,
    });
  }
  if (preview.overwriteCount === 0 || overwrite) return;
  throw new LifeboatError(
    'RESTORE_REFUSED',
    `${preview.overwriteCount} entries would be overwritten, such as ${preview.overwrites[0]}`,
    {
      hint: 'Restore to an empty folder with --to, or confirm the overwriting.',
    },
  );
}

async function intoFolder(request: ApplyRequest, folder: string): Promise<Done> {
  const report = await restoreTo(request, folder, request.overwrite ? 'replace' : 'refuse');
  return { report, location: folder };
}

async function intoPlace(request: ApplyRequest, stagingParent: string): Promise<Done> {
  const { destination } = request.preview;
  assert(destination !== undefined, 'a restore in place has a destination');
  using staging = makeStaging(stagingParent);
  const report = await restoreTo(request, staging.path, 'refuse');
  requireWhole(report);
  const safetyCopy = await keepSafetyCopy(request, destination);
  try {
    await destination.receive(staging.path, request.signal);
  } catch (error) {
    throw tellSafetyCopy(error, safetyCopy);
  }
  return { report, safetyCopy, location: destination.description };
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

/** In place, half a state is worse than the old one. */
function requireWhole({ problems }: RestoreReport): void {
  const lost = problems.filter(({ metadataOnly }) => !metadataOnly);
  if (lost[0] === undefined) return;
  throw new LifeboatError(
    'RESTORE_INCOMPLETE',
    `${lost.length} entries could not be restored, such as ${lost[0].path}: ${lost[0].reason}; nothing was put in place`,
    {
      hint: 'Choose another recovery point or vault, or restore what there is with --to.',
      details: { problems: lost.slice(0, 20) },
    },
  );
}

async function keepSafetyCopy(request: ApplyRequest, destination: Destination): Promise<SafetyCopy> {
  const folder = join(
    request.safetyParent,
    `before-${new Date(request.run.nowMs()).toISOString().replaceAll(':', '')}`,
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return await destination.keepSafetyCopy(folder, request.signal);
}

async function restoreTo(
  request: ApplyRequest,
  target: string,
  existing: 'refuse' | 'replace',
): Promise<RestoreReport> {
  const { preview, vault, progress, signal } = request;
  return await vault.repository.restore(preview.snapshot, {
    target,
    existing,
    verify: true,
    select: (path, isDirectory) => (isManifest(path) ? 'skip' : preview.choice.select(path, isDirectory)),
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  });
}

function isManifest(path: Buffer): boolean {
  const text = path.toString('utf8');
  return text === `/${manifestFolder}` || text.startsWith(`/${manifestFolder}/`);
}

function recordOf(request: ApplyRequest, startMs: number, { report, safetyCopy }: Done): RestoreRecord {
  const lost = report.problems.some(({ metadataOnly }) => !metadataOnly);
  return {
    ...recordBase(request, startMs),
    verdict: lost ? 'incomplete' : 'pass',
    files: report.files,
    bytes: report.bytes,
    loss: { kind: 'computed', ms: request.preview.lossMs },
    ...(safetyCopy === undefined ? {} : { safetyCopy: safetyCopy.folder }),
  };
}

function failedRecord(request: ApplyRequest, startMs: number, error: LifeboatError): RestoreRecord {
  const kept = error.details['safetyCopy'];
  return {
    ...recordBase(request, startMs),
    verdict: 'fail',
    files: 0,
    bytes: 0,
    error: recordError(request.run, error),
    ...(typeof kept === 'string' ? { safetyCopy: kept } : {}),
  };
}

function recordBase({ run, vault, preview, system }: ApplyRequest, startMs: number) {
  const endMs = run.nowMs();
  return {
    type: 'restore' as const,
    ...sharedFields(run, vault.id, system),
    ...recordTimes(startMs, endMs),
    snapshotId: preview.snapshot.id,
    destination: preview.target.kind,
    restoreMs: endMs - startMs,
  };
}
