/**
 * Proves a recovery point: restores it into a fresh sandbox, compares what arrived with what was captured, and
 * runs the system's own checks there. A fault of the checker is not a fault of the data: what could not be
 * carried out makes the verdict inconclusive, never green and never red.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '../error/assert.ts';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { damagedObjects, objectsOfError } from '../evidence/damaged-objects.ts';
import type { CanaryMark, CheckResult, Loss, VerifyRecord } from '../evidence/record.ts';
import { type RecordVerdict, recordTimes } from '../evidence/record-common.ts';
import type { RecoveryFacts } from '../evidence/recovery-facts.ts';
import { type RunContext, recordError, type SystemIdentity, sharedFields } from '../evidence/run-context.ts';
import type { LogReader } from '../log-archive/log-archive.ts';
import type { ResolvedCheck, ResolvedSystem } from '../plan/resolved-plan.ts';
import { fileSystemFree } from '../platform/posix/device.ts';
import { isFaultOfData } from '../recovery-point/fault-of-data.ts';
import { decodeManifest, type Manifest, manifestFolder, manifestPath } from '../recovery-point/manifest.ts';
import type { RestoreReport, Snapshot } from '../repository/repository-types.ts';
import type { WorkProgress } from '../repository/work-progress.ts';
import { makeStaging } from '../restore/staging.ts';
import type { Vault } from '../vault/vault.ts';
import { type CapturedRoots, capturedPath, capturedRoots } from './captured-path.ts';
import type { CheckTools, DatabaseProbe, ReplayedLog } from './check-tools.ts';
import { countEntries, type EntryCounts } from './count-entries.ts';
import { countsText, runChecks } from './run-checks.ts';

export interface VerifyRequest {
  readonly run: RunContext;
  readonly system: SystemIdentity;
  readonly planned: ResolvedSystem;
  readonly vault: Vault;
  readonly snapshotId: string;
  readonly tools: CheckTools;
  /** What was written after the capture, of a system whose log is in a vault. */
  readonly log?: LogReader;
  /** Absolute paths that the plan says: all that the source reads, its database, its canary. */
  readonly plannedPaths: readonly string[];
  readonly databasePath?: string;
  readonly canaryPath?: string;
  /** Sandboxes are made below; must have room for the restored data. */
  readonly sandboxParent: string;
  readonly keepSandbox: boolean;
  /** The moment of the disaster that the loss is counted to; the start of the run when absent. */
  readonly lossAtMs?: number;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyOutcome {
  readonly record: VerifyRecord;
  /** Where the restored data are, when they were kept. */
  readonly sandbox?: string;
}

export async function verifyPoint(request: VerifyRequest): Promise<VerifyOutcome> {
  const startMs = request.run.nowMs();
  mkdirSync(request.sandboxParent, { recursive: true, mode: 0o700 });
  using staging = makeStaging(request.sandboxParent, '.lifeboat-sandbox-');
  const proof = await prove(request, staging.path, startMs);
  const record = recordOf(request, startMs, proof);
  await request.vault.append(record);
  return { record, ...(request.keepSandbox ? { sandbox: staging.keep() } : {}) };
}

interface ProofResult {
  readonly restored: boolean;
  readonly restoreMs: number;
  readonly checkMs: number;
  readonly files: number;
  readonly bytes: number;
  readonly checks: readonly CheckResult[];
  readonly loss?: Loss;
  readonly recovery?: RecoveryFacts;
  readonly error?: LifeboatError;
  /** What the restore met on the way. */
  readonly met?: Pick<VerifyRecord, 'foundDamage' | 'damagedObjects' | 'damagedObjectCount'>;
}

