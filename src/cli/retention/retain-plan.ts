/** The retention of a plan, carried out in all its vaults: by `lifeboat forget`, and by the schedule. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunContext } from '../../evidence/run-context.ts';
import type { Vault } from '../../vault/vault.ts';
import type { CliContext } from '../cli-context.ts';
import { type AppliedRetention, applyRetention } from './apply-retention.ts';
import { goingIds, type RetentionPreview, type VaultRetention } from './retention-preview.ts';

export interface RetainRequest {
  readonly run: RunContext;
  readonly preview: RetentionPreview;
  readonly reason: string;
  open(vault: string): Promise<Vault>;
}

export interface RetainedVault {
  readonly vault: string;
  readonly applied?: AppliedRetention;
  /** What was refused, or why it could not be carried out; what else was asked was done. */
  readonly errors: readonly LifeboatError[];
}

/** One vault after the other; what fails in one does not keep the others. Only an interruption is raised. */
export async function retainVaults(
  context: CliContext,
  request: RetainRequest,
): Promise<readonly RetainedVault[]> {
  const done: RetainedVault[] = [];
  for (const retention of request.preview.vaults) done.push(await retainVault(context, request, retention));
  return done;
}

async function retainVault(
  { signal }: CliContext,
  { run, reason, open }: RetainRequest,
  retention: VaultRetention,
): Promise<RetainedVault> {
  const { vault } = retention;
  const errors = refusalsOf(retention);
  try {
    const isUntouched =
      retention.newPauses.length === 0 && retention.groups.every((group) => goingIds(group).length === 0);
    if (isUntouched) return { vault, errors };
    const applied = await applyRetention({ run, vault: await open(vault), retention, reason, signal });
    return { vault, applied, errors };
  } catch (error) {
    if (signal.aborted || !(error instanceof LifeboatError)) throw error;
    return { vault, errors: [...errors, error] };
  }
}

/** Of the vault as a whole, or else of single groups. */
export function refusalsOf({ refusal, groups }: VaultRetention): readonly LifeboatError[] {
  if (refusal !== undefined) return [refusal];
  return groups.flatMap((group) => (group.refusal === undefined ? [] : [group.refusal]));
}
