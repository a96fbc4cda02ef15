/**
 * Keeps the logs of a plan on their way into the vaults, beside the passes of `lifeboat up`: one receiver for each
 * system, replaced when the plan says otherwise, begun again when it cannot even begin.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ShippingEvent } from '../../log-shipping/shipping.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { type ShippedLog, shippedLog } from '../../plan/shipped-log.ts';
import { sleep } from '../../platform/timers.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { knownError } from '../report-error.ts';
import type { Finding } from '../run-due/finding.ts';
import { type KeptLog, keptLogFindings, noteEvent } from './kept-log.ts';
import { tellLogEvent } from './log-voice.ts';
import { shipSystem } from './ship-system.ts';

export interface LogKeeping extends AsyncDisposable {
  /** Keeps what this plan names, and nothing else. */
  follow(session: PlanSession): Promise<void>;
  findings(): readonly Finding[];
  /** True once after something happened that a base backup must answer. */
  wantsPass(): boolean;
  /** Resolves when each log comes, or is known not to; at the latest after a while. */
  settled(): Promise<void>;
}

interface Keeper {
  readonly kept: KeptLog;
  /** Of all that its receiver depends on. */
  readonly planned: string;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export function keepLogs(context: AppContext): LogKeeping {
  const keepers = new Map<string, Keeper>();
  const wants = { pass: false };
  const end = async (names: readonly string[]): Promise<void> => {
    const ending = names.flatMap((name) => keepers.get(name) ?? []);
    for (const { stop } of ending)
      stop.abort(new LifeboatError('INTERRUPTED', 'the log is not kept any more'));
    for (const name of names) keepers.delete(name);
    await Promise.all(ending.map(({ done }) => done));
  };
  return {
    async follow(session) {
      const wanted = wantedLogs(session);
      const isOther = (name: string) => keepers.get(name)?.planned !== wanted.get(name)?.planned;
      await end([...keepers.keys()].filter(isOther));
      for (const [name, log] of wanted)
        if (!keepers.has(name)) keepers.set(name, startKeeper(context, session, log, wants));
    },
    findings: () => [...keepers.values()].flatMap(({ kept }) => keptLogFindings(kept, context.nowMs())),
    wantsPass() {
      const wanted = wants.pass;
      wants.pass = false;
      return wanted;
    },
    settled: () => settled([...keepers.values()], context.signal),
    [Symbol.asyncDispose]: () => end([...keepers.keys()]),
  };
}

interface WantedLog {
  readonly system: ResolvedSystem;
  readonly shipped: ShippedLog;
  readonly planned: string;
}

function wantedLogs({ plan, folder }: PlanSession): ReadonlyMap<string, WantedLog> {
  return new Map(
    plan.systems.flatMap((system) => {
      const shipped = shippedLog(system);
      if (shipped === undefined) return [];
      const vaults = plan.vaults.filter(({ name }) => shipped.vaults.includes(name));
      const planned = JSON.stringify([folder, shipped, vaults, system.objectives.rpo]);
      return [[system.name, { system, shipped, planned }] as const];
    }),
  );
}

function startKeeper(
  context: AppContext,
  session: PlanSession,
  { system, shipped, planned }: WantedLog,
  wants: { pass: boolean },
): Keeper {
  const stop = new AbortController();
  const startedAtMs = context.nowMs();
  const kept: KeptLog = {
    ...{ system: system.name, shipped, graceMs: graceOf(system, shipped), startedAtMs },
    ...{ failure: undefined, status: undefined, silentSinceMs: startedAtMs, alarms: [] },
  };
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const work: ReceiverWork = { session, system, shipped, kept, wants, signal };
  return { kept, planned, stop, done: keepReceiving(context, work) };
}

/** How long nothing may come before that is told: early enough to act before the RPO is breached. */
function graceOf({ objectives }: ResolvedSystem, { logs }: ShippedLog): number {
  const rpoMs = objectives.rpo?.valueMs;
  if (logs.acknowledged === 'before-commit' || rpoMs === 0) return graceMsMin;
  return Math.max(graceMsMin, Math.min(logs.max_lag, rpoMs === undefined ? logs.max_lag : rpoMs / 2));
}

const graceMsMin = 10_000;

interface ReceiverWork {
  readonly session: PlanSession;
  readonly system: ResolvedSystem;
  readonly shipped: ShippedLog;
  readonly kept: KeptLog;
  readonly wants: { pass: boolean };
  readonly signal: AbortSignal;
}

const beginAgainMs = 30_000;
/** A password may have been changed in the place that the plan names: it is read again after so long. */
const refusedMsMax = 60_000;

/** Until the signal. What cannot begin is begun again. */
async function keepReceiving(context: AppContext, work: ReceiverWork): Promise<void> {
  const { kept, signal } = work;
  while (!signal.aborted) {
    try {
      await receive(context, work);
      kept.failure = undefined;
    } catch (error) {
      if (signal.aborted) return;
      kept.failure = knownError(error);
    }
    await sleep(kept.failure === undefined ? 0 : beginAgainMs, signal).catch(() => undefined);
  }
}

async function receive(context: AppContext, work: ReceiverWork): Promise<void> {
  const { session, system, shipped, kept, wants, signal } = work;
  const again = new AbortController();
  const place = await context.adapters.logs.position();
  await shipSystem(context, {
    ...{ session, system, shipped, signal: AbortSignal.any([signal, again.signal]) },
    tell: (event) => {
      noteEvent(kept, event, place);
      wants.pass ||= needsBackup(event);
      void tellLogEvent(context, session, system.name, event, place);
    },
    report: (status) => {
      kept.failure = undefined;
      kept.status = status;
      if (isRefused(kept, context.nowMs())) again.abort(new LifeboatError('INTERRUPTED', 'begun again'));
    },
  });
}

/** What the log cannot bridge. */
function needsBackup({ kind }: ShippingEvent): boolean {
  return kind === 'gap' || kind === 'diverged' || kind === 'finding';
}

function isRefused({ status, silentSinceMs }: KeptLog, nowMs: number): boolean {
  if (status?.problem?.code !== 'SOURCE_DENIED' || silentSinceMs === undefined) return false;
  return nowMs - silentSinceMs > refusedMsMax;
}

const settledMsMax = 15_000;
const lookMs = 50;

/** So that the first backup begins after its log is held. */
async function settled(keepers: readonly Keeper[], signal: AbortSignal): Promise<void> {
  const isSettled = ({ kept }: Keeper): boolean =>
    kept.failure !== undefined || kept.silentSinceMs === undefined || kept.status?.problem !== undefined;
  for (let waitedMs = 0; waitedMs < settledMsMax && !keepers.every(isSettled); waitedMs += lookMs)
    await sleep(lookMs, signal);
}
