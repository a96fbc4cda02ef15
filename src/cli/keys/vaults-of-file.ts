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
  const plan = await planOf(context, input);
  if (plan === undefined) return [wanted];
  const { vaults, metadata } = plan;
  const place = placeOf(wanted.location, wanted.folder ?? context.folder);
  const others = vaults
    .filter((vault) => usesFile(vault, path, plan.folder) && placeOf(vault.location, plan.folder) !== place)
    .map(({ location, declared }) => ({ location, folder: plan.folder, planId: metadata.id, declared }));
  return [wanted, ...others];
}

/** Names of the other vaults of the plan, where the vaults that were reached are vaults of it. */
export async function vaultsLeft(
  context: CliContext,
  input: Input,
  reached: readonly VaultRequest[],
): Promise<readonly string[]> {
  const plan = await planOf(context, input);
  if (plan === undefined || reached.every(({ planId }) => planId === undefined)) return [];
  const places = new Set(reached.map(({ location, folder = context.folder }) => placeOf(location, folder)));
  return plan.vaults
    .filter(({ store, location }) => store !== 'other' && !places.has(placeOf(location, plan.folder)))
    .map(({ name }) => name);
}

async function planOf(context: CliContext, input: Input) {
  const plan = await loadPlanIfThere(input.value('--plan'), context.folder, profileOf(input));
  if (plan?.parsed.draft === undefined) return undefined;
  const { resolvePlan } = await import('../../plan/resolve-plan.ts');
  return { ...resolvePlan(plan.parsed.draft.plan), folder: plan.folder };
}

function usesFile({ password, store }: ResolvedVault, path: string, folder: string): boolean {
  return store !== 'other' && password?.kind === 'file' && absolutePath(password.path, folder) === path;
}

function placeOf(location: string, folder: string): string {
  return locationText(parseLocation(location, folder));
}
