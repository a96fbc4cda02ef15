/**
 * Brings every vault of one system what it is owed from the others: round by round, each from the vault it is a copy
 * of where that one can give it, else from any that can. Several vaults that need the same source are served by one
 * reading of it. A source that fails, or has not all of a point whole, is left aside and the next one is tried.
 */

import { requireRecords } from '../../backup/backup-system.ts';
import { copyPoints } from '../../copy/copy-points.ts';
import type { CopiedPoint, PointRecord, VaultCopies } from '../../copy/copy-request.ts';
import { recordFailedCopy } from '../../copy/record-failed-copy.ts';
import { defined } from '../../error/assert.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { type CopyRoute, copyRoute, type RoutedVault } from '../../plan/copy-route.ts';
import type { ResolvedSystem, ResolvedVault } from '../../plan/resolved-plan.ts';
import { cacheDirectory } from '../../platform/environment.ts';
import type { OwedCopy } from '../../recovery-point/owed-copies.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanRun } from './new-run.ts';
import { owedInPlan } from './owed-in-plan.ts';
import { type VaultHistory, vaultHistory } from './plan-history.ts';
import type { PlanSession } from './plan-session.ts';
import type { PlanVaults } from './plan-vaults.ts';
import { savePlan } from './save-plan.ts';

export interface CopySystemRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly run: PlanRun;
  /** Only from this vault. */
  readonly from?: string;
  /** Only into these. */
  readonly into?: readonly string[];
  /** Not into these. */
  readonly except?: readonly string[];
  /** Just these points, whatever retention says. */
  readonly asked?: (point: RecoveryPoint) => boolean;
}

/** What became of one vault. */
export interface SystemCopy {
  readonly system: string;
  readonly vault: string;
  /** The vaults that gave something. */
  readonly from: readonly string[];
  readonly copied: readonly CopiedPoint[];
  /** How many points were given up where they were to be copied from, while this was under way. */
  readonly gone: number;
  readonly bytesStored: number;
  readonly error?: LifeboatError;
}

/** One for each vault that was owed something or cannot be used; nothing for those that have all. */
export async function copySystem(
  context: AppContext,
  request: CopySystemRequest,
  system: ResolvedSystem,
): Promise<readonly SystemCopy[]> {
  const work = await beginWork(context, request, system);
  for (let round = 0; round < roundsMax(work); round++) {
    const next = nextOrders(work);
    const [first] = next;
    if (first === undefined) break;
    await copyOrders(
      work,
      first.from,
      next.filter(({ from }) => from === first.from),
    );
  }
  await recordFailures(work);
  const isNews = ({ copied, gone, error }: End) => copied.length + gone > 0 || error !== undefined;
  return work.ends.filter(isNews).map(endOf);
}

/** Each round ends with a vault served or a source left aside. */
function roundsMax({ route }: Work): number {
  return (route.vaults.length + 1) ** 2 * 2;
}

interface Work {
  readonly context: AppContext;
  readonly request: CopySystemRequest;
  readonly system: ResolvedSystem;
  readonly route: CopyRoute;
  readonly histories: Map<string, VaultHistory>;
  readonly ends: readonly End[];
  /** Sources that raised, and why. */
  readonly failedSources: Map<string, LifeboatError>;
  /** Points that a source has not whole, and why: by `pairKey`. */
  readonly damaged: Map<string, LifeboatError>;
}

interface End {
  readonly system: string;
  readonly target: RoutedVault;
  readonly from: Set<string>;
  readonly copied: CopiedPoint[];
  gone: number;
  bytesStored: number;
  error: LifeboatError | undefined;
  /** Why a point could not come from a vault; it may still come from another one. */
  setback: LifeboatError | undefined;
  /** What was tried last, where no record tells of it yet. */
  untold: Attempt | undefined;
}

interface Attempt {
  readonly point: PointRecord;
  readonly startMs: number;
}

interface Order {
  readonly end: End;
  readonly from: string;
  readonly owed: readonly OwedCopy[];
}

