import { countedOf } from './keep-counting.ts';
import { isAway } from './ship-branch.ts';
import type { LaneStatus, ShippingState, ShippingStatus } from './shipping.ts';
import { errorFacts, type Shipping } from './shipping-state.ts';

/** What is known now; what is not known is absent. */
export function statusOf(shipping: Shipping): ShippingStatus {
  const { options, identity, branch, received, serverEnd, acknowledged, health, mode } = shipping;
  const { clock, system } = options;
  const nowMs = clock.nowMs();
  const problem = shipping.stream === undefined ? shipping.problem : shipping.modeProblem;
  return {
    ...{ system, state: stateOf(shipping), isProtected: mode.kind === 'protected', atMs: nowMs },
    sinceMs: Math.round(nowMs - (clock.monotonicMs() - mode.sinceMs)),
    vaults: options.vaults.map(({ name }) => laneStatus(shipping, name)),
    ...(identity && { incarnation: identity.incarnation }),
    ...(branch !== undefined && { branch }),
    ...(received !== undefined && { received }),
    ...(serverEnd !== undefined && { serverEnd }),
    ...(acknowledged !== undefined && { acknowledged }),
    ...(health && { health }),
    ...(problem && { problem: errorFacts(problem) }),
  };
}

/** Longer than this is waiting, and no more the way of a put. */
const promptMs = 1000;

function stateOf({ options, stream, broken, mode, waiting, isEnded }: Shipping): ShippingState {
  if (isEnded) return 'stopped';
  if (broken !== undefined) return 'broken';
  const isLate = waiting.oldestMs(options.clock.monotonicMs()) > promptMs;
  if (options.mode.kind === 'sync' && mode.kind === 'suspended')
    return mode.wasProtected && (stream === undefined || isLate)
      ? 'degraded'
      : stream
        ? 'catching-up'
        : 'connecting';
  if (stream === undefined) return 'connecting';
  return isLate ? 'waiting' : 'streaming';
}

function laneStatus(shipping: Shipping, vault: string): LaneStatus {
  const { options, timing, lanes, without, heartbeats } = shipping;
  const lane = lanes.find((each) => each.vault === vault);
  const beat = heartbeats.of(vault);
  const failure = lane?.failing ?? without.get(vault);
  const nowMs = options.clock.monotonicMs();
  const away = lane === undefined || isAway(lane, nowMs, timing.awayAfterMs);
  const state = lane?.broken ? 'broken' : away ? 'away' : lane.isBehind ? 'behind' : 'streaming';
  const counted = lane && countedOf(shipping, lane);
  const error = lane?.broken ?? failure?.error;
  return {
    ...{ vault, state },
    ...(lane && { durable: { branch: lane.branch, at: lane.durable } }),
    ...(counted && { unbroken: counted.parts }),
    ...(beat && { provenUntilMs: beat.provenUntilMs, lagMs: Math.round(beat.lagMs) }),
    ...(error && { error: errorFacts(error) }),
  };
}
