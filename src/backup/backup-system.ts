/**
 * One system into one vault: preflight, canary, capture, snapshot, reading back, records. A point counts only
 * when every byte of it was read back; a run that ends otherwise says so in the vault, in the outcome, and never
 * looks done.
 */
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { BackupRecord, CanaryMark, CheckRecord, RunRecord, StoreUse } from '../evidence/record.ts';
import type { RecordVerdict } from '../evidence/record-common.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { recordError, sharedFields } from '../evidence/run-context.ts';
import { countsBetween } from '../object-store/count.ts';
import type { SavedSnapshot, Snapshot } from '../repository/repository-types.ts';
import type { CaptureProblem, CaptureResult, SourceFinding } from '../source/source.ts';
import type { Vault } from '../vault/vault.ts';
import type { BackupRequest } from './backup-request.ts';
import { readBackSnapshot, recordDamage } from './read-back-snapshot.ts';
import { take } from './take-capture.ts';

export interface BackupOutcome {
  readonly record: BackupRecord;
  /** Absent when there is no snapshot to read back. */
  readonly check?: CheckRecord;
  readonly findings: readonly SourceFinding[];
  readonly problems: readonly CaptureProblem[];
  /** Files whose content changed although size and modification time did not: look at them. */
  readonly silentChanges: readonly string[];
  /** Why there is no point, or why it does not count. */
  readonly error?: LifeboatError;
}

/** Failures are in the outcome; only an interruption and faults of the vault itself are raised. */
export async function backupSystem(request: BackupRequest): Promise<BackupOutcome> {
  requireRecords(request.vault);
  const startMs = request.run.nowMs();
  const useBefore = request.vault.storeUse();
  const findings: SourceFinding[] = [];
  try {
    findings.push(...(await request.source.preflight(request.signal)));
    refuse(request, findings);
    return await capture({ ...request, useBefore }, startMs, findings);
  } catch (error) {
    if (!request.signal?.aborted && error instanceof LifeboatError && isOfSource(error))
      return await failed({ ...request, useBefore }, startMs, findings, error);
    await recordDamage(request, error, startMs);
    throw error;
  }
}

/** Without its record no point would ever count, and the run would look done all the same. */
export function requireRecords(vault: Vault): void {
  if (vault.file !== undefined) return;
  throw new LifeboatError('VAULT_UNSUPPORTED', `${vault.location} is a repository that keeps no records`, {
    hint: 'Make a vault with `lifeboat vault init` and name it in the plan; `lifeboat backup --path` backs up into this one.',
  });
}

/** `useBefore`: what the store was asked for before this backup. */
type Capturing = BackupRequest & { readonly useBefore: StoreUse };

async function capture(
  request: Capturing,
  startMs: number,
  findings: readonly SourceFinding[],
): Promise<BackupOutcome> {
  const mark = await writeCanary(request);
  const { records } = await request.vault.records(request.signal);
  const fullRead = request.full || fullReadIsDue(request, records, startMs);
  const before = await newestSnapshot(request, startMs);
  const { saved, result } = await take(request, startMs, { readAll: fullRead, records, ...before });
  const problems = [...result.problems, ...saved.problems];
  const record = { ...backupRecord(request, startMs, saved, result, problems, mark), fullRead };
  await request.vault.append(record);
  const check = await readBackSnapshot(request, saved.snapshot.id);
  const error =
    check.error ?? before.damage ?? (problems.length > 0 ? incomplete(request, problems) : undefined);
  const { silentChanges } = saved;
  return {
    record,
    check: check.record,
    findings,
    problems,
    silentChanges,
    ...(error === undefined ? {} : { error }),
  };
}

/** What changes behind all stat data is only found by reading; so everything is read once in a while. */
const fullReadEveryMs = 7 * 24 * 60 * 60 * 1000;

function fullReadIsDue(
  { system, run }: BackupRequest,
  records: readonly RunRecord[],
  nowMs: number,
): boolean {
  return !records.some(
    (record) =>
      record.type === 'backup' &&
      record.system === system.name &&
      record.planId === run.plan.id &&
      record.fullRead === true &&
      record.verdict === 'pass' &&
      record.startMs <= nowMs &&
      nowMs - record.startMs < fullReadEveryMs,
  );
}

