/** Removes from a vault the log that no point needs any more, in any vault of the plan. */

import type { LogRecord } from '../../evidence/log-record.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { sharedFields } from '../../evidence/run-context.ts';
import type { OpenLog } from '../../log-archive/open-log-archive.ts';
import { positionHex } from '../../log-archive/piece-key.ts';
import { type BranchPart, type Lineages, logNeeds, pointsKeptFor } from '../../recovery-point/log-needs.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanRun } from '../plan/new-run.ts';
import type { VaultHistory } from '../plan/plan-history.ts';

export interface TrimLogsRequest {
  readonly run: PlanRun;
  readonly vault: Vault;
  /** Of all vaults of the plan: a point in one can be brought forward with the log of another. */
  readonly histories: readonly VaultHistory[];
  /** For how long the plan keeps the log of each system: milliseconds. Absent: as long as a point needs it. */
  readonly keepMs?: ReadonlyMap<string, number>;
}

/** Bytes that went. Nothing goes while a vault of the plan cannot be read: nobody knows which points lie there. */
export async function trimLogs(context: AppContext, request: TrimLogsRequest): Promise<number> {
  const { vault, histories, keepMs } = request;
  if (histories.some(({ trouble, isStale }) => trouble !== undefined || isStale === true)) return 0;
  const points = histories.flatMap(({ points: counted, doubtful = [] }) => [...counted, ...doubtful]);
  let bytes = 0;
  for (const name of await vault.logs(context.signal)) {
    const own = points.filter(({ system }) => system === name.system);
    const keep = keepMs?.get(name.system);
    bytes += await trimOne(context, request, vault.log(name), own, keep);
  }
  return bytes;
}

async function trimOne(
  context: AppContext,
  { run, vault }: TrimLogsRequest,
  log: OpenLog,
  points: readonly RecoveryPoint[],
  keepMs: number | undefined,
): Promise<number> {
  const { signal, nowMs } = context;
  const startMs = nowMs();
  const lineages = await lineagesOf(context, log);
  const kept = keepMs === undefined ? points : pointsKeptFor(points, startMs - keepMs, lineages);
  const needs = logNeeds(kept, log.incarnation, lineages);
  const preview = await log.previewTrim(needs, signal);
  if (preview.pieces.length === 0) return 0;
  const { bytes, deleted } = await log.trim(preview, signal);
  if (deleted === 0) return 0;
  for (const { branch, keptFrom } of preview.branches) {
    const record: LogRecord = {
      type: 'log',
      ...sharedFields(run, vault.id),
      ...recordTimes(startMs, nowMs()),
      ...{ system: log.system, verdict: 'pass', event: 'trimmed', incarnation: log.incarnation, branch },
      ...(keptFrom === undefined ? {} : { toPosition: positionHex(keptFrom) }),
    };
    await vault.append(record);
  }
  return bytes;
}

async function lineagesOf({ adapters, signal }: AppContext, log: OpenLog): Promise<Lineages> {
  const engine = await adapters.logs.engine();
  const lineages = new Map<string, readonly BranchPart[]>();
  for (const branch of await log.branches(signal))
    lineages.set(branch, engine.lineage(branch, await log.history(branch, signal)));
  return lineages;
}