async function prove(request: VerifyRequest, folder: string, startMs: number): Promise<ProofResult> {
  const sandbox = join(folder, 'restored');
  const restored = await restoreInto(request, sandbox);
  if ('error' in restored) return failedProof(restored);
  const { manifest, report, restoreMs } = restored;
  const arrival = await compareArrival(request, restored);
  const checkStartMs = request.run.nowMs();
  const roots = capturedRoots({
    planned: request.plannedPaths,
    captured: restored.snapshot.paths,
    isSameSystem: manifest.systemHash === request.system.hash,
    isNamedByPaths: isNamedByPaths(request.planned),
  });
  const planned: PlannedChecks =
    roots === undefined
      ? { checks: [otherSource(request, restored)], openMs: 0 }
      : await runPlanned(request, restored, { folder, sandbox, roots });
  const { checks, openMs } = planned;
  const atMs = request.lossAtMs ?? startMs;
  const loss = await lossOf(request, { sandbox, restored, roots, planned, atMs });
  return {
    restored: arrival.every(({ verdict }) => verdict === 'pass'),
    restoreMs: restoreMs + openMs,
    checkMs: request.run.nowMs() - checkStartMs - openMs,
    files: report.files,
    bytes: report.bytes,
    checks: [...arrival, ...checks, ...loss.checks],
    loss: loss.loss,
    ...recoveryOf(planned),
    met: {
      ...(report.problems.some(({ isDamage }) => isDamage) ? { foundDamage: true } : {}),
      ...damagedObjects(report.damagedObjects.map((object) => ({ object }))),
    },
  };
}

/** The plan's checks would ask something else than they are meant for: neither a pass nor a failure would tell anything. */
function otherSource({ planned }: VerifyRequest, { snapshot: { paths } }: Restored): CheckResult {
  const message = isNamedByPaths(planned)
    ? `the point was captured from another source, ${paths.join(', ')}; run \`lifeboat backup\``
    : 'the point was captured before the source or the checks were changed; run `lifeboat backup`';
  return { name: 'source', verdict: 'inconclusive', message };
}

/** What a command prints, or an environment holds, may be other data under the same path. */
function isNamedByPaths({ source }: ResolvedSystem): boolean {
  return source?.kind === 'files' || source?.kind === 'sqlite';
}

interface RestoredPlace {
  /** Of this proof alone; the sandbox is below it. */
  readonly folder: string;
  readonly sandbox: string;
  readonly roots: CapturedRoots;
}

interface PlannedChecks {
  readonly checks: readonly CheckResult[];
  /** How long it took to start a server for them, milliseconds. */
  readonly openMs: number;
  readonly replayed?: ReplayedLog;
  /** Of a canary that the server was asked for. */
  readonly canary?: () => Promise<CanaryMark | undefined>;
}

function recoveryOf({ replayed }: PlannedChecks): Pick<ProofResult, 'recovery'> {
  if (replayed === undefined) return {};
  const { currentAtMs: _, ...recovery } = replayed;
  return { recovery };
}

