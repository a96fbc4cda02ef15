/** How each vault of a plan stands, from its records alone: what was done to it, what is owed, what is not known. Pure. */
import type { RunRecord } from '../../evidence/record.ts';
import type { RecordError } from '../../evidence/record-common.ts';
import { recoveryKeyProof } from '../../evidence/recovery-key-proof.ts';
import type { AuditRecord } from '../../evidence/vault-records.ts';
import { copyLagMs, lagText } from '../../objective/copy-lag.ts';
import { durationText } from '../../objective/duration-text.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { knownDamage, standingDamage } from '../../recovery-point/known-damage.ts';
import type { DeletionPause } from '../../recovery-point/suspicion.ts';
import { coveragePercent } from '../../vault/rolling-check.ts';
import { toldDamage } from '../damage-text.ts';
import { bytesText, plural } from '../quantity-text.ts';
import { decideCheck, lastRollingCheck } from '../run-due/owed-check.ts';
import { decidePrune, lastPruneRecord } from '../run-due/owed-prune.ts';
import { lastStoreRecord, whatIsWrong } from '../run-due/owed-store-check.ts';
import type { AssessedSystem } from './assess-plan.ts';
import { type Facet, facet } from './facet.ts';
import { isKeyFault, partFaultText } from './part-faults.ts';
import type { VaultHistory } from './plan-history.ts';
import { pointsFacet } from './points-facet.ts';

/** What is owed every day is late when it was owed for so long. */
const lateAfterMs = 2 * 86_400_000;

export interface VaultState {
  readonly vault: string;
  readonly role: string;
  readonly facets: readonly Facet[];
}

export interface VaultFacts {
  readonly vault: ResolvedVault;
  readonly history: VaultHistory;
  readonly systems: readonly AssessedSystem[];
  /** Of systems that have points there. */
  readonly pauses: readonly DeletionPause[];
  /** The plan gives up points of some system there. */
  readonly givesUp: boolean;
  readonly nowMs: number;
}

export function vaultState(facts: VaultFacts): VaultState {
  const { vault } = facts;
  const facets = [reading, pointsFacet, damage, copies, store, reread, deletion, immutable, key];
  const known = facets.flatMap((facet) => facet(facts)).map((each) => believable(each, facts));
  return { vault: vault.name, role: vault.role, facets: known };
}

/** Of a vault that this machine never read, or that cannot be read or believed now, nothing is fine. */
function believable(each: Facet, { history: { readAtMs, trouble }, nowMs }: VaultFacts): Facet {
  const isFine = each.status === 'ok' || (each.name === 'reread' && each.status === 'none');
  if (!isFine || (readAtMs !== undefined && trouble === undefined)) return each;
  if (readAtMs === undefined) return facet(each.name, 'unknown', 'was never read', each.fields);
  return facet(each.name, 'unknown', `${each.words}, as read ${ago(readAtMs, nowMs)}`, each.fields);
}

function reading({ history: { readAtMs, trouble } }: VaultFacts): readonly Facet[] {
  if (trouble !== undefined) return [facet('reading', 'failed', trouble.message, { code: trouble.code })];
  if (readAtMs === undefined) return [facet('reading', 'unknown', 'was never read', {})];
  return [];
}

/** Found by a check or a restore, and mended by nobody since. */
function damage({ history: { records, faults = [] }, nowMs }: VaultFacts): readonly Facet[] {
  const [seen] = faults.filter((fault) => !isKeyFault(fault));
  const told = toldDamage(standingDamage(records, nowMs));
  if (seen !== undefined) return [facet('damage', 'failed', partFaultText(seen), { object: seen.object })];
  if (told === undefined) return [];
  const { recordId, sinceMs } = told.shown;
  const fields = { record: recordId, since: isoText(sinceMs) };
  return [facet('damage', 'failed', told.text(ago(sinceMs, nowMs)), fields)];
}

