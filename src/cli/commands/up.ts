/** `lifeboat up`: keeps a plan, in the foreground, until it is stopped. */
import { resolve } from 'node:path';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import type { WalSocketOptions } from '../keep-logs/wal-socket.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { openPlan } from '../plan/plan-session.ts';
import { keepUp, passOnce, requireSameId } from '../run-due/keep-up.ts';
import { lockPlan } from '../run-due/run-lock.ts';
import { watchPlan } from '../run-due/watch-plan.ts';
import { passEnd } from './run-due.ts';

export const up: Command<AppContext> = {
  description:
    'Backs up and proves what the schedule owes, as `lifeboat run-due` does, again and again in the foreground: for ' +
    "systemd or a container. It runs the plan's on_failure command when something fails or an objective is not met, and when it is over, calls " +
    'dead_man_url after every good pass, and reads the plan again when one of its files changes. One process per plan. ' +
    'SIGTERM stops it with exit code 0, Ctrl-C with 130; what was complete is kept.',
  options: [
    ...planOptions,
    { flag: '--once', description: 'one pass with on_failure and dead_man_url, then end' },
    {
      flag: '--wal-socket',
      value: 'PATH',
      description: 'answer `lifeboat-archive-wal` and `lifeboat-restore-wal` at this socket',
    },
    {
      flag: '--wal-socket-group',
      value: 'ID',
      description: 'the number of a group whose members may use that socket (default: this user alone)',
    },
  ],
  examples: [
    { line: 'lifeboat up --plan /srv/shop/lifeboat.yaml', says: 'until SIGTERM or Ctrl-C' },
    { line: 'lifeboat up --once', says: 'from cron, with alarms' },
    { line: 'lifeboat up --json', says: 'one JSON object for each event' },
  ],
  unattended: true,
  run: async (context, input) => {
    const option = input.value('--plan');
    const profile = profileOf(input);
    const first = await openPlan(option, context.folder, profile);
    using _lock = lockPlan(first.plan.metadata.id);
    if (input.has('--once')) return passEnd(await passOnce(context, first));
    const watch = watchPlan(first.files);
    // read once more: it may have changed before it was watched
    const session = await openPlan(option, context.folder, profile);
    requireSameId(first, session);
    watch.follow(session.files);
    try {
      return await keepUp(context, session, watch, walSocketOf(context, input));
    } catch (error) {
      return stopped(context, error);
    }
  },
};

/** Raises USAGE. */
function walSocketOf({ folder }: AppContext, input: Input): WalSocketOptions | undefined {
  const path = input.value('--wal-socket');
  const group = input.value('--wal-socket-group');
  if (group !== undefined && (path === undefined || !/^\d{1,10}$/.test(group)))
    throw new LifeboatError('USAGE', `--wal-socket-group ${group} cannot be used so`, {
      hint: 'Give the number of a group, as `getent group postgres` shows it, besides --wal-socket.',
    });
  if (path === undefined) return undefined;
  return { path: resolve(folder, path), ...(group === undefined ? {} : { groupId: Number(group) }) };
}

/** A service that is told to stop has not failed; a person who interrupts it has interrupted it. */
function stopped(context: AppContext, error: unknown): CommandEnd {
  const { signal } = context;
  if (!signal.aborted) throw error;
  const reason: unknown = signal.reason;
  if (hasCode(reason, 'INTERRUPTED') && reason.details['signal'] === 'SIGTERM')
    return { summary: { stopped_by: 'SIGTERM' } };
  throw reason;
}