async function runPlanned(
  request: VerifyRequest,
  restored: Restored,
  place: RestoredPlace,
): Promise<PlannedChecks> {
  const { manifest, counts } = restored;
  const { database, noDatabase } = databaseOf(request, restored.snapshot, place);
  await using probe =
    database === undefined ? undefined : await openDatabase(request, database, manifest, place);
  const checks = await runChecks({
    ...{ checks: checksOf(request), manifest, counts, sandbox: place.sandbox },
    systemName: request.system.name,
    ...(probe === undefined ? {} : { database: probe }),
    ...(request.log === undefined ? {} : { hasLog: true }),
    ...(noDatabase === undefined ? {} : { noDatabase }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const canary = await askedCanary(request, probe);
  const { replayed } = probe ?? {};
  return {
    ...{ checks, openMs: probe?.openMs ?? 0 },
    ...(replayed === undefined ? {} : { replayed }),
    ...(canary === undefined ? {} : { canary }),
  };
}

/** As long as the server runs; what it answered is judged with the loss. */
async function askedCanary(
  { planned }: VerifyRequest,
  probe: DatabaseProbe | undefined,
): Promise<PlannedChecks['canary']> {
  if (probe?.canary === undefined || planned.canary?.kind !== 'table') return undefined;
  try {
    const mark = await probe.canary(planned.canary.table);
    return () => Promise.resolve(mark);
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    return () => Promise.reject(error);
  }
}

async function openDatabase(
  { planned, tools, log, signal }: VerifyRequest,
  path: string,
  manifest: Manifest,
  { folder }: RestoredPlace,
): Promise<DatabaseProbe> {
  const workFolder = join(folder, 'work');
  mkdirSync(workFolder, { mode: 0o700 });
  const source = defined(planned.source, 'source of a system with a database');
  const data = { path, workFolder, source, manifest, ...(log === undefined ? {} : { log }) };
  return await tools.openDatabase(data, signal);
}

/** That all which was captured is there is seen before: a database that is not was captured as something else. */
function databaseOf(
  { databasePath, planned }: VerifyRequest,
  { paths: captured }: Snapshot,
  { sandbox, roots }: RestoredPlace,
): { readonly database?: string; readonly noDatabase?: string } {
  if (databasePath === undefined) return {};
  const { path } = capturedPath(databasePath, roots);
  const database = join(sandbox, path);
  const found = statSync(database, { throwIfNoEntry: false });
  if (planned.source?.kind === 'sqlite' ? found?.isFile() : found?.isDirectory()) return { database };
  return {
    noDatabase: `the point holds no database at ${path}: it was captured from ${captured.join(', ')}`,
  };
}

/** A database is at least asked whether it is sound, also where the plan forgot to. */
function checksOf({ planned, databasePath }: VerifyRequest): readonly ResolvedCheck[] {
  if (planned.checks.length > 0 || databasePath === undefined) return planned.checks;
  return [{ kind: 'integrity', name: 'integrity' }];
}

function failedProof({ error, result }: RestoreFailure): ProofResult {
  const met = isFaultOfData(error) ? { met: damagedObjects(objectsOfError(error)) } : {};
  return { ...nothingProven, checks: [result], error, ...met };
}

const nothingProven = { restored: false, restoreMs: 0, checkMs: 0, files: 0, bytes: 0 };

interface Restored {
  readonly snapshot: Snapshot;
  readonly manifest: Manifest;
  readonly report: RestoreReport;
  readonly counts: EntryCounts;
  readonly restoreMs: number;
}

type RestoreFailure = { readonly error: LifeboatError; readonly result: CheckResult };

async function restoreInto(request: VerifyRequest, sandbox: string): Promise<Restored | RestoreFailure> {
  const { repository } = request.vault;
  try {
    const snapshot = await repository.snapshot(request.snapshotId, {}, request.signal);
    const manifest = await readManifest(request, snapshot);
    requireRoom(request, manifest);
    const startMs = request.run.nowMs();
    const report = await repository.restore(snapshot, {
      target: sandbox,
      verify: true,
      ...(request.progress === undefined ? {} : { progress: request.progress }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    const restoreMs = request.run.nowMs() - startMs;
    return { snapshot, manifest, report, restoreMs, counts: countEntries(sandbox, [manifestFolder]) };
  } catch (error) {
    if (request.signal?.aborted || !(error instanceof LifeboatError)) throw error;
    return {
      error,
      result: {
        name: 'restore',
        verdict: isFaultOfData(error) ? 'fail' : 'inconclusive',
        message: error.message,
      },
    };
  }
}

async function readManifest(request: VerifyRequest, snapshot: Snapshot): Promise<Manifest> {
  const pieces: Buffer[] = [];
  for await (const piece of request.vault.repository.dump(snapshot, manifestPath, request.signal))
    pieces.push(piece);
  return decodeManifest(Buffer.concat(pieces));
}

/** A full disk half-way would prove nothing and might disturb others on it. */
function requireRoom(request: VerifyRequest, manifest: Manifest): void {
  const { availableBytes } = fileSystemFree(request.sandboxParent);
  if (availableBytes > manifest.contents.bytes * 1.05) return;
  throw new LifeboatError(
    'DISK_FULL',
    `${request.sandboxParent} has ${availableBytes} bytes left, too few to restore ${manifest.contents.bytes} bytes`,
    {
      hint: 'Free some space or choose another folder with --sandbox.',
    },
  );
}

/** Every file was read back from the sandbox against its chunks; here the whole is held against the capture. */
async function compareArrival(request: VerifyRequest, restored: Restored): Promise<readonly CheckResult[]> {
  const { snapshot, manifest, report, counts } = restored;
  const lost = report.problems.filter(({ metadataOnly }) => !metadataOnly);
  const expected = countsText(manifest.contents);
  const actual = countsText(counts);
  const digest = await request.vault.repository.contentDigest(snapshot, [manifestFolder], request.signal);
  return [
    {
      name: 'restore',
      verdict: lost.length === 0 ? 'pass' : 'fail',
      ...(lost[0] === undefined ? {} : { message: `${lost[0].path}: ${lost[0].reason}` }),
    },
    { name: 'same counts as captured', verdict: expected === actual ? 'pass' : 'fail', expected, actual },
    {
      name: 'same bytes as captured',
      verdict: digest === manifest.contents.digest ? 'pass' : 'fail',
      expected: manifest.contents.digest,
      actual: digest,
    },
  ];
}

interface LossGround {
  readonly sandbox: string;
  readonly restored: Restored;
  readonly roots: CapturedRoots | undefined;
  readonly planned: PlannedChecks;
  readonly atMs: number;
}

/** Measured with the canary where the plan has one, else computed from when the state was captured. */
async function lossOf(
  request: VerifyRequest,
  { sandbox, restored, roots, planned, atMs }: LossGround,
): Promise<{ readonly loss: Loss; readonly checks: readonly CheckResult[] }> {
  const { manifest, snapshot } = restored;
  const captured = snapshot.paths;
  const currentAtMs = planned.replayed?.currentAtMs ?? manifest.capturedAtMs;
  const computed: Loss = { kind: 'computed', ms: Math.max(0, atMs - currentAtMs) };
  const { canary } = request.planned;
  if (canary === undefined || request.canaryPath === undefined || roots === undefined)
    return { loss: computed, checks: [] };
  const name = 'canary';
  const { path, isAsPlanned } = capturedPath(request.canaryPath, roots);
  const place = join(sandbox, path);
  const read = planned.canary ?? (() => request.tools.readCanary(canary, place));
  if (!isAsPlanned && !existsSync(place)) {
    const message = `the point holds nothing at ${path}: it was captured from ${captured.join(', ')}`;
    return { loss: computed, checks: [{ name, verdict: 'inconclusive', message }] };
  }
  try {
    const mark = await read();
    if (mark === undefined)
      return {
        loss: computed,
        checks: [{ name, verdict: 'fail', message: 'the restored data hold no canary' }],
      };
    const measured: Loss = { kind: 'measured', ms: Math.max(0, atMs - mark.writtenAtMs) };
    // a log tells of more than the newest canary, which is only written with backups
    const loss = planned.replayed !== undefined && computed.ms < measured.ms ? computed : measured;
    return { loss, checks: [{ name, verdict: 'pass', actual: `number ${mark.sequence}` }] };
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    const isBad = hasCode(error, 'SOURCE_MISSING', 'SOURCE_DAMAGED', 'SOURCE_INVALID');
    const verdict = isBad ? 'fail' : 'inconclusive';
    return { loss: computed, checks: [{ name, verdict, message: error.message }] };
  }
}

function recordOf(request: VerifyRequest, startMs: number, proof: ProofResult): VerifyRecord {
  const { error, met, ...facts } = proof;
  const verdict = verdictOf(proof.checks);
  return {
    type: 'verify',
    ...sharedFields(request.run, request.vault.id, request.system),
    ...recordTimes(startMs, request.run.nowMs()),
    verdict,
    snapshotId: request.snapshotId,
    ...facts,
    checks: facts.checks.map((check) => withoutSecrets(request.run, check)),
    ...met,
    ...(error === undefined ? {} : { error: recordError(request.run, error) }),
  };
}

/** A check's message is what another program said. */
function withoutSecrets({ redact }: RunContext, check: CheckResult): CheckResult {
  return check.message === undefined ? check : { ...check, message: redact(check.message) };
}

/** One failure fails; without one, a check that could not be carried out leaves the rest unproven. */
export function verdictOf(checks: readonly CheckResult[]): RecordVerdict {
  if (checks.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return checks.length === 0 || checks.some(({ verdict }) => verdict === 'inconclusive')
    ? 'inconclusive'
    : 'pass';
}
