/** The vaults that may give what another one has lost: those named, else all others of the plan. */
import { locationText, parseLocation } from '../../config/location.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { requestOf } from '../choose-vault.ts';
import type { CliContext, VaultRequest } from '../cli-context.ts';
import type { Input } from '../input.ts';
import { loadPlanIfThere, profileOf } from '../load-plan.ts';

export async function donorRequests(
  { folder, output }: CliContext,
  input: Input,
  healed: VaultRequest,
  wanted: readonly string[],
): Promise<readonly VaultRequest[]> {
  const plan = await loadPlanIfThere(input.value('--plan'), folder, profileOf(input));
  const draft = plan?.parsed.draft;
  if (plan === undefined || draft === undefined) return wanted.map((location) => ({ location }));
  const { resolvePlan } = await import('../../plan/resolve-plan.ts');
  const { vaults, metadata } = resolvePlan(draft.plan);
  const placeOf = (location: string, base: string): string => locationText(parseLocation(location, base));
  const asRequest = (vault: ResolvedVault) => requestOf(vault, plan.folder, metadata.id);
  const usable = vaults.filter(({ store }) => store !== 'other');
  const here = placeOf(healed.location, healed.folder ?? folder);
  const closed = wanted.length === 0 ? vaults.filter(({ store }) => store === 'other') : [];
  for (const { name, location } of closed)
    output.warn(`the vault ${name} gives nothing: this version does not open ${location}`);
  if (wanted.length === 0)
    return usable.filter(({ location }) => placeOf(location, plan.folder) !== here).map(asRequest);
  return wanted.map((name) => {
    const known = usable.find(
      (vault) => vault.name === name || placeOf(vault.location, plan.folder) === placeOf(name, folder),
    );
    return known ? asRequest(known) : { location: name };
  });
}
