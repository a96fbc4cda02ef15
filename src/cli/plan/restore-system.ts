/** Previews and applies the restore of one system. */
import { join, resolve } from 'node:path';
import { defined } from '../../error/assert.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { stateDirectory } from '../../platform/environment.ts';
import type { WorkProgress } from '../../repository/work-progress.ts';
import {
  applyRestore,
  type RestoreOutcome,
  recordDamageMet,
  refuseUnlessSafe,
} from '../../restore/apply-restore.ts';
import type { PathChoice } from '../../restore/path-choice.ts';
import { previewRestore, type RestorePreview } from '../../restore/preview-restore.ts';
import type { RecoveredCopy, RecoveredParts, RecoveryPlaces } from '../../restore/recovery-engine.ts';
import type { RestoreTarget } from '../../restore/restore-target.ts';
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { RecoveryPlan } from '../recovery/plan-recovery.ts';
import { elsewhereHint } from './from-elsewhere.ts';
import { newRun } from './new-run.ts';
import type { VaultHistory } from './plan-history.ts';
import { identityOf, type PlanSession } from './plan-session.ts';
import type { PlanVaults } from './plan-vaults.ts';
import { systemPaths } from './system-paths.ts';
import type { FoundPoint } from './verify-systems.ts';

export interface RestoreSystemRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly system: ResolvedSystem;
  readonly found: FoundPoint;
  /** A folder as typed, or in place. */
  readonly to: string | 'in-place';
  readonly choice: PathChoice;
  /** Replace what stands in the way in a folder. */
  readonly overwrite?: boolean;
  /** In place, keep nothing of what is replaced. */
  readonly withoutSafetyCopy?: boolean;
  /** The log is then replayed on what was restored. */
  readonly recovery?: SystemRecovery;
  /** What the command was told but for point and vault: so it can be told again for another vault. */
  readonly words?: readonly string[];
}

export interface SystemRecovery extends RecoveryPlan, RecoveryPlaces {
  /** Of all vaults, for what was measured before. */
  readonly histories: readonly VaultHistory[];
  /** Only these come back; `to` is then a folder that is thrown away. */
  readonly parts?: RecoveredParts;
}

export async function previewSystemRestore(
  context: AppContext,
  request: RestoreSystemRequest,
): Promise<RestorePreview> {
  const target = await targetOf(context, request);
  const vault = await openOrElsewhere(context, request);
  const { snapshotId } = request.found.point;
  const { signal } = context;
  const look = { vault, snapshotId, target, choice: request.choice, nowMs: context.nowMs(), signal };
  const attempt = {
    run: newRun(context, request.session, 'manual'),
    ...{ vault, snapshotId, destination: target.kind, system: identityOf(request.system), signal },
  };
  return await orElsewhere(request, async () => {
    try {
      return await withRecovery(request, await previewRestore(look), signal);
    } catch (error) {
      if (!signal.aborted && error instanceof LifeboatError) await recordDamageMet(attempt, error);
      throw error;
    }
  });
}

/** That there is a server, and that it can reach the folder, is asked before anything is restored. */
async function withRecovery(
  { recovery }: RestoreSystemRequest,
  preview: RestorePreview,
  signal: AbortSignal,
): Promise<RestorePreview> {
  if (recovery === undefined || preview.target.kind !== 'folder') return preview;
  const found = await recovery.chosen.preflight(preview.target.folder, recovery, signal);
  return { ...preview, findings: [...preview.findings, ...found] };
}

