/**
 * What the records of past runs measured, for the rules. Only runs that succeeded, of this plan and of each system as
 * it is now, count: a figure of another source would be worse than none.
 */
import type { BackupRecord, CopyRecord, RunRecord, VerifyRecord } from '../../evidence/record.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { systemHash } from '../system-hash.ts';
import type { Measure, PlanFacts, SystemMeasures } from './plan-facts.ts';

export interface RecordsOfVault {
  /** The vault's name in the plan. */
  readonly vault: string;
  readonly records: readonly RunRecord[];
}

/** The newest so many runs count: what was usual a year ago need not be so now. */
const runsMax = 100;
const dayMs = 24 * 60 * 60 * 1000;

/** Pure: the same records give the same facts, in whatever order they come. */
export function factsFromRecords(
  known: readonly RecordsOfVault[],
  plan: ResolvedPlan,
): Pick<PlanFacts, 'measured' | 'captureDurationsMs' | 'vaultBytes'> {
  const bySystem = recordsBySystem(known, plan.metadata.id);
  const measured = plan.systems.flatMap((system) => {
    const measures = measuresOf(system, bySystem.get(system.name) ?? []);
    return Object.keys(measures).length === 0 ? [] : [[system.name, measures] as const];
  });
  const medians = measured.flatMap(([name, { captureMedianMs }]) =>
    captureMedianMs === undefined ? [] : [[name, captureMedianMs.value] as const],
  );
  const sizes = known.flatMap(({ vault, records }) => vaultSize(vault, records));
  return {
    measured: Object.fromEntries(measured),
    captureDurationsMs: Object.fromEntries(medians),
    ...(sizes.length === 0 ? {} : { vaultBytes: Object.fromEntries(sizes) }),
  };
}

/** As the newest check counted it that reads the vault back share by share. */
function vaultSize(vault: string, records: readonly RunRecord[]): readonly (readonly [string, Measure])[] {
  const checks = records.filter(
    (record) => record.type === 'check' && record.coverage !== undefined && hasTimes(record),
  );
  const [last] = newest(checks);
  if (last?.type !== 'check' || last.coverage === undefined) return [];
  return [[vault, { value: last.coverage.ofBytes, from: originOf([last]) }]];
}

interface Capture {
  readonly vault: string;
  readonly record: BackupRecord | CopyRecord;
}

interface Proof {
  readonly record: VerifyRecord;
}

type Known = Capture | Proof;

function recordsBySystem(
  known: readonly RecordsOfVault[],
  planId: string,
): ReadonlyMap<string, readonly Known[]> {
  const found = known.flatMap(({ vault, records }) =>
    records.flatMap((record): readonly Known[] => {
      if (record.planId !== planId || record.verdict !== 'pass' || !hasTimes(record)) return [];
      if (record.type === 'backup' || record.type === 'copy') return [{ vault, record }];
      return record.type === 'verify' && record.restored ? [{ record }] : [];
    }),
  );
  return Map.groupBy(found, ({ record }) => record.system ?? '');
}

/** Numbers in a record may be anything; beyond these there is no date. */
function hasTimes({ startMs, endMs }: RunRecord): boolean {
  return [startMs, endMs].every((ms) => Math.abs(ms) <= 8.64e15);
}

function measuresOf(system: ResolvedSystem, known: readonly Known[]): SystemMeasures {
  if (known.length === 0) return {};
  const hash = systemHash(system);
  const now = known.filter(({ record }) => record.systemHash === hash);
  const captures = now.filter((each) => isCapture(each)).filter(({ vault }) => system.vaults.includes(vault));
  const proofs = now.flatMap(({ record }) => (record.type === 'verify' ? [record] : []));
  return { ...captureMeasures(system, captures), ...restoreMeasures(proofs), ...sizeMeasures(captures) };
}

function isCapture(known: Known): known is Capture {
  return known.record.type === 'backup' || known.record.type === 'copy';
}

function isBackup(record: BackupRecord | CopyRecord): record is BackupRecord {
  return record.type === 'backup';
}

