/** Previews and applies the restore of one system. */
import { join, resolve } from 'node:path';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { stateDirectory } from '../../platform/environment.ts';
import { applyRestore, type RestoreOutcome, refuseUnlessSafe } from '../../restore/apply-restore.ts';
import type { PathChoice } from '../../restore/path-choice.ts';
import { previewRestore, type RestorePreview } from '../../restore/preview-restore.ts';
import type { RestoreTarget } from '../../restore/restore-target.ts';
import type { AppContext } from '../cli-context.ts';
import { newRun } from './new-run.ts';
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
}

export async function previewSystemRestore(
  context: AppContext,
  request: RestoreSystemRequest,
): Promise<RestorePreview> {
  const target = await targetOf(context, request);
  return await orElsewhere(request, async () =>
    previewRestore({
      vault: await request.vaults.open(request.found.vault),
      snapshotId: request.found.point.snapshotId,
      target,
      choice: request.choice,
      nowMs: context.nowMs(),
      signal: context.signal,
    }),
  );
}

export async function applySystemRestore(
  context: AppContext,
  request: RestoreSystemRequest,
  preview: RestorePreview,
): Promise<RestoreOutcome> {
  using progress = context.output.progress(`restore ${request.system.name}`);
  return await orElsewhere(request, async () =>
    applyRestore({
      run: newRun(context, request.session, 'manual'),
      vault: await request.vaults.open(request.found.vault),
      preview,
      system: identityOf(request.system),
      overwrite: mayOverwrite(request),
      progress: (state) => progress.report(state),
      signal: context.signal,
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

/** Where the vault is to blame, the error says which other one has a point of the system. */
async function orElsewhere<T>({ found }: RestoreSystemRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const [other] = found.elsewhere;
    if (other === undefined || !hasCode(error, ...faultsOfVaults)) throw error;
    throw new LifeboatError(error.code, `from vault ${found.vault}: ${error.message}`, {
      hint: `Vault ${found.elsewhere.join(' and vault ')} has a point as well: say \`--vault ${other}\`. ${error.hint ?? ''}`.trimEnd(),
      details: error.details,
      cause: error,
    });
  }
}

const faultsOfVaults = [
  'OBJECT_DAMAGED',
  'OBJECT_MISSING',
  'VAULT_DAMAGED',
  'VAULT_NOT_FOUND',
  'SNAPSHOT_NOT_FOUND',
  'PATH_NOT_FOUND',
  'STORE_UNAVAILABLE',
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
