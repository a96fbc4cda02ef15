/** Tells another machine that all is well, so that silence raises the alarm there. Only called after a good pass. */
import { resolveSecret } from '../../config/resolve-secret.ts';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { sleep, withTimeout } from '../../platform/timers.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { knownError } from '../report-error.ts';
import type { PassVoice } from './pass-voice.ts';

const timeoutMs = 10_000;
/** Waits before the second and the third try; there is no fourth. */
const pausesMs = [500, 2000] as const;

/** Failures are said and end nothing: the silence itself is the alarm. The address is a secret and is never said. */
export async function callDeadMan(
  context: AppContext,
  session: PlanSession,
  voice: PassVoice,
): Promise<void> {
  const { deadManUrl } = session.plan;
  if (deadManUrl === undefined) return;
  try {
    const place = { folder: session.folder, signal: context.signal };
    const url = deadManUrl.kind === 'literal' ? deadManUrl.value : await resolveSecret(deadManUrl, place);
    context.output.hide(url);
    await callUntilHeard(url.trim(), context.signal);
    await voice.say('dead_man', { ok: true }, 'told      dead_man_url: all is well');
  } catch (error) {
    if (context.signal.aborted) throw error;
    const { message } = knownError(error);
    await voice.say('dead_man', { ok: false, message }, `FAILED    dead_man_url: ${message}`);
  }
}

async function callUntilHeard(url: string, signal: AbortSignal): Promise<void> {
  for (const pauseMs of pausesMs) {
    const trouble = await callOnce(url, signal);
    if (trouble === undefined) return;
    await sleep(pauseMs, signal);
  }
  const trouble = await callOnce(url, signal);
  if (trouble === undefined) return;
  throw new LifeboatError(
    'COMMAND_FAILED',
    `the address was called ${pausesMs.length + 1} times: ${trouble}`,
    {
      hint: 'Check that it is right and that this machine may reach it.',
      retryable: true,
    },
  );
}

/** What went wrong, without the address; `undefined` when it answered that it heard. */
async function callOnce(url: string, signal: AbortSignal): Promise<string | undefined> {
  if (!/^https?:\/\//i.test(url)) return 'it is no http or https address';
  const timeoutError = () => new Error('no answer in time');
  try {
    const status = await withTimeout({ timeoutMs, timeoutError, signal }, async (inTime) => {
      const response = await fetch(url, { signal: inTime, headers: { 'user-agent': 'lifeboat' } });
      await response.body?.cancel();
      return response.status;
    });
    return status >= 200 && status < 300 ? undefined : `it answered ${status}`;
  } catch (error) {
    if (signal.aborted) throw error;
    return reasonOf(error);
  }
}

/** The words of the network's own errors name the address; their codes do not. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = systemErrorName(cause) ?? systemErrorName(error);
  if (code !== undefined) return code;
  return error instanceof Error && error.message === 'no answer in time'
    ? error.message
    : 'it cannot be called';
}
