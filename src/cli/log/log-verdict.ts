/** How the log of a system stands, from what is in a vault and from what its receiver says. Pure. */
import { isFreshStatus, type StoredStatus } from '../../log-shipping/status-file.ts';
import { durationText } from '../../objective/duration-text.ts';
import { clockSkewToleratedMs } from '../plan/log-facts.ts';
import { bytesText, momentText } from '../quantity-text.ts';
import type { LogLook } from './look-at-log.ts';

/** What is not known is never `ok`. */
export type LogState = 'ok' | 'at-risk' | 'unknown' | 'failed';

export interface LogFact {
  readonly state: LogState;
  /** Lower-case, without full stop. */
  readonly words: string;
  /** A command line. */
  readonly nextAction?: string;
}

export interface LogDemands {
  readonly system: string;
  readonly maxLagMs: number;
  /** Commits are to wait for us. */
  readonly waits: boolean;
  readonly nowMs: number;
}

const upAction = 'lifeboat up';

export function vaultFacts(look: LogLook | undefined, demands: LogDemands): readonly LogFact[] {
  const { system } = demands;
  if (look?.newest === undefined)
    return [{ state: 'failed', words: 'holds nothing of the log', nextAction: upAction }];
  const backup = `lifeboat backup ${system}`;
  const facts: LogFact[] = [lagFact(look.newest.untilMs, demands)];
  if (look.recoverable === undefined)
    facts.push({
      state: 'failed',
      words: 'no complete backup in this vault can be brought forward with the log',
      nextAction: backup,
    });
  for (const { key, what, kind } of look.findings) {
    // nothing that can be recovered crosses a gap before the oldest backup that reaches the end
    const isPast = kind === 'gap' && look.recoverable !== undefined;
    facts.push({
      state: isPast ? 'at-risk' : 'failed',
      words: `${key} ${what}`,
      nextAction: `lifeboat log check ${system} --read-data`,
    });
  }
  return facts;
}

function lagFact(untilMs: number | undefined, { nowMs, maxLagMs }: LogDemands): LogFact {
  if (untilMs === undefined)
    return { state: 'unknown', words: 'nothing in the log says of when it is', nextAction: upAction };
  if (untilMs > nowMs + clockSkewToleratedMs)
    return { state: 'unknown', words: `ends in the future, at ${momentText(untilMs)}: a clock is wrong` };
  const lagMs = Math.max(0, nowMs - untilMs);
  const limit = durationText(maxLagMs);
  if (lagMs > maxLagMs)
    return {
      state: 'failed',
      words: `ends ${durationText(lagMs)} ago, and the plan allows ${limit}`,
      nextAction: upAction,
    };
  return { state: 'ok', words: `ends ${durationText(lagMs)} ago of ${limit}` };
}

export function receiverFacts(
  status: StoredStatus | undefined,
  { nowMs, waits }: LogDemands,
): readonly LogFact[] {
  if (status === undefined)
    return [
      { state: 'unknown', words: 'no receiver has written its state on this machine', nextAction: upAction },
    ];
  if (!isFreshStatus(status, nowMs))
    return [
      {
        state: 'unknown',
        words: `its receiver was last heard of at ${momentText(status.writtenAtMs)}, ${status.state} then`,
        nextAction: upAction,
      },
    ];
  const found = status.findings.map(({ severity, message }): LogFact => {
    return { state: severity === 'error' ? 'failed' : 'at-risk', words: message };
  });
  return [stateFact(status), ...holdFacts(status), ...(waits ? [waitFact(status)] : []), ...found];
}

const states: Readonly<Record<StoredStatus['state'], LogState>> = {
  streaming: 'ok',
  connecting: 'at-risk',
  stopped: 'failed',
  waiting: 'at-risk',
  'catching-up': 'at-risk',
  degraded: 'failed',
  broken: 'failed',
};

function stateFact({ state, sinceMs, vaults }: StoredStatus): LogFact {
  const troubled = vaults.filter((each) => each.state !== 'streaming');
  const others = troubled.map((each) => `${each.vault} ${each.state}`).join(', ');
  const words = `${state} since ${momentText(sinceMs)}${others === '' ? '' : `, ${others}`}`;
  const worst = troubled.some((each) => each.state === 'broken') ? 'failed' : states[state];
  return { state: worst === 'ok' && troubled.length > 0 ? 'at-risk' : worst, words };
}

function holdFacts({ hold, keptBytes, headroomBytes }: StoredStatus): readonly LogFact[] {
  if (hold === undefined)
    return [{ state: 'unknown', words: 'the slot on the server was not looked at yet' }];
  const kept = keptBytes === undefined ? '' : `, ${bytesText(keptBytes)} kept on the server`;
  const room = headroomBytes === undefined ? '' : `, lost after ${bytesText(headroomBytes)} more`;
  const state = hold === 'reserved' ? 'ok' : hold === 'lost' || hold === 'missing' ? 'failed' : 'at-risk';
  return [{ state, words: `slot ${hold}${kept}${room}` }];
}

function waitFact({ isProtected }: StoredStatus): LogFact {
  return isProtected
    ? { state: 'ok', words: 'commits wait for the log' }
    : { state: 'failed', words: 'commits do not wait for the log: what is committed now may be lost' };
}

const order: readonly LogState[] = ['ok', 'at-risk', 'unknown', 'failed'];

export function worstFirst(facts: readonly LogFact[]): readonly LogFact[] {
  return facts.toSorted((a, b) => order.indexOf(b.state) - order.indexOf(a.state));
}

export function worstOf(facts: readonly LogFact[]): LogState {
  const ranks = facts.map(({ state }) => order.indexOf(state));
  return order[Math.max(0, ...ranks)] ?? 'unknown';
}