async function beginWork(
  context: AppContext,
  request: CopySystemRequest,
  system: ResolvedSystem,
): Promise<Work> {
  const { session, vaults, into, except } = request;
  const route = copyRoute(session.plan, system);
  const histories = new Map<string, VaultHistory>();
  for (const { name } of route.vaults)
    histories.set(name, await vaultHistory(context, session, vaults, vaultOf(session, name)));
  const targets = route.vaults.filter(
    ({ name }) => into?.includes(name) !== false && except?.includes(name) !== true && name !== request.from,
  );
  const ends = targets.map((target): End => {
    const error = histories.get(target.name)?.trouble;
    return {
      system: system.name,
      target,
      from: new Set(),
      copied: [],
      gone: 0,
      bytesStored: 0,
      error,
      setback: undefined,
      untold: undefined,
    };
  });
  return { context, request, system, route, histories, ends, failedSources: new Map(), damaged: new Map() };
}

function nextOrders(work: Work): readonly Order[] {
  const orders = work.ends.flatMap((end) => orderOf(work, end));
  // what is a copy of a vault that is to be served in this very work waits for it, if anything else is left to do
  const waiting = new Set(orders.map(({ end }) => end.target.name));
  const ready = orders.filter(
    ({ end, from }) => end.target.filledBy === from || !waiting.has(end.target.filledBy ?? ''),
  );
  return ready.length > 0 ? ready : orders;
}

function orderOf(work: Work, end: End): readonly Order[] {
  if (end.error !== undefined) return [];
  const owed = owedNow(work, end.target);
  const from = owed.at(-1)?.from;
  if (from !== undefined) return [{ end, from, owed: owed.filter((copy) => copy.from === from) }];
  end.error = end.setback !== undefined && isStillOwed(work, end.target) ? end.setback : undefined;
  return [];
}

function owedNow(work: Work, target: RoutedVault): readonly OwedCopy[] {
  const { failedSources, damaged } = work;
  const sources = sourcesOf(work)
    .filter(({ vault }) => !failedSources.has(vault))
    .map((history) => ({
      ...history,
      points: history.points.filter((point) => !damaged.has(pairKey(history.vault, point))),
    }));
  return owedFrom(work, target, sources);
}

/** Whether it lacks anything that some source has, though not one that can give it now. */
function isStillOwed(work: Work, target: RoutedVault): boolean {
  return owedFrom(work, target, sourcesOf(work)).length > 0;
}

function owedFrom(work: Work, { name }: RoutedVault, sources: readonly VaultHistory[]): readonly OwedCopy[] {
  const { request, system, histories, context } = work;
  return owedInPlan({
    plan: request.session.plan,
    system,
    target: defined(histories.get(name), 'history of a vault on the route'),
    histories: sources,
    nowMs: context.nowMs(),
    ...(request.asked === undefined ? {} : { asked: request.asked }),
  });
}

function sourcesOf({ request, histories }: Work): readonly VaultHistory[] {
  return [...histories.values()].filter(
    ({ vault, trouble }) => trouble === undefined && (request.from ?? vault) === vault,
  );
}

async function copyOrders(work: Work, from: string, orders: readonly Order[]): Promise<void> {
  const { context, request, system } = work;
  const ready = (await Promise.all(orders.map((order) => openTarget(work, order)))).flat();
  if (ready.length === 0) return;
  const names = ready.map(({ order }) => order.end.target.name).join(', ');
  for (const { order } of ready) order.end.untold = attemptOf(work, order);
  using progress = context.output.progress(`${system.name}: ${from} → ${names}`);
  try {
    const { vaults } = await copyPoints({
      run: request.run,
      from: await request.vaults.open(from),
      to: ready.map(({ vault, order }) => ({
        vault,
        points: order.owed.map(({ point }) => recordOf(work, from, point)),
      })),
      cacheDirectory: cacheDirectory(),
      progress: (state) => progress.report(state),
      signal: context.signal,
    });
    for (const [at, { order }] of ready.entries()) await take(work, order, vaults[at]);
    if (vaults.some(({ gone }) => gone.length > 0)) work.histories.set(from, await historyNow(work, from));
  } catch (error) {
    const failure = knownFailure(context, error);
    work.failedSources.set(from, failure);
    for (const { order } of ready) order.end.setback = failure;
  }
}

