/** Which findings are told to the `on_failure` command: each error at most once an hour, and its end. Pure. */
import type { Finding } from './finding.ts';

/** The same error of the same subject is told again only after this. */
export const alarmAgainAfterMs = 60 * 60_000;

/** An alarm whose subject no pass has judged for so long (its system is gone from the plan) is dropped in silence; so is an end that could not be told. */
export const alarmKeptMs = 7 * 86_400_000;

/** One pass tells no more; what is left over is told by the next one. */
export const alarmsPerPassMax = 20;

/** An error that was told and is not over. */
export interface Alarm {
  readonly subject: string;
  readonly code: string;
  readonly message: string;
  readonly systems: readonly string[];
  readonly vault?: string;
  readonly raisedAtMs: number;
}

export interface AlarmDecision {
  readonly raise: readonly Alarm[];
  /** The newest alarm of each subject that is fine now. */
  readonly recovered: readonly Alarm[];
  /** What is to be remembered when all of these were told. */
  readonly alarms: readonly Alarm[];
}

/** A subject without a finding was not judged: its alarms stay, for nothing is known of it. */
export function decideAlarms(
  findings: readonly Finding[],
  known: readonly Alarm[],
  nowMs: number,
): AlarmDecision {
  const raise = findings.flatMap((finding) => newAlarm(finding, known, nowMs)).slice(0, alarmsPerPassMax);
  const fine = new Set(findings.filter(({ error }) => error === undefined).map(({ subject }) => subject));
  const over = known.filter(({ subject }) => fine.has(subject));
  const recovered = new Map(
    over.toSorted((a, b) => a.raisedAtMs - b.raisedAtMs).map((alarm) => [alarm.subject, alarm]),
  );
  const kept = known.filter(
    (alarm) =>
      !fine.has(alarm.subject) &&
      nowMs - alarm.raisedAtMs < alarmKeptMs &&
      !raise.some(({ subject, code }) => subject === alarm.subject && code === alarm.code),
  );
  return { raise, recovered: [...recovered.values()], alarms: [...kept, ...raise] };
}

function newAlarm(finding: Finding, known: readonly Alarm[], nowMs: number): readonly Alarm[] {
  const { subject, systems, vault, error } = finding;
  if (error === undefined) return [];
  const { code, message } = error;
  if (finding.isToldOnce === true && known.some((alarm) => alarm.subject === subject)) return [];
  const before = known.find((alarm) => alarm.subject === subject && alarm.code === code);
  // A time in the future was written by a clock that was wrong.
  const ageMs = before === undefined ? Number.POSITIVE_INFINITY : nowMs - before.raisedAtMs;
  if (ageMs >= 0 && ageMs < alarmAgainAfterMs) return [];
  return [{ subject, code, message, systems, ...(vault === undefined ? {} : { vault }), raisedAtMs: nowMs }];
}
