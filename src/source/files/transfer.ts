/** What a long piece of work on files shares: its signal, its turns, and what went wrong. */
import { sleep } from '../../platform/timers.ts';
import type { CaptureProblem } from '../source.ts';
import { type ByteString, toText } from './byte-path.ts';
import { addProblem, emptyProblemList, listProblems, type ProblemList } from './problem-list.ts';

export interface Transfer {
  readonly signal: AbortSignal | undefined;
  readonly problems: ProblemList;
  entries: number;
}

/** Entries between two turns of the event loop: a few milliseconds of work. */
const entriesPerTurn = 256;

export function startTransfer(signal: AbortSignal | undefined): Transfer {
  signal?.throwIfAborted();
  return { signal, problems: emptyProblemList(), entries: 0 };
}

/** To be called for every entry. Raises the signal's reason, always between two entries. */
export async function nextEntry(transfer: Transfer): Promise<void> {
  transfer.signal?.throwIfAborted();
  transfer.entries += 1;
  if (transfer.entries % entriesPerTurn === 0) await sleep(0, transfer.signal);
}

/** One entry's failure must not keep the others from being saved: it is written down, and told at the end. */
export function failed(transfer: Transfer, path: ByteString, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  addProblem(transfer.problems, { path: toText(path), reason });
}

export function problemsOf(transfer: Transfer): readonly CaptureProblem[] {
  return listProblems(transfer.problems);
}
