/** The vaults that logs go to: opened when they are first needed, and tried again when that failed. */
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';

export interface LogVaults extends AsyncDisposable {
  /** Raises what opening a vault raises. */
  open(name: string): Promise<Vault>;
  /** Those of these that can be opened now. */
  opened(names: readonly string[]): Promise<readonly Vault[]>;
}

export function openLogVaults(context: AppContext, session: PlanSession): LogVaults {
  const owned = new AsyncDisposableStack();
  const opened = new Map<string, Promise<Vault>>();
  const open = async (name: string): Promise<Vault> => {
    const known = opened.get(name);
    if (known !== undefined) return await known;
    // of its own, for a failure to open is remembered by them
    const vaults = openPlanVaults(context, session);
    const opening = vaults.open(name);
    opened.set(name, opening);
    try {
      const vault = await opening;
      owned.use(vaults);
      return vault;
    } catch (error) {
      opened.delete(name);
      throw error;
    }
  };
  return {
    open,
    async opened(names) {
      const results = await Promise.allSettled(names.map(open));
      return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
