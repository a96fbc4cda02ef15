/** What the retention of a plan would keep and give up, in each of its vaults. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedSystem, ResolvedVault } from '../../plan/resolved-plan.ts';
import { type Holds, holdsFromRecords } from '../../recovery-point/holds.ts';
import { chooseKeptByAny, eitherKeeps, type KeepDecision } from '../../recovery-point/retention-choice.ts';
import { guardDecisions } from '../../recovery-point/retention-guard.ts';
import type { RetentionPolicy } from '../../recovery-point/retention-policy.ts';
import type { DeletionPause } from '../../recovery-point/suspicion.ts';
import type { Snapshot } from '../../repository/repository-types.ts';
import type { AppContext } from '../cli-context.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import { identityOf, type PlanSession } from '../plan/plan-session.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { awaitingArchive, keepAwaiting } from './await-archive.ts';
import { blindSpot } from './blind-spot.ts';
import { pausesOf, reaches } from './plan-pauses.ts';
import { policiesOf } from './plan-policies.ts';
import {
  goingIds,
  type Leftover,
  type RetentionGroup,
  type RetentionPreview,
  type VaultRetention,
} from './retention-preview.ts';
import { givenUp, isProvenPoint, isSoundPoint, type VaultPoint, vaultPoint } from './vault-point.ts';

export interface PlanRetentionRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  /** Of all vaults of the plan, read just now. */
  readonly histories: readonly VaultHistory[];
  readonly systems: readonly ResolvedSystem[];
  /** Only this one; default: all. */
  readonly vault?: string;
  /** In place of the plan's rules, given by a person for this one time. */
  readonly policy?: RetentionPolicy;
  /**
   * Asks no store, and so knows no time zone of snapshots that others wrote: good enough to know whether there is
   * anything to do.
   */
  readonly fromRecords?: boolean;
}

/** What stands against a vault or a system is in the preview; only an interruption and faults of a store are raised. */
export async function previewPlanRetention(
  context: AppContext,
  request: PlanRetentionRequest,
): Promise<RetentionPreview> {
  const { session, histories, vault: only } = request;
  const pauses = pausesOf(session, histories, context.nowMs());
  const proven = provenPlaces(histories);
  const vaults: VaultRetention[] = [];
  for (const vault of session.plan.vaults) {
    const history = histories.find((each) => each.vault === vault.name);
    if (history === undefined || (only !== undefined && vault.name !== only)) continue;
    const own = pauses.filter(({ system }) => reaches(session, history, system));
    const groups =
      history.trouble === undefined ? await groupsOf(context, request, vault, history, proven) : [];
    const refusal =
      refusalOf(vault, history, own) ?? blindSpot(session, histories, history) ?? appendOnly(vault, groups);
    const newPauses = own.filter(({ isNew }) => isNew);
    vaults.push({ vault: vault.name, groups, newPauses, ...(refusal === undefined ? {} : { refusal }) });
  }
  return { vaults, pauses };
}

function refusalOf(
  { name }: ResolvedVault,
  { trouble, isStale }: VaultHistory,
  pauses: readonly DeletionPause[],
): LifeboatError | undefined {
  if (trouble !== undefined) return isStale === true ? trouble : notBelieved(name, trouble);
  const [pause] = pauses;
  return pause === undefined ? undefined : paused(name, pause);
}

/** Where nothing would go, nobody needs to be told. */
function appendOnly(
  { name, declared }: ResolvedVault,
  groups: readonly RetentionGroup[],
): LifeboatError | undefined {
  if (declared.append_only !== true || groups.every((group) => goingIds(group).length === 0))
    return undefined;
  return new LifeboatError('STORE_APPEND_ONLY', `this machine only adds to the vault ${name}`, {
    hint: 'Apply its retention on the machine that may delete from it, where the plan does not say append_only.',
  });
}

function notBelieved(name: string, cause: LifeboatError): LifeboatError {
  return new LifeboatError(
    'VAULT_DAMAGED',
    `the records of the vault ${name} are damaged, so nobody knows what is held or proven there: ${cause.message}`,
    {
      hint: 'Find out who changed the vault. Nothing is given up in it until its records can be believed.',
      cause,
    },
  );
}

function paused(vault: string, { system, reason }: DeletionPause): LifeboatError {
  return new LifeboatError(
    'DELETION_PAUSED',
    `nothing is given up in ${vault}: ${system} is suspicious: ${reason}`,
    {
      hint:
        `Look at the newest backup of ${system}: is it what it should be? Then run ` +
        `\`lifeboat forget --clear-suspicion ${system} --why TEXT\`. Else restore a point from before.`,
      details: { system },
    },
  );
}

/** In which vaults each system has proven points; kept up to date while vaults are judged one after the other. */
type ProvenPlaces = Map<string, Set<string>>;

function provenPlaces(histories: readonly VaultHistory[]): ProvenPlaces {
  const places: ProvenPlaces = new Map();
  for (const { vault, points, isStale } of histories) {
    if (isStale === true) continue;
    for (const point of points) {
      if (!isProvenPoint(vaultPoint(point, undefined))) continue;
      const ofSystem = places.get(point.system) ?? new Set<string>();
      places.set(point.system, ofSystem.add(vault));
    }
  }
  return places;
}