export async function applySystemRestore(
  context: AppContext,
  request: RestoreSystemRequest,
  preview: RestorePreview,
): Promise<RestoreOutcome> {
  using progress = context.output.progress(`restore ${request.system.name}`);
  const vault = await openOrElsewhere(context, request);
  const { recovery } = request;
  const report = (state: WorkProgress) => progress.report(state);
  const { signal } = context;
  const recover = async (folder: string): Promise<RecoveredCopy> =>
    await defined(recovery, 'recovery that was planned').chosen.recover({
      ...{ folder, signal, values: preview.values, progress: report },
      ...(recovery?.parts && { parts: recovery.parts }),
      tablespaces: recovery?.tablespaces ?? new Map(),
    });
  return await orElsewhere(request, () =>
    applyRestore({
      run: newRun(context, request.session, 'manual'),
      vault,
      preview,
      system: identityOf(request.system),
      overwrite: mayOverwrite(request),
      progress: report,
      signal,
      ...(recovery === undefined ? {} : { recover, mirror: recovery.chosen.mirror }),
    }),
  );
}

/** Raises RESTORE_REFUSED, as applying would, before anybody is asked or any other system is touched. */
export function refuseSystemRestore(request: RestoreSystemRequest, preview: RestorePreview): void {
  refuseUnlessSafe(preview, mayOverwrite(request));
}

/** In place the overwriting is what the person asks for, and is kept. */
function mayOverwrite({ to, overwrite }: RestoreSystemRequest): boolean {
  return to === 'in-place' || overwrite === true;
}

/** Whatever keeps a vault from being opened is its own fault, and no reason to despair of the point. */
async function openOrElsewhere({ signal }: AppContext, request: RestoreSystemRequest): Promise<Vault> {
  try {
    return await request.vaults.open(request.found.vault);
  } catch (error) {
    if (signal.aborted || !(error instanceof LifeboatError)) throw error;
    throw withElsewhere(request, error);
  }
}

/** Where the vault is to blame, the error says which other one has the point. */
async function orElsewhere<T>(request: RestoreSystemRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!hasCode(error, ...faultsOfVaults) || isOfThisMachine(error)) throw error;
    throw withElsewhere(request, error);
  }
}

/** A full disk, a file in the way: it would be the same from every vault. */
function isOfThisMachine({ code, details }: LifeboatError): boolean {
  return code === 'RESTORE_INCOMPLETE' && details['isDamage'] !== true;
}

function withElsewhere(request: RestoreSystemRequest, error: LifeboatError): LifeboatError {
  const hint = otherVaultHint(request);
  if (hint === undefined) return error;
  return new LifeboatError(error.code, `from vault ${request.found.vault}: ${error.message}`, {
    hint: `${hint} ${error.hint ?? ''}`.trimEnd(),
    retryable: error.retryable,
    details: error.details,
    cause: error,
  });
}

/** The next action when the chosen vault cannot give the point. Absent when there is no other. */
export function otherVaultHint({ system, found, words = [] }: RestoreSystemRequest): string | undefined {
  return elsewhereHint({ system: system.name, found, words });
}

const faultsOfVaults = [
  'OBJECT_DAMAGED',
  'OBJECT_MISSING',
  'VAULT_DAMAGED',
  'VAULT_NOT_FOUND',
  'SNAPSHOT_NOT_FOUND',
  'PATH_NOT_FOUND',
  'STORE_UNAVAILABLE',
  'STORE_DENIED',
  'RESTORE_INCOMPLETE',
] as const;

async function targetOf(
  context: AppContext,
  { to, system, session, withoutSafetyCopy }: RestoreSystemRequest,
): Promise<RestoreTarget> {
  if (to !== 'in-place') {
    const live = systemPaths(system, session.folder);
    return { kind: 'folder', folder: resolve(context.folder, to), live };
  }
  const safetyParent = join(stateDirectory(), session.plan.metadata.id, 'safety', system.name);
  const place = await context.adapters.destination(system, session.folder);
  if (place) {
    const { make: destination, stagingParent } = place;
    const kept = withoutSafetyCopy ? {} : { safetyParent };
    return { kind: 'in-place', destination, stagingParent, ...kept };
  }
  throw new LifeboatError(
    'RESTORE_REFUSED',
    `${system.name} has no place of its own that it could be put back into`,
    {
      hint: 'Restore it with --to DIR and bring it back by hand.',
    },
  );
}
