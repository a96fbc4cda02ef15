/** All vaults of the plan whose password is in one file: they get a new one together, or the file would lie for some. */
import { locationText, parseLocation } from '../../config/location.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { absolutePath } from '../../platform/absolute-path.ts';
import type { CliContext, VaultRequest } from '../cli-context.ts';
import type { Input } from '../input.ts';
import { loadPlanIfThere, profileOf } from '../load-plan.ts';

/** The wanted one first. Without a plan it is the only one. `path` is absolute. */
export async function vaultsOfFile(
  context: CliContext,
  input: Input,
  wanted: VaultRequest,
  path: string,
): Promise<readonly VaultRequest[]> {
  const plan = await loadPlanIfThere(input.value('--plan'), context.folder, profileOf(input));
  if (plan?.parsed.draft === undefined) return [wanted];
  const { resolvePlan } = await import('../../plan/resolve-plan.ts');
  const { vaults, metadata } = resolvePlan(plan.parsed.draft.plan);
  const place = placeOf(wanted.location, wanted.folder ?? context.folder);
  const others = vaults
    .filter((vault) => usesFile(vault, path, plan.folder) && placeOf(vault.location, plan.folder) !== place)
    .map(({ location, declared }) => ({ location, folder: plan.folder, planId: metadata.id, declared }));
  return [wanted, ...others];
}

function usesFile({ password, store }: ResolvedVault, path: string, folder: string): boolean {
  return store !== 'other' && password?.kind === 'file' && absolutePath(password.path, folder) === path;
}

function placeOf(location: string, folder: string): string {
  return locationText(parseLocation(location, folder));
}
