/** Turns the system's wish to stop into an abort signal, so that work ends by finishing, not by being killed. */
import { constants } from 'node:os';
import { exitCodes } from '../error/codes.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';

export interface Interruption extends Disposable {
  /** Aborted by the first SIGINT or SIGTERM, with an INTERRUPTED error as reason. */
  readonly signal: AbortSignal;
}

/**
 * The first SIGINT or SIGTERM aborts; the second ends the process at once (its child processes too), with
 * exit code 130. Disposing gives the signals back to the system's default.
 */
export function interruptOnSignals(): Interruption {
  const controller = new AbortController();
  const handle = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(interruptedBy(name));
  };
  process.on('SIGINT', handle).on('SIGTERM', handle);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', handle).off('SIGTERM', handle);
    },
  };
}

const ignore = (): void => undefined;
let hangupIgnorers = 0;

/**
 * Until disposed, SIGHUP does nothing instead of ending the process. Stock restic sends it to the owner of a lock to
 * learn whether that process is alive, and ignores it itself. Source: restic `internal/restic/lock_unix.go`.
 */
export function ignoreHangups(): Disposable {
  if (hangupIgnorers++ === 0) process.on('SIGHUP', ignore);
  return {
    [Symbol.dispose]: () => {
      if (--hangupIgnorers === 0) process.off('SIGHUP', ignore);
    },
  };
}

function interruptedBy(name: NodeJS.Signals): LifeboatError {
  return new LifeboatError('INTERRUPTED', `interrupted by ${name}`, {
    hint: 'What was complete is kept; run the same command again to go on.',
    details: { signal: name, number: constants.signals[name] },
  });
}
