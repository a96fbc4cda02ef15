/**
 * How long work on vaults may take that nobody waits for. It begins when everything due is done, and may keep the next
 * due backup waiting, but not for long: then it is cut off, and done at another time.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { sleep } from '../../platform/timers.ts';
import { nextDue } from '../../schedule/due-times.ts';
import type { AppContext } from '../cli-context.ts';

/** For so long a backup that comes due meanwhile waits. */
export const choreOverrunMs = 15 * 60_000;
/** Even when no backup comes due: so that passes are made, and failures seen. */
export const choreMsMax = 12 * 60 * 60_000;

/** From `nowMs` on: milliseconds. */
export function choreBudgetMs(systems: readonly Pick<ResolvedSystem, 'schedules'>[], nowMs: number): number {
  const due = systems
    .flatMap(({ schedules }) => schedules.map((schedule) => nextDue(schedule, nowMs)))
    .filter((dueMs) => dueMs !== undefined);
  return Math.min(choreMsMax, ...due.map((dueMs) => dueMs - nowMs + choreOverrunMs));
}

/** The signal of the context that the work gets is aborted with WORK_CUT_OFF when the time is over; its end is awaited. */
export async function withinBudget<Context extends Pick<AppContext, 'signal'>, T>(
  context: Context,
  budgetMs: number,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  const isDone = () => undefined;
  void sleep(budgetMs, done.signal).then(() => over.abort(cutOff()), isDone);
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, over.signal]) });
  } finally {
    done.abort();
  }
}

function cutOff(): LifeboatError {
  return new LifeboatError('WORK_CUT_OFF', 'it took so long that a backup which is due would have to wait', {
    hint: 'It goes on by itself. If it never comes to its end, give it more time between backups, or raise limits.',
    retryable: true,
  });
}
