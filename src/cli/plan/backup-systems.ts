/** Backs up systems of a plan, one after the other: captured once, copied to their other vaults. */
import { type BackupOutcome, backupSystem } from '../../backup/backup-system.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { CanaryMark, RecordTrigger, RunRecord } from '../../evidence/record.ts';
import { copyRoute } from '../../plan/copy-route.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { cacheDirectory } from '../../platform/environment.ts';
import { gid, hostname, uid, username } from '../../platform/host.ts';
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import { aboutVault, shellWord } from '../vault-word.ts';
import { copySystem, type SystemCopy } from './copy-system.ts';
import { newRun, type PlanRun } from './new-run.ts';
import { withoutRecords } from './plan-history.ts';
import type { PlanSession } from './plan-session.ts';
import { identityOf } from './plan-session.ts';
import type { PlanVaults } from './plan-vaults.ts';
import { savePlan } from './save-plan.ts';
import type { SourcePlace } from './source-place.ts';
import { systemPaths } from './system-paths.ts';

export interface BackupSystemsRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly systems: readonly ResolvedSystem[];
  readonly trigger: RecordTrigger;
  readonly full: boolean;
  /** False where the copies are made later, in one go. */
  readonly copies?: boolean;
}

/** One line of what became of a system: a capture into one vault, or copies into another. */
export interface SystemBackup {
  readonly system: string;
  readonly vault: string;
  /** Of the capture; absent when the vault could not even be used, and for copies. */
  readonly outcome?: BackupOutcome;
  readonly copy?: SystemCopy;
  readonly error?: LifeboatError;
}

/**
 * Captures each system once, into the first of its vaults that takes the point, and copies it to the others. `report`
 * is called as each line ends. A vault that fails does not keep the others from getting their point.
 */
export async function backupSystems(
  context: AppContext,
  request: BackupSystemsRequest,
  report: (backup: SystemBackup) => Promise<void>,
): Promise<readonly SystemBackup[]> {
  const run = newRun(context, request.session, request.trigger);
  const backups: SystemBackup[] = [];
  const add = async (backup: SystemBackup) => {
    backups.push(backup);
    await report(backup);
  };
  for (const system of request.systems) {
    const captures = await captureOnce(context, request, run, system, add);
    if (request.copies === false || captures.at(-1)?.outcome?.record.snapshotId === undefined) continue;
    const except = captures.map(({ vault }) => vault);
    for (const copy of await copySystem(context, { ...request, run, except }, system)) {
      const { vault, error } = copy;
      await add({ system: system.name, vault, copy, ...(error === undefined ? {} : { error }) });
    }
  }
  return backups;
}

type OneRequest = BackupSystemsRequest & { readonly canary: CanaryWriter | undefined };

interface CanaryWriter {
  next(): { readonly sequence: number; write(mark: CanaryMark): Promise<void> };
}

/** The captures that were tried, the last one being the one that counts: into a vault that took it, or of no use. */
async function captureOnce(
  context: AppContext,
  request: BackupSystemsRequest,
  run: PlanRun,
  system: ResolvedSystem,
  add: (backup: SystemBackup) => Promise<void>,
): Promise<readonly SystemBackup[]> {
  const canary = await canaryWriter(context, request, system);
  const captures: SystemBackup[] = [];
  for await (const name of believedFirst(context, request, system)) {
    const backup = await backupOne(context, { ...request, canary }, run, system, name);
    captures.push(backup);
    await add(backup);
    if (!isVaultsFault(backup)) break;
  }
  return captures;
}

/** What is captured into a vault that is not believed counts for nothing, and nothing is copied from there. */
async function* believedFirst(
  context: AppContext,
  request: BackupSystemsRequest,
  system: ResolvedSystem,
): AsyncGenerator<string> {
  const { vaults } = copyRoute(request.session.plan, system);
  const doubtful: string[] = [];
  for (const { name } of vaults) {
    if (vaults.length > 1 && (await isDoubtful(context, request, name))) doubtful.push(name);
    else yield name;
  }
  yield* doubtful;
}

