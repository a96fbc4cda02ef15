/** The vaults that a file of the log goes to and comes from. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { loggedSystems } from './logged-systems.ts';
import { receiverStatus } from './vault-logs.ts';
import type { WalGround } from './wal-files.ts';

/** `only`: this vault alone. Raises SYSTEM_NOT_FOUND, USAGE. */
export async function walGround(
  context: AppContext,
  session: PlanSession,
  open: (vault: string) => Promise<Vault>,
  { system, only }: { readonly system: string; readonly only?: string | undefined },
): Promise<WalGround> {
  const [each] = loggedSystems(session.plan, [system]);
  const names = (each?.log.vaults ?? []).filter((name) => only === undefined || name === only);
  if (names.length === 0)
    throw new LifeboatError('USAGE', `the log of ${system} does not go to a vault "${only}"`, {
      hint: `It goes to: ${each?.log.vaults.join(', ')}.`,
    });
  const { copies = names.length } = each?.log.logs ?? {};
  return {
    ...{ system, copies: Math.min(copies, names.length) },
    vaults: names.map((name) => ({ name, open: () => open(name) })),
    expected: each?.log.source.cluster ?? receiverStatus(session, system)?.incarnation,
    tools: await context.adapters.logs.tools(),
  };
}
