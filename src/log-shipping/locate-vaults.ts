/** Looks at every vault at once; one that cannot be reached keeps no other from going on. */
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { withTimeout } from '../platform/timers.ts';
import type { LogIdentity, LogPosition } from '../source/log-source.ts';
import { type LaneBegin, locateLane } from './locate-lane.ts';
import type { LineagePart, ShippingVault, VaultLog } from './shipping.ts';
import { type Shipping, tell, tellOnce } from './shipping-state.ts';
import { createLane, type Lane } from './vault-lane.ts';

export interface Located {
  readonly vault: string;
  readonly archive: VaultLog;
  readonly begin: LaneBegin;
}

const lookMsMax = 30_000;

/** Those that could be asked. Raises the last error when none could. */
export async function locateVaults(
  shipping: Shipping,
  identity: LogIdentity,
  lineage: readonly LineagePart[],
  signal: AbortSignal,
): Promise<readonly Located[]> {
  shipping.without.clear();
  const looks = shipping.options.vaults.map((vault) => locate(shipping, vault, identity, lineage, signal));
  const located = (await Promise.all(looks)).filter((found) => found !== undefined);
  const [failure] = shipping.without.values();
  if (located.length === 0 && failure !== undefined) throw failure.error;
  return located;
}

async function locate(
  shipping: Shipping,
  { name, archive: archiveOf }: ShippingVault,
  identity: LogIdentity,
  lineage: readonly LineagePart[],
  signal: AbortSignal,
): Promise<Located | undefined> {
  const limit = { timeoutMs: lookMsMax, timeoutError: () => tooSlow(name), signal };
  try {
    const { archive, coverages } = await withTimeout(limit, async (own) => {
      const opened = await archiveOf(identity.incarnation, own);
      return { archive: opened, coverages: await opened.coverage(own) };
    });
    const begin = locateLane(coverages, lineage, identity.flushed);
    tellDiverged(shipping, name, begin);
    const isAhead = begin.diverged.some((span) => span.branch === identity.branch);
    if (!isAhead) return { vault: name, archive, begin };
    throw ahead(shipping, name);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LifeboatError)) throw error;
    const sinceMs = shipping.without.get(name)?.sinceMs ?? shipping.options.clock.monotonicMs();
    shipping.without.set(name, { sinceMs, error });
    tellOnce(shipping, `without ${name} ${error.code}`, {
      ...{ kind: 'away', vault: name, code: error.code, message: error.message },
    });
    return undefined;
  }
}

function tellDiverged(shipping: Shipping, vault: string, { diverged }: LaneBegin): void {
  for (const { branch, start, end } of diverged)
    tellOnce(shipping, `diverged ${vault} ${branch} ${start}`, {
      ...{ kind: 'diverged', vault, from: { branch, at: start }, to: { branch, at: end } },
    });
}

export interface LaneFacts {
  readonly begin: LogPosition;
  readonly lineage: readonly LineagePart[];
  readonly history: Uint8Array | undefined;
}

/** With the history of the branch in each vault before its first piece. */
export async function lanesOf(
  shipping: Shipping,
  located: readonly Located[],
  facts: LaneFacts,
  signal: AbortSignal,
): Promise<readonly Lane[]> {
  const lanes: Lane[] = [];
  for (const found of located)
    if (await hasHistory(shipping, found, facts, signal)) lanes.push(laneOf(shipping, found, facts));
  return lanes;
}

async function hasHistory(
  shipping: Shipping,
  { vault, archive }: Located,
  { begin, history }: LaneFacts,
  signal: AbortSignal,
): Promise<boolean> {
  if (history === undefined) return true;
  try {
    await archive.putHistory(begin.branch, history, signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LifeboatError)) throw error;
    const { message } = error;
    shipping.without.set(vault, { sinceMs: shipping.options.clock.monotonicMs(), error });
    if (hasCode(error, 'LOG_CONFLICT'))
      tellOnce(shipping, `history ${vault} ${begin.branch}`, { kind: 'conflict', vault, message });
    return false;
  }
}

function laneOf(shipping: Shipping, { vault, archive, begin: own }: Located, { begin }: LaneFacts): Lane {
  const { mode, maxLagMs, clock } = shipping.options;
  const at = own.at?.branch === begin.branch ? own.at.at : undefined;
  return createLane({
    ...{ vault, archive, branch: begin.branch, next: at ?? begin.at },
    ...{ covered: at === undefined ? [] : own.covered, mode, maxLagMs, clock, progress: shipping.progress },
  });
}

/** Tries those again that could not be asked, and gives lanes for what was found. */
export async function lateLanes(
  shipping: Shipping,
  identity: LogIdentity,
  facts: LaneFacts,
  signal: AbortSignal,
): Promise<{ readonly lanes: readonly Lane[]; readonly located: readonly Located[] }> {
  const before = new Map(shipping.without);
  const missing = shipping.options.vaults.filter(({ name }) => before.has(name));
  const looks = missing.map((vault) => locate(shipping, vault, identity, facts.lineage, signal));
  const located = (await Promise.all(looks)).filter((found) => found !== undefined);
  for (const { vault } of located) shipping.without.delete(vault);
  const lanes = await lanesOf(shipping, located, facts, signal);
  const nowMs = shipping.options.clock.monotonicMs();
  for (const { vault } of lanes)
    tell(shipping, {
      kind: 'back',
      vault,
      awayMs: Math.round(nowMs - (before.get(vault)?.sinceMs ?? nowMs)),
    });
  return { lanes, located };
}

function tooSlow(name: string): LifeboatError {
  return new LifeboatError(
    'STORE_UNAVAILABLE',
    `the vault ${name} did not say in time what it has of the log`,
    {
      hint: 'Check that its store can be reached.',
      retryable: true,
    },
  );
}

function ahead({ options }: Shipping, name: string): LifeboatError {
  return new LifeboatError(
    'LOG_CONFLICT',
    `the vault ${name} has more of the log of ${options.system} than its server ever wrote`,
    {
      hint: 'The server was set back, or is a copy of the one that wrote the log. Promote it, so that it begins a timeline of its own, or take it away; what the vault has stays.',
    },
  );
}