function copies({ vault: { name }, history, systems, nowMs }: VaultFacts): readonly Facet[] {
  const lags = systems.flatMap((system) => system.copies.filter((lag) => lag.vault === name));
  if (lags.length === 0) return [];
  const owedPoints = lags.reduce((sum, lag) => sum + lag.owedPoints, 0);
  const lagMs = Math.max(...lags.map((lag) => copyLagMs(lag, nowMs)));
  const doubt = lags.find((lag) => lag.doubt !== undefined)?.doubt;
  if (doubt !== undefined) return [facet('copies', 'unknown', doubt, {})];
  const fields = { owed_points: owedPoints, lag_ms: lagMs };
  const [worst, ...others] = lags
    .filter((lag) => lag.owedPoints > 0)
    .toSorted((a, b) => copyLagMs(b, nowMs) - copyLagMs(a, nowMs));
  if (worst === undefined) return [nothingOwed(history, fields, nowMs)];
  const [failed] = [worst, ...others].flatMap((lag) => {
    const why = lastCopyFailure(history.records, lag.system);
    return why === undefined ? [] : [{ lag, why }];
  });
  if (failed !== undefined) {
    const { lag, why } = failed;
    const words = `${lag.system}: ${lagText(lag, nowMs)}; the last copy failed: ${why.message}`;
    const failure = { ...fields, last_failure: { code: why.code, message: why.message } };
    return [facet('copies', 'failed', words, failure)];
  }
  const isLate = systems.some(({ assessments }) =>
    assessments.some(
      ({ objective, vault, status }) =>
        objective.kind === 'copy-lag' && vault === name && status === 'breached',
    ),
  );
  return [facet('copies', isLate ? 'late' : 'owed', `${worst.system}: ${lagText(worst, nowMs)}`, fields)];
}

/** Of what is damaged, or of nothing at all, it is no comfort that no point is missing. */
function nothingOwed({ records, points: own }: VaultHistory, fields: Facet['fields'], nowMs: number): Facet {
  if (standingDamage(records, nowMs).some(({ isBeside }) => !isBeside))
    return facet('copies', 'unknown', 'lacks no point, but is damaged', fields);
  if (own.length === 0) return facet('copies', 'none', 'no point is owed to it', fields);
  return facet('copies', 'ok', 'has every point that it should have', fields);
}

/** Nothing when a copy came after it. */
function lastCopyFailure(records: readonly RunRecord[], system: string): RecordError | undefined {
  const last = records
    .filter((record) => record.type === 'copy' && record.system === system)
    .toSorted((a, b) => a.endMs - b.endMs)
    .at(-1);
  return last?.verdict === 'fail'
    ? (last.error ?? { code: 'COPY_INCOMPLETE', message: 'no reason is known' })
    : undefined;
}

function store({ history: { records }, nowMs }: VaultFacts): readonly Facet[] {
  const last = lastStoreRecord(records);
  if (last === undefined) return [facet('store', 'unknown', 'was never proved', {})];
  const fields = { verdict: last.verdict, proved_at: isoText(last.endMs) };
  if (last.verdict === 'fail') return [facet('store', 'failed', whatIsWrong(last), fields)];
  if (last.verdict !== 'pass') return [facet('store', 'unknown', whatIsWrong(last), fields)];
  const isLate = nowMs - last.endMs > lateAfterMs;
  return [facet('store', isLate ? 'late' : 'ok', `proved ${ago(last.endMs, nowMs)}`, fields)];
}

function reread({ history: { records }, nowMs }: VaultFacts): readonly Facet[] {
  const last = lastRollingCheck(records);
  const coverage = last?.coverage;
  const percent = coverage === undefined ? undefined : coveragePercent(coverage);
  const fields = {
    percent,
    within_ms: coverage?.withinMs,
    checked_at: last === undefined ? undefined : isoText(last.endMs),
  };
  const decision = decideCheck(records, nowMs);
  if (last === undefined || coverage === undefined) {
    if (decision.kind === 'check') return [facet('reread', 'unknown', 'no share was read back yet', fields)];
    const { dueMs } = decision;
    const words = dueMs === undefined ? 'nothing there to read' : `the first share is due ${dayText(dueMs)}`;
    return [facet('reread', 'none', words, fields)];
  }
  const isLate = decision.kind === 'check' && nowMs - decision.sinceMs > lateAfterMs;
  const words = `${percent}% read back within ${durationText(coverage.withinMs)}, last ${ago(last.endMs, nowMs)}`;
  return [facet('reread', isLate ? 'late' : decision.kind === 'check' ? 'owed' : 'ok', words, fields)];
}