async function groupsOf(
  context: AppContext,
  request: PlanRetentionRequest,
  vault: ResolvedVault,
  history: VaultHistory,
  proven: ProvenPlaces,
): Promise<readonly RetentionGroup[]> {
  const snapshots = request.fromRecords === true ? [] : await ownSnapshots(context, request, vault.name);
  const nowMs = context.nowMs();
  const judge = { request, vault, history, snapshots, proven, nowMs };
  const holds = holdsFromRecords(history.records, nowMs, snapshots);
  return request.systems.map((system) => groupOf(judge, system, holds));
}

async function ownSnapshots(
  { signal }: AppContext,
  { vaults, session }: PlanRetentionRequest,
  vault: string,
): Promise<readonly Snapshot[]> {
  const { repository } = await vaults.open(vault);
  return await repository.snapshots({ tags: [`plan:${session.plan.metadata.id}`] }, signal);
}

interface Judging {
  readonly request: PlanRetentionRequest;
  readonly vault: ResolvedVault;
  readonly history: VaultHistory;
  readonly snapshots: readonly Snapshot[];
  readonly proven: ProvenPlaces;
  readonly nowMs: number;
}

function groupOf(judging: Judging, system: ResolvedSystem, holds: Holds): RetentionGroup {
  const { request, vault, history, snapshots, proven, nowMs } = judging;
  const byId = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]));
  const points = history.points
    .filter((point) => point.system === system.name)
    .map((point) => vaultPoint(point, byId.get(point.snapshotId)));
  const policies = request.policy === undefined ? policiesOf(system, vault) : [request.policy];
  const places = proven.get(system.name) ?? new Set<string>();
  const isProvenElsewhere = [...places].some((name) => name !== vault.name);
  const waiting =
    request.policy === undefined
      ? awaitingArchive(request.session.plan, system, request.histories, nowMs)
      : new Map<number, string>();
  const guarded = guardDecisions(keepAwaiting(judged(points, policies, nowMs), waiting), {
    holdsOf: ({ id, point }) => (point === undefined ? [] : holds(point.vault, id)),
    isProven: isProvenPoint,
    isProvenElsewhere,
    isByHand: request.policy !== undefined,
  });
  const { decisions } = guarded;
  const isProvenHere = decisions.some(({ kept, point }) => kept && isProvenPoint(point));
  const leftovers = leftoversOf(judging, system.name, holds);
  // a record alone, which whoever may add to the vault can write, must not be enough to empty it
  const isLast = leftovers.length > 0 && !isProvenHere && !isProvenElsewhere;
  const refusal = guarded.refusal ?? (isLast ? 'what was given up there may be all that is left' : undefined);
  if (refusal === undefined && !isProvenHere) places.delete(vault.name);
  return {
    title: system.name,
    system: identityOf(system),
    decisions,
    leftovers,
    ...(refusal === undefined ? {} : { refusal: refused(system.name, vault.name, refusal) }),
  };
}

/**
 * What is incomplete, damaged or dated ahead takes the place of nothing that is sound: besides what the rules keep of
 * all points,
 * they keep what they would keep were there only sound ones.
 */
function judged(
  points: readonly VaultPoint[],
  policies: readonly RetentionPolicy[],
  nowMs: number,
): readonly KeepDecision<VaultPoint>[] {
  const ofAll = chooseKeptByAny(points, policies, nowMs);
  const sound = points.filter((point) => isSoundPoint(point, nowMs));
  if (sound.length === points.length) return ofAll;
  const ofSound = new Map(chooseKeptByAny(sound, policies, nowMs).map((each) => [each.point.id, each]));
  return ofAll.map((decision) => {
    const alone = ofSound.get(decision.point.id);
    return alone === undefined ? decision : eitherKeeps(decision, alone);
  });
}

/** What an earlier run gave up in the records, and was cut off before it had deleted it. */
function leftoversOf(judging: Judging, system: string, holds: Holds): readonly Leftover[] {
  const { request, history, snapshots } = judging;
  const gone = givenUp(history.records);
  const vaultId = history.records[0]?.vault ?? '';
  const left =
    request.fromRecords === true
      ? recordedLeftovers(history, system)
      : snapshots.filter(({ tags = [], id }) => gone.has(id) && tags.includes(`system:${system}`));
  return left
    .filter(({ id }) => holds(vaultId, id).length === 0)
    .map(({ id, timeMs }) => ({ id, timeMs, reason: 'given up before, and not yet deleted' }));
}

function recordedLeftovers(
  { records, snapshotIds = [] }: VaultHistory,
  system: string,
): readonly Pick<Leftover, 'id' | 'timeMs'>[] {
  const gone = givenUp(records.filter((record) => record.system === system));
  return snapshotIds.filter((id) => gone.has(id)).map((id) => ({ id, timeMs: 0 }));
}

function refused(system: string, vault: string, why: string): LifeboatError {
  return new LifeboatError('RETENTION_REFUSED', `nothing of ${system} is given up in ${vault}: ${why}`, {
    hint: `Run \`lifeboat verify ${system}\` to prove a newer point, or keep more.`,
    details: { system, vault },
  });
}
