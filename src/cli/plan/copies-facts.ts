/** What the rule 3-2-1-1-0 needs to know of a system, from the records of its vaults and from this machine. */

import type { RunRecord } from '../../evidence/record.ts';
import type { CopyPlaceFacts, Evidence, ThreeTwoOneFacts } from '../../objective/three-two-one.ts';
import { copyRoute } from '../../plan/copy-route.ts';
import type { PlanFacts } from '../../plan/lint/plan-facts.ts';
import type { ResolvedPlan, ResolvedSystem, ResolvedVault } from '../../plan/resolved-plan.ts';
import { newestProven } from '../../recovery-point/choose-point.ts';
import { standingDamage } from '../../recovery-point/known-damage.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { VaultHistory } from './plan-history.ts';

export function copiesFacts(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  histories: readonly VaultHistory[],
  { vaultDevices = {}, sourceDevices = {} }: PlanFacts,
  nowMs: number,
): ThreeTwoOneFacts {
  const route = copyRoute(plan, system).vaults;
  const own = route.flatMap(({ name }) => histories.filter(({ vault }) => vault === name));
  const ageMsMax = system.objectives.rpo?.valueMs;
  const lateMs = Math.max(0, ...route.map(({ copyWithinMs }) => copyWithinMs ?? 0));
  const devices = sourceDevices[system.name] ?? [];
  const lastCapture = lastCaptureOf(system.name, own);
  return {
    system: system.name,
    ...(ageMsMax === undefined ? {} : { ageMsMax: ageMsMax + lateMs }),
    ...(devices.length === 1 && devices[0] !== undefined ? { productionDevice: devices[0] } : {}),
    ...(lastCapture === undefined ? {} : { lastCapture }),
    places: own.flatMap((history) => {
      const vault = plan.vaults.find(({ name }) => name === history.vault);
      return vault === undefined
        ? []
        : [placeOf(system, vault, history, { device: vaultDevices[vault.name], nowMs })];
    }),
  };
}

function placeOf(
  system: ResolvedSystem,
  vault: ResolvedVault,
  history: VaultHistory,
  { device: folderDevice, nowMs }: { readonly device: string | undefined; readonly nowMs: number },
): CopyPlaceFacts {
  const points = history.points.filter((point) => point.system === system.name);
  const newest = newestProven(points, 'checked');
  const device =
    folderDevice ?? vault.declared.provider ?? (vault.store === 'folder' ? undefined : vault.store);
  return {
    vault: vault.name,
    medium: vault.declared.medium ?? (vault.store === 'folder' ? 'disk' : 'object-store'),
    ...(device === undefined ? {} : { device }),
    isOffSite: vault.offSite,
    isAtOwnSite: system.site !== undefined && vault.declared.site === system.site,
    ...(history.trouble === undefined ? {} : { doubt: history.trouble.message }),
    ...(newest?.proof.checked === undefined
      ? {}
      : {
          newest: {
            capturedAtMs: newest.capturedAtMs,
            evidence: {
              vault: vault.name,
              recordId: newest.proof.checked.recordId,
              atMs: newest.proof.checked.atMs,
            },
          },
        }),
    ...immutableOf(vault.name, history.records),
    ...verdictsOf(vault.name, system.name, history.records, points),
    ...damageOf(vault.name, history.records, nowMs),
  };
}

/** An audit that failed after one that passed takes the proof away again. */
function immutableOf(vault: string, records: readonly RunRecord[]): Pick<CopyPlaceFacts, 'immutable'> {
  const last = newestOf(records.filter((record) => record.type === 'audit'));
  if (last?.type !== 'audit' || last.verdict !== 'pass' || last.immutableUntilMs === undefined) return {};
  return { immutable: { untilMs: last.immutableUntilMs, evidence: evidenceOf(vault, last) } };
}

/** Damage that nothing has shown to be mended is the last word, whatever was read back since. */
function damageOf(
  vault: string,
  records: readonly RunRecord[],
  nowMs: number,
): Pick<CopyPlaceFacts, 'lastVerdict'> {
  const [found] = standingDamage(records, nowMs);
  if (found === undefined) return {};
  const { recordId, sinceMs: atMs } = found;
  return { lastVerdict: { isGood: false, evidence: { vault, recordId, atMs } } };
}

function verdictsOf(
  vault: string,
  system: string,
  records: readonly RunRecord[],
  points: readonly RecoveryPoint[],
): Pick<CopyPlaceFacts, 'lastVerdict' | 'lastRestore'> {
  const last = newestOf(
    records.filter(
      (record) =>
        // what lies in an archive class and was not read is no verdict
        (record.type === 'check' && record.verdict !== 'inconclusive') ||
        (record.type === 'verify' && record.system === system),
    ),
  );
  const failure = points.findLast((point) => point.failure !== undefined)?.failure;
  const restored = newestProven(points, 'approved')?.proof.approved;
  return {
    ...(last === undefined
      ? {}
      : {
          lastVerdict: {
            isGood: last.verdict === 'pass' && failure === undefined,
            evidence:
              failure === undefined
                ? evidenceOf(vault, last)
                : { vault, recordId: failure.recordId, atMs: failure.atMs },
          },
        }),
    ...(restored === undefined
      ? {}
      : { lastRestore: { evidence: { vault, recordId: restored.recordId, atMs: restored.atMs } } }),
  };
}

function lastCaptureOf(system: string, histories: readonly VaultHistory[]): Evidence | undefined {
  const captures = histories.flatMap(({ vault, records }) =>
    records
      .filter((record) => record.type === 'backup' && record.system === system && record.verdict === 'pass')
      .map((record) => evidenceOf(vault, record)),
  );
  return captures.toSorted((a, b) => a.atMs - b.atMs).at(-1);
}

function newestOf(records: readonly RunRecord[]): RunRecord | undefined {
  return records.toSorted((a, b) => a.endMs - b.endMs).at(-1);
}

function evidenceOf(vault: string, { id, endMs }: RunRecord): Evidence {
  return { vault, recordId: id, atMs: endMs };
}
