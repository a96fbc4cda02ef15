/** Starts the shop's process and follows it. */
import { fileURLToPath } from 'node:url';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { startProgram } from '../../platform/child-process.ts';
import { monotonicMs } from '../../platform/clock.ts';
import { siblingModule } from '../../platform/location.ts';
import { sleep } from '../../platform/timers.ts';
import type { QuickstartFolder } from './quickstart-folder.ts';

export interface RunningShop extends AsyncDisposable {
  readonly processId: number;
  /** Confirmed so far by this process, a few behind. */
  confirmed(): number;
  /** How it ended, in words; `undefined` while it runs. */
  ended(): string | undefined;
}

const startMsMax = 15_000;
const pollMs = 10;

/** It has confirmed an order when the promise resolves. `prefix` begins the numbers of its orders. */
export async function startShop(
  { database, confirmed }: QuickstartFolder,
  prefix: string,
  signal: AbortSignal,
): Promise<RunningShop> {
  const script = fileURLToPath(siblingModule(import.meta.url, './shop-process'));
  const words = ['--disable-warning=ExperimentalWarning', script, database, confirmed, prefix];
  await using cleanup = new AsyncDisposableStack();
  const program = cleanup.use(
    await startProgram({ kind: 'argv', file: process.execPath, arguments: words }, { graceMs: 1000, signal }),
  );
  const state = { confirmed: 0, ended: undefined as string | undefined };
  void follow(program.stdout, state);
  void program.result.then(
    (result) => {
      state.ended = endingOf(result.stderrTail, result.exitCode);
    },
    () => {
      state.ended = 'interrupted';
    },
  );
  await firstOrder(state, signal);
  const owned = cleanup.move();
  return {
    processId: program.pid,
    confirmed: () => state.confirmed,
    ended: () => state.ended,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface ShopState {
  confirmed: number;
  ended: string | undefined;
}

async function follow(stdout: AsyncIterable<Buffer>, state: ShopState): Promise<void> {
  for await (const chunk of stdout) {
    const last = chunk.toString().trim().split('\n').at(-1);
    state.confirmed = Math.max(state.confirmed, Number(last ?? 0));
  }
}

async function firstOrder(state: ShopState, signal: AbortSignal): Promise<void> {
  const deadlineMs = monotonicMs() + startMsMax;
  while (state.confirmed === 0) {
    if (state.ended !== undefined || monotonicMs() > deadlineMs) {
      throw new LifeboatError('COMMAND_FAILED', `the shop does not run: ${state.ended ?? 'no order came'}`, {
        hint: 'Start the quickstart again; when it fails again, report what it printed.',
      });
    }
    await sleep(pollMs, signal);
  }
}

/** The line in which Node names the error. */
function endingOf(stderrTail: string, exitCode: number | undefined): string {
  const named = stderrTail.split('\n').find((line) => /^(?:\w*Error|Uncaught)\b.*:/.test(line));
  if (named !== undefined) return named.replace(/^\w*Error: /, '').trim();
  return exitCode === undefined ? 'stopped' : `ended with exit code ${exitCode}`;
}
