/** The vaults in which a command looks for points that a person names: all of the plan, or the one of --vault. */

import type { RunContext } from '../../evidence/run-context.ts';
import { chooseVault } from '../choose-vault.ts';
import type { AppContext, CliContext } from '../cli-context.ts';
import type { Input } from '../input.ts';
import { profileOf } from '../load-plan.ts';
import { manualRun } from '../manual-run.ts';
import { newRun } from '../plan/new-run.ts';
import { openPlan, type PlanSession } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import type { SearchedVault } from './find-points.ts';
import { soundRecords } from './preview-repository.ts';

export interface OpenedVaults extends AsyncDisposable {
  /** To look for points in. */
  readonly searched: readonly SearchedVault[];
  /** All that can be read: where else something is proven. */
  readonly all: readonly SearchedVault[];
  readonly run: RunContext;
  /** In which a person's words about times are read. */
  readonly timeZone: string;
}

/**
 * `which`: only the vaults that are searched, or all of the plan beside them. Raises what opening raises, USAGE when
 * neither a plan nor a vault is named, and VAULT_DAMAGED.
 */
export async function openSearchedVaults(
  context: AppContext,
  input: Input,
  which: 'searched' | 'all',
): Promise<OpenedVaults> {
  const place = await placeOf(context, input);
  if (place.session === undefined) {
    const vault = await context.openVault(place.request);
    const searched = [{ name: vault.location, vault, known: await soundRecords(vault, context.signal) }];
    const dispose = () => vault[Symbol.asyncDispose]();
    return {
      searched,
      all: searched,
      run: manualRun(context),
      timeZone: 'UTC',
      [Symbol.asyncDispose]: dispose,
    };
  }
  const { session } = place;
  const vaults = openPlanVaults(context, session);
  try {
    const all: SearchedVault[] = [];
    const isSearched = (name: string) => place.vault === undefined || name === place.vault;
    for (const { name } of session.plan.vaults) {
      if (which === 'searched' && !isSearched(name)) continue;
      const vault = await vaults.open(name);
      all.push({ name, vault, known: await soundRecords(vault, context.signal) });
    }
    return {
      searched: all.filter(({ name }) => isSearched(name)),
      all,
      timeZone: session.plan.metadata.timeZone,
      run: newRun(context, session, 'manual'),
      [Symbol.asyncDispose]: () => vaults[Symbol.asyncDispose](),
    };
  } catch (error) {
    await vaults[Symbol.asyncDispose]();
    throw error;
  }
}

export type RetentionPlace =
  | { readonly session: PlanSession; readonly vault?: string }
  | { readonly session?: undefined; readonly request: Awaited<ReturnType<typeof chooseVault>> };

/** Under the plan, unless --vault names a place that the plan does not have. */
export async function placeOf(context: CliContext, input: Input): Promise<RetentionPlace> {
  const wanted = input.value('--vault');
  const request = await chooseVault(context, input);
  if (request.planId === undefined) return { request };
  const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
  if (wanted === undefined) return { session };
  const vault = session.plan.vaults.find(
    ({ name, location }) => name === wanted || location === request.location,
  );
  return vault === undefined ? { request } : { session, vault: vault.name };
}
