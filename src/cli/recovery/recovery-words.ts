/** How a recovery is told of, before and after. */
import type { RecoveryFacts } from '../../evidence/recovery-facts.ts';
import { durationText } from '../../objective/duration-text.ts';
import { describeMoment } from '../../recovery-point/parse-moment.ts';
import type { RestoreOutcome } from '../../restore/apply-restore.ts';
import type { RestorePreview } from '../../restore/preview-restore.ts';
import type { RecoveredCopy } from '../../restore/recovery-engine.ts';
import { bytesText } from '../quantity-text.ts';
import type { RecoveryEstimate } from './estimate-recovery.ts';
import type { RecoveryPlan } from './plan-recovery.ts';

export function plannedLines(
  { chosen, logVaults }: RecoveryPlan,
  preview: Pick<RestorePreview, 'capturedAtMs'>,
  estimate: RecoveryEstimate,
  timeZone: string,
): readonly string[] {
  const from = logVaults.length === 0 ? 'the copy itself' : logVaults.join(', ');
  return [
    `  from   the state of ${describeMoment(preview.capturedAtMs, timeZone)}, brought forward by its log`,
    `  until  ${chosen.target} on ${chosen.branch}`,
    `  log    ${bytesText(chosen.logBytes)} at most, ${chosen.from} to ${chosen.to}, from ${from}`,
    `  takes  ${estimateText(estimate)}`,
  ];
}

export function plannedFields({ chosen, logVaults }: RecoveryPlan, estimate: RecoveryEstimate) {
  return {
    target: chosen.target,
    branch: chosen.branch,
    from: chosen.from,
    to: chosen.to,
    log_bytes: chosen.logBytes,
    log_vaults: logVaults,
    estimate_ms: estimate.kind === 'known' ? estimate.ms : null,
  };
}

function estimateText(estimate: RecoveryEstimate): string {
  return estimate.kind === 'known'
    ? `about ${durationText(estimate.ms)}, as fast as the last ${estimate.since}`
    : 'a time that nobody knows: no recovery of it was measured yet';
}

export function recoveredLines(
  { facts, openWith, files }: RecoveredCopy,
  { fetchMs = 0 }: Pick<RestoreOutcome, 'fetchMs'>,
  timeZone: string,
): readonly string[] {
  const { lastTransactionAtMs: lastMs } = facts;
  const last = lastMs === undefined ? '' : `; its last transaction ended ${describeMoment(lastMs, timeZone)}`;
  return [
    `  until  ${facts.target}: the server says "${facts.proof}"`,
    `  stands at ${facts.replayedTo} of ${facts.branch}${last}`,
    `  took   ${phasesText(facts, fetchMs)}`,
    ...(files === undefined
      ? copyLines(openWith)
      : files.map(
          ({ path, bytes, form }) => `  file   ${path}, ${bytesText(bytes)}: ${forms[form] ?? form}`,
        )),
  ];
}

const forms: Readonly<Record<string, string>> = {
  sql: 'psql --file reads it',
  custom: 'pg_restore reads it',
  csv: 'comma-separated values, for there is no pg_dump of this version here',
};

function copyLines(openWith: readonly string[]): readonly string[] {
  return [
    '  The copy is stopped and isolated: no archiving, no standbys, no jobs, no door but a socket of its own.',
    ...openWith.map((line, at) => `  ${at === 0 ? 'look ' : '     '}  ${line}`),
    '  `lifeboat promote DIR` gives it its own settings back, for production.',
  ];
}

export function recoveredFields(
  { facts, data, openWith, files }: RecoveredCopy,
  { fetchMs = 0 }: Pick<RestoreOutcome, 'fetchMs'>,
) {
  return { ...factsFields(facts, fetchMs), data, open_with: openWith, ...(files && { files }) };
}

export function phasesText({ layOutMs, replayMs, openMs, logBytes }: RecoveryFacts, fetchMs: number): string {
  const replayed = `${durationText(replayMs)} to replay ${bytesText(logBytes)}`;
  return `${durationText(fetchMs)} to fetch, ${durationText(layOutMs)} to lay out, ${replayed}, ${durationText(openMs)} to open`;
}

/** `fetchMs`: until the files of the base were back. */
export function factsFields(facts: RecoveryFacts, fetchMs: number) {
  return {
    target: facts.target,
    branch: facts.branch,
    replayed_to: facts.replayedTo,
    last_transaction_at:
      facts.lastTransactionAtMs === undefined ? null : new Date(facts.lastTransactionAtMs).toISOString(),
    proof: facts.proof,
    log_bytes: facts.logBytes,
    phases: {
      fetch_ms: fetchMs,
      lay_out_ms: facts.layOutMs,
      replay_ms: facts.replayMs,
      open_ms: facts.openMs,
    },
  };
}