/** The capture goes into the first vault; what comes into the others in the same run is a copy of it. */
function captureMeasures(system: ResolvedSystem, captures: readonly Capture[]): SystemMeasures {
  const firsts = newest(
    captures
      .filter(({ vault }) => vault === system.vaults[0])
      .map(({ record }) => record)
      .filter(isBackup),
  );
  const durations = firsts.map(({ startMs, endMs }) => Math.max(0, endMs - startMs));
  const [median, worst] = [medianOf(durations), durations.toSorted((a, b) => b - a)[0]];
  if (median === undefined || worst === undefined) return {};
  const from = originOf(firsts);
  const copies = system.vaults.slice(1).flatMap((vault) => copyMeasure(vault, firsts, captures));
  return {
    captureMedianMs: { value: median, from },
    captureWorstMs: { value: worst, from },
    ...(copies.length === 0 ? {} : { copyMs: Object.fromEntries(copies) }),
  };
}

/** From when the point was in the first vault until it was in this one, of runs that wrote both. */
function copyMeasure(
  vault: string,
  firsts: readonly BackupRecord[],
  captures: readonly Capture[],
): readonly (readonly [string, Measure])[] {
  const others = Map.groupBy(
    captures.filter((each) => each.vault === vault).map(({ record }) => record),
    ({ runId }) => runId,
  );
  const pairs = firsts.flatMap((first) => {
    // a run may also bring what the vault had missed before
    const other = others
      .get(first.runId)
      ?.find((each) => isBackup(each) || each.capturedAtMs === first.capturedAtMs);
    return other === undefined ? [] : [{ other, laterMs: Math.max(0, other.endMs - first.endMs) }];
  });
  const median = medianOf(pairs.map(({ laterMs }) => laterMs));
  if (median === undefined) return [];
  return [[vault, { value: median, from: originOf(pairs.map(({ other }) => other)) }]];
}

function restoreMeasures(all: readonly VerifyRecord[]): SystemMeasures {
  const proofs = newest(all);
  const [last] = proofs;
  const median = medianOf(proofs.map(({ restoreMs }) => restoreMs));
  if (last === undefined || median === undefined) return {};
  const from = originOf(proofs);
  const ofLast = originOf([last]);
  return {
    restoreLastMs: { value: last.restoreMs, from: ofLast },
    restoreMedianMs: { value: median, from },
    restoredBytes: { value: last.bytes, from: ofLast },
    ...(last.restoreMs > 0
      ? { restoreBytesPerSecond: { value: (last.bytes * 1000) / last.restoreMs, from: ofLast } }
      : {}),
  };
}

function sizeMeasures(captures: readonly Capture[]): SystemMeasures {
  const backups = newest(captures.map(({ record }) => record).filter(isBackup));
  const [last, first] = [backups[0], backups.at(-1)];
  if (last === undefined || first === undefined) return {};
  const spanMs = last.startMs - first.startMs;
  const size = { sourceBytes: { value: last.bytes, from: originOf([last]) } };
  // over hours a size goes up and down for reasons that say nothing about the next day
  if (spanMs < dayMs) return size;
  const growth = ((last.bytes - first.bytes) * dayMs) / spanMs;
  return { ...size, growthBytesPerDay: { value: growth, from: originOf(backups) } };
}

/** The newest first. */
function newest<T extends RunRecord>(records: readonly T[]): readonly T[] {
  return records
    .toSorted((left, right) => right.startMs - left.startMs || (left.id < right.id ? -1 : 1))
    .slice(0, runsMax);
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((left, right) => left - right);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : Math.round((low + high) / 2);
}

/** `measured: 12 runs since 2026-10-01`, a date in UTC. */
function originOf(records: readonly RunRecord[]): string {
  const sinceMs = Math.min(...records.map(({ startMs }) => startMs));
  const since = new Date(sinceMs).toISOString().slice(0, 10);
  return `measured: ${records.length} ${records.length === 1 ? 'run' : 'runs'} since ${since}`;
}
