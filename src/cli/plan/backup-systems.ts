/** Backs up systems of a plan into their vaults, one after the other, and tells what became of each. */
import { basename } from 'node:path';
import { type BackupOutcome, backupSystem } from '../../backup/backup-system.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { CanaryMark, RecordTrigger, RunRecord } from '../../evidence/record.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { cacheDirectory } from '../../platform/environment.ts';
import { gid, hostname, uid, username } from '../../platform/host.ts';
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import { newRun, type PlanRun } from './new-run.ts';
import type { PlanSession } from './plan-session.ts';
import { identityOf } from './plan-session.ts';
import type { PlanVaults } from './plan-vaults.ts';
import { systemPaths } from './system-paths.ts';

export interface BackupSystemsRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly systems: readonly ResolvedSystem[];
  readonly trigger: RecordTrigger;
  readonly full: boolean;
  /** Only these of each system's vaults; all when absent. */
  readonly onlyVaults?: readonly string[];
}

export interface SystemBackup {
  readonly system: string;
  readonly vault: string;
  /** Absent when the vault could not even be used. */
  readonly outcome?: BackupOutcome;
  readonly error?: LifeboatError;
}

/** `report` is called as each one ends. A vault that fails does not keep the others from getting their point. */
export async function backupSystems(
  context: AppContext,
  request: BackupSystemsRequest,
  report: (backup: SystemBackup) => Promise<void>,
): Promise<readonly SystemBackup[]> {
  const run = newRun(context, request.session, request.trigger);
  const backups: SystemBackup[] = [];
  for (const system of request.systems) {
    const canary = await canaryWriter(context, request, system);
    for (const vaultName of system.vaults) {
      if (request.onlyVaults?.includes(vaultName) === false) continue;
      const backup = await backupOne(context, { ...request, canary }, run, system, vaultName);
      backups.push(backup);
      await report(backup);
    }
  }
  return backups;
}

type OneRequest = BackupSystemsRequest & { readonly canary: CanaryWriter | undefined };

interface CanaryWriter {
  next(): { readonly sequence: number; write(mark: CanaryMark): Promise<void> };
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
    await savePlan(request.session, vault, run);
    const outcome = await backupInto(context, request, run, system, vault);
    return {
      system: system.name,
      vault: vaultName,
      outcome,
      ...(outcome.error === undefined ? {} : { error: outcome.error }),
    };
  } catch (error) {
    if (
      context.signal.aborted ||
      !(error instanceof LifeboatError) ||
      hasCode(error, 'ASSERTION', 'INTERNAL')
    )
      throw error;
    return { system: system.name, vault: vaultName, error };
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
    source: await context.adapters.source(system, folder),
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
      if (record.type === 'backup' && record.system === system.name)
        sequence = Math.max(sequence, record.canary?.sequence ?? 0);
    }
  }
  const write = (mark: CanaryMark): Promise<void> =>
    context.adapters.writeCanary(system, request.session.folder, mark);
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

async function savePlan(session: PlanSession, vault: Vault, run: PlanRun): Promise<void> {
  await vault.plans.save({
    planId: run.plan.id,
    planHash: run.plan.hash,
    fileName: basename(session.fileName),
    text: session.text,
    savedAtMs: run.nowMs(),
  });
}
