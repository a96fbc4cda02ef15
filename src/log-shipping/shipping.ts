/**
 * Shipping the log of one system: from its server, as it is written, into the log archives of several vaults.
 *
 * Glossary: a *lane* carries the log into one vault; *durable*: everything of a branch before a position is in the
 * vault without a hole; *copies*: in how many vaults bytes must be durable before the server hears of it; a lane is
 * *away* while its vault takes nothing, and *behind* while what it needs next is not in memory any more, so that it is
 * read from the archive of another vault; *lineage*: a branch and its ancestors, oldest first.
 */
import type { LogArchive, LogMarks, LogSpan } from '../log-archive/log-archive.ts';
import type { LogKeeper } from '../log-archive/log-keeping.ts';
import type { UnbrokenPart } from '../log-archive/unbroken.ts';
import type { LogHealth, LogPosition, LogSource } from '../source/log-source.ts';

export interface ShippingOptions {
  readonly system: string;
  readonly source: LogSource;
  readonly vaults: readonly ShippingVault[];
  readonly mode: ShippingMode;
  /** In how many vaults bytes must be durable before they are acknowledged; with `async` see `acknowledged.ts`. */
  readonly copies: number;
  /** How far the log in the vaults may be behind before that is told. */
  readonly maxLagMs: number;
  readonly heartbeatMs: number;
  readonly engine: LogEngine;
  readonly clock: ShippingClock;
  /** Called at once, in order; must not raise. */
  readonly tell: (event: ShippingEvent) => void;
  /** Called when something changed, and at least once a second. */
  readonly report?: (status: ShippingStatus) => void | Promise<void>;
  readonly timing?: Partial<ShippingTiming>;
}

export interface ShippingVault {
  readonly name: string;
  /** Opened when the source has said which incarnation it is. May raise what opening a vault raises, and is asked again. */
  readonly archive: (incarnation: string, signal: AbortSignal) => VaultLog | Promise<VaultLog>;
}

export type VaultLog = LogArchive & Partial<LogKeeper>;

export type ShippingMode =
  | { readonly kind: 'async' }
  /** Commits wait for us. `degradeAfterMs` absent: for as long as it takes. */
  | { readonly kind: 'sync'; readonly degradeAfterMs?: number };

/** What only the engine's own room can tell of its bytes. */
export interface LogEngine {
  /** Tells of the bytes from `start` on, which is a multiple of `pageBytes`; each call takes what follows. */
  readonly markReader: (start: bigint, segmentBytes: number) => MarkReader;
  readonly pageBytes: number;
  /** The branch and its ancestors, oldest first, each but the last with where it was left. */
  readonly lineage: (branch: string, history: Uint8Array | undefined) => readonly LineagePart[];
}

export interface MarkReader {
  take(bytes: Uint8Array): LogMarks;
}

export interface LineagePart {
  readonly branch: string;
  readonly end?: bigint;
}

export interface ShippingClock {
  readonly nowMs: () => number;
  /** For durations: never goes back. */
  readonly monotonicMs: () => number;
}

export interface ShippingTiming {
  /** A vault that takes nothing for so long is away. */
  readonly awayAfterMs: number;
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
  /** Between looks at the slot and the waiting sessions. */
  readonly healthMs: number;
  readonly compactMs: number;
  /** Between two counts of what a vault holds. */
  readonly countMs: number;
  /** How long copies must keep up before commits wait for us again. */
  readonly steadyMs: number;
}

export const usualTiming: ShippingTiming = {
  awayAfterMs: 30_000,
  reconnectMsMin: 250,
  reconnectMsMax: 30_000,
  healthMs: 10_000,
  compactMs: 60_000,
  countMs: 600_000,
  steadyMs: 2_000,
};

/** What happened, in words for machines; `event-text.ts` has those for people. */
export type ShippingEvent =
  | (EventCommon & { readonly kind: 'streaming'; readonly at: LogPosition; readonly server: string })
  | (EventCommon & { readonly kind: 'disconnected'; readonly code: string; readonly message: string })
  /** Bytes that the server has no more: recoveries across them are impossible, a new base backup is needed. */
  | (EventCommon & { readonly kind: 'gap'; readonly vault: string; readonly span: LogSpan })
  /** The hold was lost: what comes is held anew, and there may be a gap. */
  | (EventCommon & { readonly kind: 'lost'; readonly hold: LogHealth['hold'] })
  /** The vault holds log that is no part of the history of the server. It is kept. */
  | (EventCommon & {
      readonly kind: 'diverged';
      readonly vault: string;
      readonly from: LogPosition;
      readonly to: LogPosition;
    })
  /** The vault holds other bytes at the same place: two servers wrote one history. Nothing more goes to this vault. */
  | (EventCommon & { readonly kind: 'conflict'; readonly vault: string; readonly message: string })
  | (EventCommon & { readonly kind: 'branch'; readonly from: LogPosition; readonly to: string })
  /** Commits wait for us no longer: what is committed from now on may be lost. */
  | (EventCommon & { readonly kind: 'degraded'; readonly at: LogPosition; readonly waitedMs: number })
  /** Commits wait for us: from `at` on nothing that was acknowledged is lost. */
  | (EventCommon & { readonly kind: 'protected'; readonly at: LogPosition; readonly suspendedMs?: number })
  | (EventCommon & {
      readonly kind: 'away';
      readonly vault: string;
      readonly code: string;
      readonly message: string;
    })
  | (EventCommon & { readonly kind: 'back'; readonly vault: string; readonly awayMs: number })
  | (EventCommon & { readonly kind: 'lagging'; readonly vault: string; readonly lagMs: number })
  | (EventCommon & { readonly kind: 'caught-up'; readonly vault: string })
  /** Of the archive: damage, pieces that disagree. */
  | (EventCommon & {
      readonly kind: 'finding';
      readonly vault: string;
      readonly object: string;
      readonly message: string;
    });

export interface EventCommon {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** A state of the whole; `mode-machine.ts` describes how one follows another. */
export type ShippingState = (typeof shippingStates)[number];

export const shippingStates = [
  'connecting',
  'streaming',
  'waiting',
  'degraded',
  'catching-up',
  'broken',
  'stopped',
] as const;

export interface ShippingStatus {
  readonly system: string;
  readonly incarnation?: string;
  readonly state: ShippingState;
  readonly sinceMs: number;
  /** Commits wait for us now, as far as we know. */
  readonly isProtected: boolean;
  readonly branch?: string;
  readonly received?: bigint;
  readonly serverEnd?: bigint;
  readonly acknowledged?: bigint;
  readonly vaults: readonly LaneStatus[];
  readonly health?: LogHealth;
  /** Why there is no stream, or why commits do not wait. */
  readonly problem?: { readonly code: string; readonly message: string };
  readonly atMs: number;
}

export interface LaneStatus {
  readonly vault: string;
  readonly state: 'streaming' | 'behind' | 'away' | 'broken';
  readonly durable?: LogPosition;
  /** How far back nothing is missing, newest branch first. Absent: not counted yet. */
  readonly unbroken?: readonly UnbrokenPart[];
  /** Everything that was committed by then is durable there; by our clock. Absent: nothing is known yet. */
  readonly provenUntilMs?: number;
  /** From the writing of the newest heartbeat that arrived to its being durable. */
  readonly lagMs?: number;
  readonly error?: { readonly code: string; readonly message: string };
}
