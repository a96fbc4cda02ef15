/** The socket for the programs that a server calls, beside everything else that `lifeboat up` does. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { AppContext } from '../cli-context.ts';
import { loggedSystems } from '../log/logged-systems.ts';
import { openWalSocket } from '../log/serve-wal.ts';
import type { WalGround } from '../log/wal-files.ts';
import { walGround } from '../log/wal-ground.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { type LogVaults, openLogVaults } from './log-vaults.ts';

export interface WalSocketOptions {
  /** Absolute. */
  readonly path: string;
  /** Its members may use the socket as well; else only this user may. */
  readonly groupId?: number;
}

/** Disposed, the socket is gone. `session` gives the plan that is in use. Raises ADDRESS_UNUSABLE. */
export async function keepWalSocket(
  context: AppContext,
  { path, groupId }: WalSocketOptions,
  session: () => PlanSession,
): Promise<AsyncDisposable> {
  await using owned = new AsyncDisposableStack();
  const vaults = owned.use(vaultsInUse(context, session));
  owned.use(
    await openWalSocket({
      path,
      ...(groupId === undefined ? {} : { groupId, mode: 0o660 }),
      ground: (system) => groundOf(context, session(), vaults.now(), system),
      tell: (words) => context.output.warn(words),
    }),
  );
  return owned.move();
}

async function groundOf(
  context: AppContext,
  session: PlanSession,
  vaults: LogVaults,
  named: string | undefined,
): Promise<WalGround> {
  const [first, ...others] = loggedSystems(session.plan, named === undefined ? [] : [named]);
  if (first === undefined || others.length > 0)
    throw new LifeboatError('SYSTEM_NOT_FOUND', 'the plan keeps the logs of several systems', {
      hint: 'Name the system with --system.',
    });
  return await walGround(context, session, vaults.open, { system: first.system.name });
}

/** Opening a vault takes longer than a call may: they stay open for as long as the plan is the same. */
function vaultsInUse(
  context: AppContext,
  session: () => PlanSession,
): AsyncDisposable & { readonly now: () => LogVaults } {
  let of = session();
  let vaults = openLogVaults(context, of);
  const before: LogVaults[] = [];
  return {
    now() {
      if (session() === of) return vaults;
      of = session();
      before.push(vaults);
      vaults = openLogVaults(context, of);
      return vaults;
    },
    async [Symbol.asyncDispose]() {
      for (const each of [...before, vaults]) await each[Symbol.asyncDispose]();
    },
  };
}
