/**
 * Loads the index while something else is waited for: the lock takes several requests, and a fifth of a second in which
 * two locks would see each other. What came before the lock may be out of date, so it counts only if the index files are
 * the same ones when the lock is held; they are named by what they hold.
 */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { currentView, freshView, type IndexView, type Session } from './session.ts';

export interface LoadingAhead extends AsyncDisposable {
  /** As `currentView`, under the lock. Raises what keeps the index from being read now, not what did before. */
  viewNow(signal?: AbortSignal): Promise<IndexView>;
}

export function loadAhead(session: Session, signal?: AbortSignal): LoadingAhead {
  const ended = new AbortController();
  const either = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  const loading = session.view ? Promise.resolve() : loaded(session, either);
  return {
    async viewNow(held) {
      await loading;
      return await currentView(session, held);
    },
    async [Symbol.asyncDispose]() {
      ended.abort(new LifeboatError('INTERRUPTED', 'the work was given up before its end'));
      await loading;
    },
  };
}

async function loaded(session: Session, signal: AbortSignal): Promise<void> {
  try {
    await freshView(session, signal);
  } catch {
    // the view that is taken under the lock meets the same, if it is still so
  }
}
