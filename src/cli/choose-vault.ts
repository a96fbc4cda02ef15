/** Which vault a command works on: the one of `--vault`, else the primary one of the plan. */
import { locationText, parseLocation } from '../config/location.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ResolvedVault } from '../plan/resolved-plan.ts';
import type { CliContext, VaultRequest } from './cli-context.ts';
import type { OptionSpec } from './command-spec.ts';
import type { Input } from './input.ts';
import { loadPlan, loadPlanIfThere, planOptions, profileOf } from './load-plan.ts';

const vaultOption = {
  flag: '--vault',
  value: 'LOCATION',
  description:
    "where the vault is (a folder, s3://…, azure://…), or its name in the plan (default: the plan's primary vault)",
} as const;

/** For commands that read a vault that a plan may name. */
export const vaultOptions: readonly OptionSpec[] = [vaultOption, ...planOptions];

/** For the rescue: it never reads a plan. */
export const vaultAloneOption = {
  flag: '--vault',
  value: 'LOCATION',
  description: 'where the vault is: a folder, s3://bucket/prefix or azure://account/container/prefix',
} as const;

export const snapshotOption = {
  flag: '--snapshot',
  value: 'ID',
  description: 'the id of a snapshot, its beginning, or latest (default)',
} as const;

/** Raises USAGE when neither the command line nor a plan names a vault. */
export async function chooseVault(context: CliContext, input: Input): Promise<VaultRequest> {
  return await chooseVaultNamed(context, input, input.value('--vault'));
}

/** As `chooseVault`, for commands that take the vault as an argument. */
export async function chooseVaultNamed(
  context: CliContext,
  input: Input,
  wanted: string | undefined,
): Promise<VaultRequest> {
  const planFile = input.value('--plan');
  const profile = profileOf(input);
  const plan =
    wanted === undefined
      ? await planOrUsage(planFile, context.folder, profile)
      : await loadPlanIfThere(planFile, context.folder, profile);
  if (plan?.parsed.draft === undefined) {
    if (wanted !== undefined) return { location: wanted };
    throw noVaultInPlan(plan?.path ?? '', true);
  }
  const { resolvePlan } = await import('../plan/resolve-plan.ts');
  const { vaults, metadata } = resolvePlan(plan.parsed.draft.plan);
  const named =
    wanted === undefined ? primaryOf(vaults) : matching(vaults, wanted, plan.folder, context.folder);
  if (named === undefined && wanted === undefined) throw noVaultInPlan(plan.path, false);
  if (named === undefined) return { location: wanted ?? '' };
  return requestOf(named, plan.folder, metadata.id);
}

/** A vault as the plan in `folder` has it. */
export function requestOf(
  { name, location, declared, password }: ResolvedVault,
  folder: string,
  planId: string,
): VaultRequest {
  return {
    name,
    location,
    folder,
    planId,
    declared,
    ...(password === undefined ? {} : { passwordReference: password }),
  };
}

/** Where a new vault goes: the name of a vault of the plan, or a location, of which the plan may know how it is reached. */
export async function newVaultPlace(
  context: CliContext,
  input: Input,
  wanted: string,
): Promise<VaultRequest & { readonly role?: ResolvedVault['role'] }> {
  const plan = await loadPlanIfThere(input.value('--plan'), context.folder, profileOf(input));
  if (plan?.parsed.draft === undefined) return { location: wanted };
  const { resolvePlan } = await import('../plan/resolve-plan.ts');
  const { vaults } = resolvePlan(plan.parsed.draft.plan);
  const named = matching(vaults, wanted, plan.folder, context.folder);
  if (named === undefined) return { location: wanted };
  return {
    location: named.location,
    folder: plan.folder,
    declared: named.declared,
    role: named.role,
    ...(named.password === undefined ? {} : { passwordReference: named.password }),
  };
}

/** The vault of `--vault`, which must be there. */
export function vaultAlone(input: Input): VaultRequest {
  const location = input.value('--vault');
  if (location !== undefined) return { location };
  throw new LifeboatError('USAGE', 'no vault is named', {
    hint: 'Say where it is with --vault LOCATION; the rescue reads no plan.',
  });
}

async function planOrUsage(planFile: string | undefined, folder: string, profile: string | undefined) {
  if (planFile !== undefined) return await loadPlan(planFile, folder, profile);
  const plan = await loadPlanIfThere(undefined, folder, profile);
  if (plan !== undefined) return plan;
  throw new LifeboatError('USAGE', 'no vault is named, and there is no ./lifeboat.yaml that names one', {
    hint: 'Give --vault LOCATION or --plan FILE.',
  });
}

function primaryOf(vaults: readonly ResolvedVault[]): ResolvedVault | undefined {
  return vaults.find((vault) => vault.role === 'primary') ?? vaults[0];
}

/** By name, or by location: then the plan knows where its password is. */
function matching(
  vaults: readonly ResolvedVault[],
  wanted: string,
  planFolder: string,
  folder: string,
): ResolvedVault | undefined {
  const byName = vaults.find((vault) => vault.name === wanted);
  if (byName !== undefined) return byName;
  const place = locationText(parseLocation(wanted, folder));
  return vaults.find(
    ({ location, store }) => store !== 'other' && locationText(parseLocation(location, planFolder)) === place,
  );
}

function noVaultInPlan(path: string, isBroken: boolean): LifeboatError {
  return new LifeboatError(
    'PLAN_INVALID',
    `the plan ${path} ${isBroken ? 'cannot be read' : 'names no vault'}`,
    {
      hint: isBroken ? 'Run `lifeboat lint` to see why, or give --vault LOCATION.' : 'Give --vault LOCATION.',
    },
  );
}
