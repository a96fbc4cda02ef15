/** What the parts of one shipping know of each other. Only this room changes it. */

import { LifeboatError } from '../error/lifeboat-error.ts';
import type { UnbrokenPart } from '../log-archive/unbroken.ts';
import type { LogHealth, LogIdentity, LogStream } from '../source/log-source.ts';
import { type Bell, createBell } from './bell.ts';
import { createHeartbeats, type Heartbeats } from './heartbeats.ts';
import type { ModeState } from './mode-machine.ts';
import { type ShippingEvent, type ShippingOptions, type ShippingTiming, usualTiming } from './shipping.ts';
import type { Lane, LaneFailure } from './vault-lane.ts';
import { createWaitingBytes, type WaitingBytes } from './waiting-bytes.ts';

export interface Shipping {
  readonly options: ShippingOptions;
  readonly timing: ShippingTiming;
  readonly heartbeats: Heartbeats;
  waiting: WaitingBytes;
  /** Rings when a lane got on or failed. */
  readonly progress: Bell;
  identity: LogIdentity | undefined;
  branch: string | undefined;
  lanes: readonly Lane[];
  /** Vaults that have no lane because they could not be asked, or must not have one. */
  readonly without: Map<string, LaneFailure>;
  /** `at`: up to where it has come. */
  stream: { readonly stream: LogStream; readonly start: bigint; at: bigint } | undefined;
  received: bigint | undefined;
  serverEnd: bigint | undefined;
  acknowledged: bigint | undefined;
  /** Monotonic: since when there is no stream. */
  disconnectedSinceMs: number | undefined;
  /** Why there is none. */
  problem: LifeboatError | undefined;
  /** Why commits cannot be made to wait, or to go on. */
  modeProblem: LifeboatError | undefined;
  mode: ModeState;
  /** Monotonic. */
  readonly startedAtMs: number;
  health: LogHealth | undefined;
  /** Why nothing goes on without a person. */
  broken: LifeboatError | undefined;
  /** By vault: how far back its log hangs together. */
  readonly counted: Map<string, Counted>;
  /** Nothing is done any more. */
  isEnded: boolean;
  /** Told already: each thing once. */
  readonly told: Set<string>;
}

export interface Counted {
  readonly lane: Lane;
  readonly jumps: number;
  /** Monotonic. */
  readonly atMs: number;
  readonly parts: readonly UnbrokenPart[];
}

export function newShipping(options: ShippingOptions): Shipping {
  const nowMs = options.clock.monotonicMs();
  return {
    ...{ options, timing: { ...usualTiming, ...options.timing } },
    ...{ heartbeats: createHeartbeats(), waiting: createWaitingBytes(), progress: createBell() },
    ...{ identity: undefined, branch: undefined, lanes: [], without: new Map(), stream: undefined },
    ...{ received: undefined, serverEnd: undefined, acknowledged: undefined, disconnectedSinceMs: nowMs },
    ...{ problem: undefined, modeProblem: undefined },
    mode: { kind: 'suspended', sinceMs: nowMs, wasProtected: false },
    ...{
      health: undefined,
      broken: undefined,
      told: new Set(),
      counted: new Map(),
      isEnded: false,
      startedAtMs: nowMs,
    },
  };
}

type WithoutTime<T> = T extends ShippingEvent ? Omit<T, 'atMs'> : never;
export type NewEvent = WithoutTime<ShippingEvent>;

export function tell({ options }: Shipping, event: NewEvent): void {
  options.tell({ ...event, atMs: options.clock.nowMs() });
}

/** Things told once keep their names; a source of ever new ones must not fill the memory. */
const toldMax = 10_000;

export function tellOnce(shipping: Shipping, name: string, event: NewEvent): void {
  if (shipping.told.has(name) || shipping.told.size >= toldMax) return;
  shipping.told.add(name);
  tell(shipping, event);
}

/** An error of ours, or of anything else. */
export function errorFacts(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof LifeboatError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