/** Nothing when the target cannot be used; then it is its own failure and not the source's. */
async function openTarget(
  { context, request }: Work,
  order: Order,
): Promise<readonly { readonly order: Order; readonly vault: Vault }[]> {
  const { session, vaults, run } = request;
  try {
    const vault = await vaults.open(order.end.target.name);
    requireRecords(vault);
    await savePlan(session, vault, run);
    return [{ order, vault }];
  } catch (error) {
    order.end.error = knownFailure(context, error);
    return [];
  }
}

/** What the vault says about its records now, and what could not be copied. */
async function take(work: Work, { end, from, owed }: Order, copies: VaultCopies | undefined): Promise<void> {
  if (copies === undefined) return;
  end.copied.push(...copies.copied);
  end.bytesStored += copies.bytesStored;
  end.gone += copies.gone.length;
  if (copies.copied.length > 0) end.from.add(from);
  const there = new Set(copies.copied.map(({ record }) => record.capturedAtMs));
  for (const { point } of owed)
    if (!there.has(point.capturedAtMs)) {
      const why = copies.failed.find(({ details }) => details['snapshot'] === point.snapshotId);
      if (why !== undefined) work.damaged.set(pairKey(from, point), why);
    }
  end.setback = copies.failed[0] ?? end.setback;
  if (isToldOf(end, copies)) end.untold = undefined;
  const history = await historyNow(work, end.target.name);
  work.histories.set(end.target.name, history);
  end.error = copies.error ?? history.trouble;
}

async function historyNow({ context, request }: Work, vault: string): Promise<VaultHistory> {
  const { session, vaults } = request;
  return await vaultHistory(context, session, vaults, vaultOf(session, vault));
}

function attemptOf(work: Work, { from, owed }: Order): Attempt | undefined {
  const newest = owed.at(-1)?.point;
  if (newest === undefined) return undefined;
  return { point: recordOf(work, from, newest), startMs: work.context.nowMs() };
}

/** Of points that came, and of those that were not whole, there are records; a store that is not there takes none. */
function isToldOf({ untold }: End, { copied, error }: VaultCopies): boolean {
  if (error === undefined || isAway(error)) return true;
  return copied.some(({ record }) => record.capturedAtMs === untold?.point.capturedAtMs);
}

/** It was asked again and again already. */
function isAway(error: LifeboatError): boolean {
  return error.retryable && hasCode(error, 'STORE_UNAVAILABLE');
}

/** So that a vault which can still be written tells why it lacks what it lacks. */
async function recordFailures({ context, request, ends }: Work): Promise<void> {
  for (const { target, error, untold } of ends) {
    if (error === undefined || untold === undefined) continue;
    const vault = await request.vaults.open(target.name);
    await recordFailedCopy({ ...untold, run: request.run, vault, error, signal: context.signal });
    // `status` lives on what this machine read last
    await vaultHistory(context, request.session, request.vaults, vaultOf(request.session, target.name));
  }
}

function recordOf({ histories }: Work, from: string, point: RecoveryPoint): PointRecord {
  const records = histories.get(from)?.records ?? [];
  for (const record of records.toReversed()) {
    if (record.type !== 'backup' && record.type !== 'copy') continue;
    const { snapshotId } = record;
    if (snapshotId !== undefined && snapshotId === point.snapshotId) return { ...record, snapshotId };
  }
  return defined<PointRecord>(undefined, 'the record of a recovery point');
}

function endOf({ system, target, from, copied, gone, bytesStored, error }: End): SystemCopy {
  return {
    system,
    vault: target.name,
    from: [...from],
    copied,
    gone,
    bytesStored,
    ...(error === undefined ? {} : { error }),
  };
}

function pairKey(vault: string, point: RecoveryPoint): string {
  return `${vault} ${point.snapshotId}`;
}

function vaultOf({ plan }: PlanSession, name: string): ResolvedVault {
  return defined(
    plan.vaults.find((vault) => vault.name === name),
    'a vault of the plan',
  );
}

/** Raised again: interruptions and faults of the program. */
function knownFailure(context: AppContext, error: unknown): LifeboatError {
  if (context.signal.aborted || !(error instanceof LifeboatError) || hasCode(error, 'ASSERTION', 'INTERNAL'))
    throw error;
  return error;
}
