import { alertThreshold } from './alert-threshold.ts';
import { archiveMove } from './archive-move.ts';
import { auditCoverage } from './audit-coverage.ts';
import { awayBehind } from './away-behind.ts';
import { breachNotice } from './breach-notice.ts';
import { breachOrder } from './breach-order.ts';
import { budgetSum } from './budget-sum.ts';
import { capturePrintsNothing } from './capture-prints-nothing.ts';
import { classSchedule } from './class-schedule.ts';
import { coldOnly } from './cold-only.ts';
import { commandCannotWork } from './command-cannot-work.ts';
import { commandPassword } from './command-password.ts';
import { contactGaps } from './contact-gaps.ts';
import { controlEvidence } from './control-evidence.ts';
import { copyTooLate } from './copy-too-late.ts';
import { detectionBudget } from './detection-budget.ts';
import { dnsBudget } from './dns-budget.ts';
import { drillCoverage } from './drill-coverage.ts';
import { dumpNotConsistent } from './dump-not-consistent.ts';
import { erasureAnswer } from './erasure-answer.ts';
import { escalationDeadEnd } from './escalation-dead-end.ts';
import { existenceIsNoProof } from './existence-is-no-proof.ts';
import { failoverSafety } from './failover-safety.ts';
import { healthProbe } from './health-probe.ts';
import { incrementalImpossible } from './incremental-impossible.ts';
import { inheritedObjective } from './inherited-objective.ts';
import { lifecycleArithmetic } from './lifecycle-arithmetic.ts';
import type { LintRule } from './lint-rule.ts';
import { lockOutlivesRetention } from './lock-outlives-retention.ts';
import { monitoringGaps } from './monitoring-gaps.ts';
import { neverPruned } from './never-pruned.ts';
import { noCheck } from './no-check.ts';
import { noObjective } from './no-objective.ts';
import { noWayBack } from './no-way-back.ts';
import { notExecuted } from './not-executed.ts';
import { notThere } from './not-there.ts';
import { outOfDate } from './out-of-date.ts';
import { phaseBudgetsRule } from './phase-budgets.ts';
import { pipeStatus } from './pipe-status.ts';
import { pitrBase } from './pitr-base.ts';
import { pitrProcedure } from './pitr-procedure.ts';
import { plainArtefact } from './plain-artefact.ts';
import { readinessClaim } from './readiness-claim.ts';
import { recoveryNeed } from './recovery-need.ts';
import { releaseMismatch } from './release-mismatch.ts';
import { replicaIsNoBackup } from './replica-is-no-backup.ts';
import { rereadTooSlow } from './reread-too-slow.ts';
import { restoreDeletes } from './restore-deletes.ts';
import { restoreInput } from './restore-input.ts';
import { restoreOrder, stopWithoutStart } from './restore-order.ts';
import { restoreUnseen } from './restore-unseen.ts';
import { retentionFloor } from './retention-floor.ts';
import { retentionGap } from './retention-gap.ts';
import { retentionLogs } from './retention-logs.ts';
import { retentionUpperBound } from './retention-upper-bound.ts';
import { rpoByLogs } from './rpo-by-logs.ts';
import { rpoSchedule } from './rpo-schedule.ts';
import { rpoZero } from './rpo-zero.ts';
import { rtoDependency } from './rto-dependency.ts';
import { rtoPath } from './rto-path.ts';
import { rtoRestoreTime } from './rto-restore-time.ts';
import { sameDisk } from './same-disk.ts';
import { scenarioOverride } from './scenario-override.ts';
import { scheduleContradiction } from './schedule-contradiction.ts';
import { scriptUnguarded } from './script-unguarded.ts';
import { secondVault } from './second-vault.ts';
import { spreadNotPaused } from './spread-not-paused.ts';
import { runbookCircle, stepOrder } from './step-order.ts';
import { approvalImpossible, repeatUnsafe, unknownAudience } from './step-people.ts';
import { threeTwoOne } from './three-two-one.ts';
import { unpackOverLive } from './unpack-over-live.ts';
import { zeroMargin } from './zero-margin.ts';

/** All rules, in the order of the reference. */
export const lintRules: readonly LintRule[] = [
  rpoZero,
  rpoSchedule,
  rpoByLogs,
  zeroMargin,
  awayBehind,
  classSchedule,
  inheritedObjective,
  scenarioOverride,
  rtoDependency,
  rtoPath,
  rtoRestoreTime,
  scheduleContradiction,
  incrementalImpossible,
  pitrBase,
  pitrProcedure,
  secondVault,
  sameDisk,
  noCheck,
  retentionGap,
  retentionFloor,
  retentionLogs,
  noObjective,
  commandPassword,
  pipeStatus,
  scriptUnguarded,
  dumpNotConsistent,
  plainArtefact,
  existenceIsNoProof,
  commandCannotWork,
  restoreInput,
  capturePrintsNothing,
  restoreDeletes,
  restoreUnseen,
  unpackOverLive,
  noWayBack,
  spreadNotPaused,
  breachOrder,
  releaseMismatch,
  stepOrder,
  runbookCircle,
  unknownAudience,
  approvalImpossible,
  repeatUnsafe,
  restoreOrder,
  stopWithoutStart,
  alertThreshold,
  healthProbe,
  phaseBudgetsRule,
  detectionBudget,
  dnsBudget,
  lifecycleArithmetic,
  retentionUpperBound,
  erasureAnswer,
  replicaIsNoBackup,
  threeTwoOne,
  coldOnly,
  archiveMove,
  neverPruned,
  lockOutlivesRetention,
  copyTooLate,
  rereadTooSlow,
  escalationDeadEnd,
  contactGaps,
  recoveryNeed,
  failoverSafety,
  monitoringGaps,
  drillCoverage,
  auditCoverage,
  controlEvidence,
  budgetSum,
  readinessClaim,
  breachNotice,
  outOfDate,
  notThere,
  notExecuted,
];

/** Rules by their id or number (`T12` is two rules), for `lint --explain`. Empty when there is none. */
export function findRules(idOrNumber: string): readonly LintRule[] {
  const wanted = idOrNumber.trim().toLowerCase();
  return lintRules.filter((rule) =>
    [rule.id, ...numbersOf(rule)].some((known) => known.toLowerCase() === wanted),
  );
}

/** All numbers by which people know a rule. */
export function numbersOf({ number, also }: LintRule): readonly string[] {
  return [...(number === undefined ? [] : [number]), ...(also ?? [])];
}

/** A rule in words, several lines; nothing when there is no such rule. */
export function explainRule(idOrNumber: string): string | undefined {
  const rules = findRules(idOrNumber);
  if (rules.length === 0) return undefined;
  return rules.map(explanationOf).join('\n\n');
}

function explanationOf(rule: LintRule): string {
  const numbers = numbersOf(rule);
  const number = numbers.length === 0 ? '' : ` (${numbers.join(', ')})`;
  return `${rule.id}${number}: ${rule.title} [${rule.severity}]\n\n${rule.explanation}\n\nFix: ${rule.fix}`;
}