/** One that cannot be read has its own error when it is tried. */
async function isDoubtful(
  context: AppContext,
  { vaults }: BackupSystemsRequest,
  name: string,
): Promise<boolean> {
  try {
    return (await (await vaults.open(name)).records(context.signal)).problems.length > 0;
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
    return false;
  }
}

/** What the source does wrong it would do wrong for every vault. */
function isVaultsFault({ outcome }: SystemBackup): boolean {
  return outcome === undefined || outcome.check?.verdict === 'fail';
}

async function backupOne(
  context: AppContext,
  request: OneRequest,
  run: PlanRun,
  system: ResolvedSystem,
  vaultName: string,
): Promise<SystemBackup> {
  context.signal.throwIfAborted();
  try {
    const vault = await request.vaults.open(vaultName);
    if (vault.file === undefined) throw withoutRecords(vault);
    await savePlan(request.session, vault, run);
    const outcome = await backupInto(context, request, run, system, vault);
    return {
      system: system.name,
      vault: vaultName,
      outcome,
      ...(outcome.error === undefined ? {} : { error: aboutVault(outcome.error, shellWord(vaultName)) }),
    };
  } catch (error) {
    if (
      context.signal.aborted ||
      !(error instanceof LifeboatError) ||
      hasCode(error, 'ASSERTION', 'INTERNAL')
    )
      throw error;
    return { system: system.name, vault: vaultName, error: aboutVault(error, shellWord(vaultName)) };
  }
}

async function backupInto(
  context: AppContext,
  request: OneRequest,
  run: PlanRun,
  system: ResolvedSystem,
  vault: Vault,
): Promise<BackupOutcome> {
  const { folder } = request.session;
  using progress = context.output.progress(`${system.name} → ${vault.location}`);
  return await backupSystem({
    run,
    system: identityOf(system),
    vault,
    source: await context.adapters.source(system, sourcePlace(context, request.session)),
    paths: systemPaths(system, folder),
    full: request.full,
    identity: { hostname: hostname(), username: username(), uid: uid(), gid: gid() },
    cacheDirectory: cacheDirectory(),
    progress: (state) => progress.report(state),
    signal: context.signal,
    ...excludesOf(system),
    ...(request.canary === undefined ? {} : { canary: request.canary.next() }),
  });
}

function sourcePlace({ output, signal }: AppContext, { folder, plan }: PlanSession): SourcePlace {
  return {
    folder,
    signal,
    planId: plan.metadata.id,
    hide: (secret) => output.hide(secret),
    note: (words) => output.note(words),
  };
}

/** For people who look at the snapshot; nothing when there are none. */
function excludesOf({ source }: ResolvedSystem): { readonly excludes?: readonly string[] } {
  return source?.kind === 'files' && source.exclude.length > 0 ? { excludes: source.exclude } : {};
}

/** Numbers go on from the highest that any of the system's vaults has seen. */
async function canaryWriter(
  context: AppContext,
  request: BackupSystemsRequest,
  system: ResolvedSystem,
): Promise<CanaryWriter | undefined> {
  if (system.canary === undefined) return undefined;
  let sequence = 0;
  for (const name of system.vaults) {
    for (const record of await recordsOf(context, request, name)) {
      if ((record.type === 'backup' || record.type === 'copy') && record.system === system.name)
        sequence = Math.max(sequence, record.canary?.sequence ?? 0);
    }
  }
  const write = (mark: CanaryMark): Promise<void> =>
    context.adapters.writeCanary(system, sourcePlace(context, request.session), mark);
  return { next: () => ({ sequence: ++sequence, write }) };
}

/** Of a vault that cannot be opened, which has its own error later, what was known of it. */
async function recordsOf(
  context: AppContext,
  request: BackupSystemsRequest,
  name: string,
): Promise<readonly RunRecord[]> {
  try {
    return (await (await request.vaults.open(name)).records(context.signal)).records;
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
    return request.vaults.known(name)?.records ?? [];
  }
}