/** A snapshot that cannot be read is told; a new point is the more wanted for it, and then everything is read. */
async function newestSnapshot(
  request: BackupRequest,
  startMs: number,
): Promise<{ readonly parent?: Snapshot; readonly damage?: LifeboatError }> {
  const { vault, run, system, signal } = request;
  const tags = [`plan:${run.plan.id}`, `system:${system.name}`];
  try {
    const parent = (await vault.repository.snapshots({ tags }, signal)).at(-1);
    return parent === undefined ? {} : { parent };
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED')) throw error;
    await recordDamage(request, error, startMs);
    return { damage: error };
  }
}

async function writeCanary({ canary, run }: BackupRequest): Promise<CanaryMark | undefined> {
  if (canary === undefined) return undefined;
  const mark = { sequence: canary.sequence, writtenAtMs: run.nowMs() };
  await canary.write(mark);
  return mark;
}

function backupRecord(
  request: Capturing,
  startMs: number,
  saved: SavedSnapshot,
  result: CaptureResult,
  problems: readonly CaptureProblem[],
  mark: CanaryMark | undefined,
): BackupRecord {
  const verdict: RecordVerdict = problems.length === 0 ? 'pass' : 'incomplete';
  return {
    type: 'backup',
    ...sharedFields(request.run, request.vault.id, request.system),
    ...recordTimes(startMs, request.run.nowMs()),
    verdict,
    trigger: request.run.trigger,
    snapshotId: saved.snapshot.id,
    capturedAtMs: result.capturedAtMs,
    position: result.end,
    files: saved.seen.files,
    directories: saved.seen.directories,
    bytes: saved.seen.bytes,
    bytesAdded: saved.summary.dataAdded,
    values: result.values,
    contentDigest: saved.seen.digest,
    silentChangeCount: saved.silentChanges.length,
    requests: countsBetween(request.useBefore, request.vault.storeUse()),
    problemCount: problems.length,
    writerPauseMs: result.writerPauseMs,
    ...(mark === undefined ? {} : { canary: mark }),
    ...(problems.length === 0
      ? {}
      : { error: { code: 'BACKUP_INCOMPLETE', message: describeProblems(problems) } }),
  };
}

async function failed(
  request: Capturing,
  startMs: number,
  findings: readonly SourceFinding[],
  error: LifeboatError,
): Promise<BackupOutcome> {
  const record: BackupRecord = {
    type: 'backup',
    ...sharedFields(request.run, request.vault.id, request.system),
    ...recordTimes(startMs, request.run.nowMs()),
    verdict: 'fail',
    trigger: request.run.trigger,
    files: 0,
    directories: 0,
    bytes: 0,
    bytesAdded: 0,
    values: {},
    requests: countsBetween(request.useBefore, request.vault.storeUse()),
    problemCount: 1,
    writerPauseMs: 0,
    error: recordError(request.run, error),
  };
  await request.vault.append(record);
  return { record, findings, problems: [], silentChanges: [], error };
}

function refuse(request: BackupRequest, findings: readonly SourceFinding[]): void {
  const blocking = findings.filter((finding) => finding.severity === 'error');
  const [first] = blocking;
  if (first === undefined) return;
  throw new LifeboatError(
    'SOURCE_INVALID',
    `${request.system.name} cannot be captured: ${blocking.map(({ message }) => message).join('; ')}`,
    { hint: first.hint },
  );
}

function isOfSource(error: LifeboatError): boolean {
  return (
    error.code.startsWith('SOURCE_') || error.code === 'COMMAND_FAILED' || error.code === 'COMMAND_TIMEOUT'
  );
}

function incomplete(request: BackupRequest, problems: readonly CaptureProblem[]): LifeboatError {
  return new LifeboatError('BACKUP_INCOMPLETE', `${request.system.name}: ${describeProblems(problems)}`, {
    hint: 'See that they can be read, or exclude them in the plan, and back up again. Until then the point meets no objective.',
    details: { problems: problems.slice(0, 20) },
  });
}

function describeProblems(problems: readonly CaptureProblem[]): string {
  const [first] = problems;
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
  return `${first?.path} ${first?.reason}${more}`;
}
