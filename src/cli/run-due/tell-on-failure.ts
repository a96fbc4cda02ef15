/** Runs the plan's `on_failure` command for what a pass found. Its own failure is reported and ends nothing. */
import { runProgram } from '../../platform/child-process.ts';
import { withoutPasswords } from '../../platform/environment.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { knownError } from '../report-error.ts';
import { type Alarm, alarmKeptMs, decideAlarms } from './alarms.ts';
import { type Finding, redactFinding } from './finding.ts';
import type { PassVoice } from './pass-voice.ts';
import { changeMemory, loadMemory } from './run-memory.ts';

/** Longer ones would not fit the environment of a program. */
const messageLengthMax = 4096;

type AlarmKind = 'failure' | 'recovered';

/**
 * Alarms are remembered before the command runs: killed in between, one is lost for an hour, none runs without end.
 * What the command could not tell, because it failed itself, is told by the next pass, the end of an error too: its
 * alarm stays known until then. Not to be called again before it ended.
 */
export async function tellOnFailure(
  context: AppContext,
  session: PlanSession,
  voice: PassVoice,
  findings: readonly Finding[],
): Promise<void> {
  const planId = session.plan.metadata.id;
  const safe = findings.map((finding) => redactFinding(finding, context.output.redact));
  const known = loadMemory(planId).alarms;
  const { raise, recovered, alarms } = decideAlarms(safe, known, context.nowMs());
  if (raise.length === 0 && recovered.length === 0) return;
  await changeMemory(planId, (memory) => ({ ...memory, alarms }));
  const unheard = new Set<Alarm>();
  const stillKnown: Alarm[] = [];
  for (const alarm of recovered) {
    const told = await tell(context, session, voice, alarm, 'recovered');
    if (!told && context.nowMs() - alarm.raisedAtMs < alarmKeptMs) stillKnown.push(alarm);
  }
  for (const alarm of raise) {
    const told = await tell(context, session, voice, alarm, 'failure');
    if (!told) unheard.add(alarm);
  }
  if (unheard.size === 0 && stillKnown.length === 0) return;
  const heard = alarms.filter((alarm) => !unheard.has(alarm));
  await changeMemory(planId, (memory) => ({ ...memory, alarms: [...heard, ...stillKnown] }));
}

/** False when the command failed. */
async function tell(
  context: AppContext,
  session: PlanSession,
  voice: PassVoice,
  alarm: Alarm,
  kind: AlarmKind,
): Promise<boolean> {
  const { subject, code } = alarm;
  if (kind === 'recovered')
    await voice.say('recovered', { subject, code }, `recovered ${subject}: it is fine again`);
  const { onFailure } = session.plan;
  if (onFailure === undefined) return true;
  const trouble = await troubleOf(context, session, alarm, kind, onFailure);
  const words =
    trouble === undefined ? `told      on_failure: ${subject}` : `FAILED    on_failure: ${trouble}`;
  await voice.say('on_failure', { subject, code, event: kind, ok: trouble === undefined, trouble }, words);
  return trouble === undefined;
}

/** In words, when the command did not end with 0. What it printed may hold secrets and goes to standard error only. */
async function troubleOf(
  context: AppContext,
  session: PlanSession,
  alarm: Alarm,
  kind: AlarmKind,
  { command, timeoutMs }: { readonly command: string; readonly timeoutMs: number },
): Promise<string | undefined> {
  try {
    const result = await runProgram(
      { kind: 'shell', script: command },
      {
        folder: session.folder,
        environment: { ...withoutPasswords, ...alarmEnvironment(session.fileName, alarm, kind) },
        timeoutMs,
        stderr: 'inherit',
        signal: context.signal,
      },
    );
    if (result.timedOut) return 'the command did not end in time and was stopped';
    if (result.signal !== undefined) return `the command was ended by ${result.signal}`;
    return result.exitCode === 0 ? undefined : `the command ended with ${result.exitCode}`;
  } catch (error) {
    if (context.signal.aborted) throw error;
    return knownError(error).message;
  }
}

/** For people's scripts, documented in `docs/guides/unattended.md`. */
export function alarmEnvironment(
  planFile: string,
  alarm: Alarm,
  kind: AlarmKind,
): Readonly<Record<string, string>> {
  const recovered = kind === 'recovered';
  const message = recovered ? `${alarm.subject} is fine again; it was: ${alarm.message}` : alarm.message;
  return {
    LIFEBOAT_EVENT: kind,
    LIFEBOAT_PLAN: planFile,
    LIFEBOAT_SYSTEM: alarm.systems.join(','),
    LIFEBOAT_VAULT: alarm.vault ?? '',
    LIFEBOAT_ERROR_CODE: recovered ? 'RECOVERED' : alarm.code,
    LIFEBOAT_ERROR_MESSAGE: message.replaceAll('\0', ' ').slice(0, messageLengthMax),
  };
}
