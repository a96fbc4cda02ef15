/** The log of a system in each vault of the plan that has some of it. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { NamedLog } from '../../log-archive/join-logs.ts';
import type { AppContext } from '../cli-context.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';

export interface LogPlaces {
  readonly vaults: PlanVaults;
  readonly histories: readonly Pick<VaultHistory, 'vault'>[];
}

export interface LogsFound {
  readonly logs: readonly NamedLog[];
  /** Vaults that could not be asked: what they hold may be what is missing. */
  readonly unread: readonly string[];
}

/** What cannot be asked is told of. */
export async function logsOf(
  context: AppContext,
  { vaults, histories }: LogPlaces,
  { vault: only }: { readonly vault?: string },
  name: { readonly system: string; readonly incarnation: string },
): Promise<LogsFound> {
  const logs: NamedLog[] = [];
  const unread: string[] = [];
  for (const { vault } of histories) {
    if (only !== undefined && vault !== only) continue;
    try {
      const opened = await vaults.open(vault);
      const isThere = (await opened.logs(context.signal)).some(
        (log) => log.system === name.system && log.incarnation === name.incarnation,
      );
      if (isThere) logs.push({ name: vault, log: opened.log(name) });
    } catch (error) {
      if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
      context.output.warn(`the log in vault ${vault} cannot be read: ${error.message}`);
      unread.push(vault);
    }
  }
  return { logs, unread };
}