function deletion(facts: VaultFacts): readonly Facet[] {
  const { vault, history, givesUp, nowMs } = facts;
  const last = lastPruneRecord(history.records);
  const removableAt = last?.removableAtMs;
  const fields = {
    pending_bytes: last?.bytesPending,
    removable_at: removableAt === undefined ? undefined : isoText(removableAt),
    pruned_at: last === undefined ? undefined : isoText(last.endMs),
  };
  const paused = pausedWords(facts, last !== undefined || givesUp);
  if (paused !== undefined) return [facet('deletion', 'failed', paused, fields)];
  if (vault.declared.append_only === true) {
    const words = 'this machine only adds; another one prunes';
    return [facet('deletion', 'none', words, fields)];
  }
  const pending =
    last === undefined || last.bytesPending === 0 || removableAt === undefined
      ? 'nothing is pending'
      : `${bytesText(last.bytesPending)} pending, next go ${dayText(removableAt)}`;
  const decision = decidePrune(history.records, givesUp, nowMs);
  if (decision.kind === 'nothing') {
    const words = last === undefined && !givesUp ? 'the plan gives nothing up' : pending;
    return [facet('deletion', last === undefined && !givesUp ? 'none' : 'ok', words, fields)];
  }
  const isLate = nowMs - decision.sinceMs > lateAfterMs;
  return [facet('deletion', isLate ? 'late' : 'owed', `${pending}; a prune is owed`, fields)];
}

/** Damage pauses what would be done here. */
function pausedWords({ vault, history, pauses, nowMs }: VaultFacts, isPruned: boolean): string | undefined {
  const [pause] = pauses;
  if (pause !== undefined) return `paused: ${pause.system} is suspicious`;
  if (!isPruned || vault.declared.append_only === true) return undefined;
  return knownDamage(history.records, nowMs).length === 0
    ? undefined
    : 'paused: damage is known and not mended';
}

function immutable({ vault: { declared }, history: { records }, nowMs }: VaultFacts): readonly Facet[] {
  const last = lastAudit(records);
  const untilMs = last?.immutableUntilMs;
  const fields = {
    until: untilMs === undefined ? undefined : isoText(untilMs),
    audited_at: last === undefined ? undefined : isoText(last.endMs),
    objects_without_retention: last?.objectsWithoutRetention,
  };
  if (last?.verdict === 'fail') {
    const words = `${plural(last.objectsWithoutRetention, 'object')} can be deleted, as an audit found`;
    return [facet('immutable', 'failed', words, fields)];
  }
  const isAsked = declared.immutability !== undefined && declared.immutability.mode !== 'offline';
  if (untilMs === undefined)
    return isAsked ? [facet('immutable', 'unknown', 'no audit has proved it', fields)] : [];
  if (untilMs <= nowMs)
    return [facet('immutable', 'late', `until ${dayText(untilMs)}, which is over`, fields)];
  return [
    facet('immutable', 'ok', `until ${dayText(untilMs)}, audited ${ago(last?.endMs ?? 0, nowMs)}`, fields),
  ];
}

function key({ history: { records, faults = [] }, nowMs }: VaultFacts): readonly Facet[] {
  const [gone] = faults.filter(isKeyFault);
  if (gone !== undefined) return [facet('key', 'failed', partFaultText(gone), { object: gone.object })];
  const proof = recoveryKeyProof(records, nowMs);
  switch (proof.kind) {
    case 'unknown':
      return [facet('key', 'unknown', 'nothing is known of its recovery key', {})];
    case 'no-key':
      return [facet('key', 'failed', 'it has no recovery key', {})];
    case 'never':
      return [facet('key', 'unknown', 'nobody has proved that the recovery key works', {})];
    case 'old':
    case 'proven': {
      const words = `recovery key tested ${ago(proof.atMs, nowMs)}`;
      return [facet('key', proof.kind === 'old' ? 'late' : 'ok', words, { tested_at: isoText(proof.atMs) })];
    }
  }
}

function lastAudit(records: readonly RunRecord[]): AuditRecord | undefined {
  return records
    .filter((record): record is AuditRecord => record.type === 'audit')
    .reduce<AuditRecord | undefined>(
      (last, record) => (last === undefined || record.endMs >= last.endMs ? record : last),
      undefined,
    );
}

function ago(atMs: number, nowMs: number): string {
  return `${durationText(Math.max(0, nowMs - atMs))} ago`;
}

function isoText(atMs: number): string {
  return new Date(atMs).toISOString();
}

function dayText(atMs: number): string {
  return isoText(atMs).slice(0, 10);
}
