/** Before this machine backs up into a vault for the first time, its store is proved. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { hostname } from '../../platform/host.ts';
import type { AppContext } from '../cli-context.ts';
import { lastStoreRecord } from '../run-due/owed-store-check.ts';
import { proveOne } from '../run-due/pass-stores.ts';
import type { PlanSession } from './plan-session.ts';
import type { PlanVaults } from './plan-vaults.ts';

export interface ProveFirstRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly systems: readonly ResolvedSystem[];
}

/** A store that is unfit is told and recorded, and the backup is made all the same: better than none. */
export async function proveAtFirstUse(context: AppContext, request: ProveFirstRequest): Promise<void> {
  const names = new Set(request.systems.flatMap(({ vaults }) => vaults));
  for (const name of names) {
    if (!(await isFirstUse(context, request, name))) continue;
    const error = await proveOne(context, { ...request, trigger: 'manual' }, name);
    if (error) context.output.warn(`vault ${name}: ${error.message}. ${error.hint ?? ''}`.trimEnd());
  }
}

/** A vault that cannot be opened is told of by what needs it. */
async function isFirstUse(
  { signal }: AppContext,
  { vaults }: ProveFirstRequest,
  name: string,
): Promise<boolean> {
  try {
    const { records } = await (await vaults.open(name)).records(signal);
    return lastStoreRecord(records.filter(({ host }) => host === hostname())) === undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof LifeboatError)) throw error;
    return false;
  }
}
