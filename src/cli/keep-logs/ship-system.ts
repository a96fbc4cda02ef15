/** Ships the log of one system as its plan says, until the signal. */
import { keepEvidence } from '../../log-shipping/keep-evidence.ts';
import { shipLog } from '../../log-shipping/ship-log.ts';
import type { ShippingEvent, ShippingMode, ShippingStatus } from '../../log-shipping/shipping.ts';
import { readStatus, writeStatus } from '../../log-shipping/status-file.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { ShippedLog } from '../../plan/shipped-log.ts';
import { monotonicMs } from '../../platform/clock.ts';
import type { AppContext } from '../cli-context.ts';
import { newRun } from '../plan/new-run.ts';
import { identityOf, type PlanSession } from '../plan/plan-session.ts';
import { planStateFolder } from '../run-due/run-memory.ts';
import { openLogVaults } from './log-vaults.ts';

export interface ShipSystemOptions {
  readonly session: PlanSession;
  readonly system: ResolvedSystem;
  readonly shipped: ShippedLog;
  readonly tell: (event: ShippingEvent) => void;
  readonly report: (status: ShippingStatus) => void;
  readonly signal: AbortSignal;
}

/** Raises what reading the secrets of the connection raises, and faults of ours. */
export async function shipSystem(context: AppContext, options: ShipSystemOptions): Promise<void> {
  const { session, system, shipped, signal } = options;
  const { logs } = shipped;
  await using vaults = openLogVaults(context, session);
  const folder = planStateFolder(session.plan.metadata.id);
  const before = readStatus(folder, system.name)?.incarnation;
  const source = await context.adapters.logs.source(system, shipped.source, {
    folder: session.folder,
    planId: session.plan.metadata.id,
    signal,
    hide: context.output.hide,
    note: (words) => context.output.warn(words),
    ...(before === undefined ? {} : { before }),
  });
  let status: ShippingStatus | undefined;
  await using evidence = keepEvidence({
    run: newRun(context, session, 'schedule'),
    system: identityOf(system),
    vaultCount: shipped.vaults.length,
    vaults: () => vaults.opened(shipped.vaults),
    incarnation: () => status?.incarnation,
    warn: (words) => context.output.warn(words),
  });
  const warn = once(() =>
    context.output.warn(`how the log of ${system.name} stands cannot be written down: is the disk full?`),
  );
  const write = statusWriter(folder);
  await shipLog(
    {
      ...{ system: system.name, source, mode: modeOf(logs), maxLagMs: logs.max_lag },
      vaults: shipped.vaults.map((name) => ({
        name,
        archive: async (incarnation) => (await vaults.open(name)).log({ system: system.name, incarnation }),
      })),
      copies: copiesOf(shipped),
      heartbeatMs: heartbeatOf(system, logs.heartbeat),
      timing: { countMs: countEvery(system) },
      engine: await context.adapters.logs.engine(),
      clock: { nowMs: context.nowMs, monotonicMs },
      tell: (event) => {
        evidence.tell(event);
        options.tell(event);
      },
      report: async (now) => {
        status = now;
        options.report(now);
        // which cluster it was is not forgotten while another one answers
        const known = now.incarnation === undefined && before !== undefined ? { incarnation: before } : {};
        await write({ ...now, ...known }).catch(() => warn());
      },
    },
    signal,
  );
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}

type Logs = ShippedLog['logs'];

function modeOf({ acknowledged, when_unreachable: decision }: Logs): ShippingMode {
  if (acknowledged !== 'before-commit') return { kind: 'async' };
  return typeof decision === 'object'
    ? { kind: 'sync', degradeAfterMs: decision.degrade_after }
    : { kind: 'sync' };
}

/** Without commits that wait, one durable copy lets the server delete its own. */
function copiesOf({ logs, vaults }: ShippedLog): number {
  return logs.acknowledged === 'before-commit' ? (logs.copies ?? vaults.length) : vaults.length;
}

const heartbeatMsMin = 1000;

/** Often enough to measure the RPO: what cannot be seen in time cannot be called met. */
function heartbeatOf({ objectives }: ResolvedSystem, plannedMs: number): number {
  const rpoMs = objectives.rpo?.valueMs;
  if (rpoMs === undefined || rpoMs === 0) return plannedMs;
  return Math.max(heartbeatMsMin, Math.min(plannedMs, rpoMs / 4));
}

const countMsMin = 30_000;
const countMsMax = 600_000;

/** A vault that lost a piece is noticed within the RPO; where that is long, lists are not to cost much. */
function countEvery({ objectives }: ResolvedSystem): number {
  return Math.max(countMsMin, Math.min(countMsMax, (objectives.rpo?.valueMs ?? countMsMax) / 2));
}

/** What did not change is written now and then, so that its reader sees that we are alive. */
const sameAgainMs = 3000;

function statusWriter(folder: string): (status: ShippingStatus) => Promise<void> {
  let writtenAtMs = Number.NEGATIVE_INFINITY;
  let written = '';
  return async (status) => {
    const now = newsOf(status);
    const nowMs = monotonicMs();
    if (now === written && nowMs - writtenAtMs < sameAgainMs) return;
    await writeStatus(folder, status);
    writtenAtMs = nowMs;
    written = now;
  };
}

function newsOf({ state, isProtected, branch, vaults, problem }: ShippingStatus): string {
  const lanes = vaults.map((lane) => [lane.state, lane.error?.code, lane.unbroken?.length]);
  return JSON.stringify([state, isProtected, branch, lanes, problem?.code]);
}
