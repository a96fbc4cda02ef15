import { formatDuration } from '../duration.ts';
import { isCapturedSource } from '../resolve-source.ts';
import type { Objective, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { shippedLog } from '../shipped-log.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { logWatchesOf } from './log-watch.ts';
import { leftInWords, reliedOn } from './relied-lines.ts';
import { type SystemLoss, systemLoss } from './system-loss.ts';
import { objectivePlace, systemPlace } from './system-place.ts';
import type { LossSum } from './worst-loss.ts';

/** Of an RPO of zero `rpo-zero` speaks. */
export const rpoByLogs: LintRule = {
  id: 'rpo-by-logs',
  number: 'T5',
  also: ['T6'],
  severity: 'error',
  title: 'the RPO holds only while the log is alive',
  explanation:
    'The schedule alone cannot meet the RPO; it holds as long as the continuous log keeps up, and for not a minute longer. ' +
    'So the lag of the log must be smaller than the RPO, and somebody must be told before it is not.',
  fix: 'Set "logs.max_lag" below the RPO, and add an alert "log-lag" with a threshold below it or without one.',
  check: (plan, facts) =>
    plan.systems.flatMap((system) => {
      const { rpo } = system.objectives;
      if (rpo === undefined || rpo.valueMs === 0 || system.source === undefined) return [];
      const { relied, left } = reliedOn(system);
      const loss = systemLoss(plan, relied, facts);
      const byLogs = loss.withLogs;
      if (byLogs === undefined || !byLogs.terms.some(({ kind }) => kind === 'log lag')) return [];
      if (loss.withoutLogs !== undefined && loss.withoutLogs.totalMs <= rpo.valueMs) return [];
      return [hitOf(plan, { system, rpo, byLogs, loss, left })];
    }),
};

interface Rest {
  readonly system: ResolvedSystem;
  readonly rpo: Objective;
  readonly byLogs: LossSum;
  readonly loss: SystemLoss;
  /** Names of lines that nothing may rest on. */
  readonly left: readonly string[];
}

function hitOf(plan: ResolvedPlan, rest: Rest): LintHit {
  const { system, rpo, byLogs } = rest;
  if (byLogs.totalMs > rpo.valueMs) return tooFarBehind(rest);
  if (system.logs === undefined) return onlyReplica(rest);
  if (system.logs.acknowledged === 'before-commit') return selfWatched(rest);
  const watches = logWatchesOf(plan, system.name).filter(
    ({ measure }) => measure === 'log-lag' || system.logs?.method === 'replication',
  );
  const early = watches.find(({ aboveMs }) => aboveMs === undefined || aboveMs < rpo.valueMs);
  if (early !== undefined) return watched(rest, `the alert ${early.alert}`);
  const [late] = watches;
  // `lifeboat up` itself tells when the log it keeps is behind
  if (plan.onFailure !== undefined && isKept(rest)) return watched(rest, 'on_failure');
  if (late?.aboveMs === undefined) return unwatched(rest);
  return {
    at: ['alerts', late.alert],
    onKey: true,
    severity: 'warning',
    message:
      `${holdsBy(rest)}, but the alert ${late.alert} is raised only at ${formatDuration(late.aboveMs)}, ` +
      `when the RPO of ${formatDuration(rpo.valueMs)} does not hold any more`,
    suggestion: 'leave out "above": it is then computed from the RPO',
    ...objectivePlace(rpo, 'the RPO'),
  };
}

function tooFarBehind({ system, rpo, byLogs }: Rest): LintHit {
  return {
    at: systemPlace(system.name, 'logs', 'max_lag'),
    message:
      `${byLogs.arithmetic}, ${formatDuration(byLogs.totalMs - rpo.valueMs)} more than the RPO of ` +
      `${formatDuration(rpo.valueMs)} of ${system.name}`,
    suggestion: `allow at most ${formatDuration(rpo.valueMs)}, better half of it`,
    ...objectivePlace(rpo, 'the RPO'),
  };
}

function unwatched(rest: Rest): LintHit {
  return {
    at: systemPlace(rest.system.name, 'logs'),
    onKey: true,
    severity: 'warning',
    message: `${holdsBy(rest)}, and no alert watches how far it is behind`,
    suggestion: isKept(rest) ? 'set "on_failure"' : 'add an alert "log-lag" for it',
    ...objectivePlace(rest.rpo, 'the RPO'),
  };
}

/** A log that stops stops the commits, so that nobody has to be told for the RPO to hold. */
function selfWatched(rest: Rest): LintHit {
  return isKept(rest) ? heldByLog(rest, '') : notKeptYet(rest, '');
}

function watched(rest: Rest, by: string): LintHit {
  return isKept(rest) ? heldByLog(rest, `, watched by ${by}`) : notKeptYet(rest, `, watched by ${by}`);
}

function isKept({ system }: Rest): boolean {
  return shippedLog(system) !== undefined;
}

function heldByLog(rest: Rest, watchedBy: string): LintHit {
  return {
    at: systemPlace(rest.system.name, 'logs'),
    onKey: true,
    severity: 'info',
    message: `${holdsBy(rest)}${watchedBy}`,
    ...objectivePlace(rest.rpo, 'the RPO'),
  };
}

/**
 * What is promised holds by the plan; that this version does not keep the log yet must not be forgotten. It weighs more
 * where the backups are taken already, for all else then looks as if the RPO were kept.
 */
function notKeptYet(rest: Rest, watchedBy: string): LintHit {
  const { system, rpo } = rest;
  const isCaptured = system.source !== undefined && isCapturedSource(system.source);
  const then = isCaptured
    ? 'this version does not keep that log, so today it does not hold'
    : 'until a later version keeps that log, rely on the schedule alone';
  return {
    at: systemPlace(system.name, 'logs'),
    onKey: true,
    severity: isCaptured ? 'warning' : 'info',
    message: `${holdsBy(rest)}${watchedBy}; ${then}`,
    ...(isCaptured ? { suggestion: 'run more often until a later version keeps that log' } : {}),
    ...objectivePlace(rpo, 'the RPO'),
  };
}

function onlyReplica(rest: Rest): LintHit {
  const { system, rpo } = rest;
  return {
    at: systemPlace(system.name, 'replication'),
    onKey: true,
    severity: 'warning',
    message:
      `only the replica holds the RPO of ${formatDuration(rpo.valueMs)} of ${system.name}, and it follows damage and ` +
      `deletion at once; against these: ${withoutLogs(rest)}`,
    suggestion: 'keep the log of the database as well ("logs"), or run more often',
    ...objectivePlace(rpo, 'the RPO'),
  };
}

function holdsBy(rest: Rest): string {
  const { system, rpo, byLogs } = rest;
  return (
    `the RPO of ${formatDuration(rpo.valueMs)} of ${system.name} holds only while its log is alive ` +
    `(${byLogs.arithmetic}); without it: ${withoutLogs(rest)}`
  );
}

function withoutLogs({ system, loss, left }: Rest): string {
  if (loss.withoutLogs !== undefined) return `${loss.withoutLogs.arithmetic}${leftInWords(left)}`;
  return system.schedules.length === 0 ? 'nothing is backed up' : 'only runs on an event';
}
