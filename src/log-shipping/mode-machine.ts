/**
 * Whether commits wait for us. Only for `sync`; with `async` they never do.
 *
 * *suspended*: commits do not wait for us. So it is at first, where the server does not wait already, and after a
 * degradation. When the copies have kept up for `steadyMs` (nothing that came was unacknowledged for longer than a
 * moment), we ask the server to wait, and go to *protected*: of what is committed after the server said yes, nothing is
 * lost.
 *
 * *protected*: commits wait until what they wrote is acknowledged. When something waits for longer than
 * `degradeAfterMs`, we ask the server to wait no longer, and go to *suspended*, with the position up to which all is
 * safe. Without `degradeAfterMs` they wait for as long as it takes.
 *
 * A server that cannot be asked changes nothing: it is asked again. The clock is monotonic, so that a change of the wall
 * clock neither degrades nor protects. Pure.
 */
export interface ModeState {
  readonly kind: 'suspended' | 'protected';
  /** Monotonic milliseconds: since when it is so. */
  readonly sinceMs: number;
  /** It was protected before: this suspension is a degradation. */
  readonly wasProtected: boolean;
  /** Suspended: since when the copies have kept up. */
  readonly steadySinceMs?: number;
}

export interface ModeFacts {
  readonly nowMs: number;
  /** How long the oldest byte that came from the server has not been acknowledged; 0 when there is none. */
  readonly oldestWaitMs: number;
  /** The stream is up and all but the newest of what the server wrote has come. */
  readonly isStreaming: boolean;
  readonly degradeAfterMs?: number;
  readonly steadyMs: number;
}

export type ModeWish = 'none' | 'protect' | 'degrade';

/** Copies that are later than this do not keep up; nor those that would soon have to be let go again. */
const promptMsMax = 1000;
const promptShare = 1 / 2;

/** The state brought up to date, and what is to be asked of the server now. */
export function nextMode(
  state: ModeState,
  facts: ModeFacts,
): { readonly state: ModeState; readonly wish: ModeWish } {
  const { nowMs, oldestWaitMs, isStreaming, degradeAfterMs, steadyMs } = facts;
  if (state.kind === 'protected') {
    const isOver = degradeAfterMs !== undefined && oldestWaitMs >= degradeAfterMs;
    return { state, wish: isOver ? 'degrade' : 'none' };
  }
  const { steadySinceMs: before, ...rest } = state;
  const promptMs = Math.min(promptMsMax, promptShare * (degradeAfterMs ?? promptMsMax * 2));
  if (!isStreaming || oldestWaitMs > promptMs) return { state: rest, wish: 'none' };
  const steadySinceMs = before ?? nowMs;
  return { state: { ...rest, steadySinceMs }, wish: nowMs - steadySinceMs >= steadyMs ? 'protect' : 'none' };
}

/** After the server did as it was asked. */
export function changedMode(wish: Exclude<ModeWish, 'none'>, nowMs: number): ModeState {
  return { kind: wish === 'protect' ? 'protected' : 'suspended', sinceMs: nowMs, wasProtected: true };
}
