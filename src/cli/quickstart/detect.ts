/** Finds out what happened by looking at the live shop again and again. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { durationText } from '../../objective/duration-text.ts';
import { sleep } from '../../platform/timers.ts';
import type { AppContext } from '../cli-context.ts';

import { lookAtShop, type Sign, signs, type Trouble } from './look-at-shop.ts';
import type { QuickstartFolder } from './quickstart-folder.ts';
import type { RunningShop } from './running-shop.ts';

export interface Detection extends Trouble {
  /** From the strike until it was seen. */
  readonly afterMs: number;
}

const lookEveryMs = 50;
const detectMsMax = 10_000;

/**
 * Ends when everything was seen, or the time is over: then the damage to data must have been, while a process that
 * does not notice is for the caller to stop. Raises VERIFICATION_FAILED.
 */
export async function detect(
  { output, nowMs, signal }: AppContext,
  folder: QuickstartFolder,
  shop: RunningShop,
  expected: ReadonlyMap<string, string>,
  strikeMs: number,
): Promise<readonly Detection[]> {
  const seen = new Map<Sign, Detection>();
  while (seen.size < signs.length && nowMs() - strikeMs < detectMsMax) {
    for (const trouble of lookAtShop(folder, shop, expected)) {
      if (seen.has(trouble.sign)) continue;
      const detection = { ...trouble, afterMs: nowMs() - strikeMs };
      seen.set(trouble.sign, detection);
      await output.result(
        { type: 'detection', sign: trouble.sign, words: trouble.words, after_ms: detection.afterMs },
        `   seen after ${durationText(detection.afterMs).padEnd(7)} ${trouble.words}`,
      );
    }
    await sleep(lookEveryMs, signal);
  }
  if (seen.has('integrity') && seen.has('files')) return [...seen.values()];
  throw new LifeboatError('VERIFICATION_FAILED', 'the disaster was not noticed', {
    hint: 'Start the quickstart again; when it happens again, report what it printed.',
  });
}
