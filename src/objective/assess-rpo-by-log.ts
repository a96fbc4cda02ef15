/** An RPO held by the log of a system: how far what can be recovered is behind, whatever the age of the newest point. */
import { durationText } from './duration-text.ts';
import type { LogFacts } from './log-facts.ts';
import type { Assessment } from './objective.ts';

type Finding = Pick<Assessment, 'status' | 'reason' | 'measuredMs' | 'nextAction'>;

/** From this share of the target on an objective is at risk. */
const atRiskShare = 0.8;

/** `ageOf` gives `undefined` for a time in the future. */
export function assessRpoByLog(
  targetMs: number,
  { system, log }: { readonly system: string; readonly log: LogFacts },
  ageOf: (atMs: number) => number | undefined,
): Finding {
  const { trouble, vault, untilMs } = log;
  const nextAction = trouble?.nextAction ?? `lifeboat log status ${system}`;
  if (log.isProtected) {
    const reason = 'each commit waits until its log is durable in the vaults';
    if (trouble === undefined) return { status: 'met', measuredMs: 0, reason };
    // what is wrong now may be what makes commits wait for ever, or no longer
    return { status: 'at-risk', measuredMs: 0, reason: `${reason}, but ${trouble.reason}`, nextAction };
  }
  if (untilMs === undefined)
    return { status: 'unknown', reason: trouble?.reason ?? 'nothing is known of its log', nextAction };
  const measuredMs = ageOf(untilMs);
  if (measuredMs === undefined)
    return {
      status: 'unknown',
      reason: 'the end of its log lies in the future: a clock was set back or is wrong',
      nextAction,
    };
  const behind = `its log in ${vault ?? 'the vaults'} is ${durationText(measuredMs)} behind`;
  const why = trouble === undefined ? '' : `: ${trouble.reason}`;
  if (measuredMs > targetMs)
    return {
      status: 'breached',
      measuredMs,
      reason: `${behind} against ${durationText(targetMs)}${why}`,
      nextAction,
    };
  const isAtRisk = trouble !== undefined || measuredMs > atRiskShare * targetMs;
  if (isAtRisk) return { status: 'at-risk', measuredMs, reason: `${behind}${why}`, nextAction };
  return { status: 'met', measuredMs, reason: behind };
}
