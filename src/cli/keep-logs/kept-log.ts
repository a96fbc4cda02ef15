/** What is known of one log that is being kept, and which findings follow from it. Pure but for `noteEvent`. */
import type { ErrorCode } from '../../error/codes.ts';
import { errorCodes } from '../../error/codes.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { eventText } from '../../log-shipping/event-text.ts';
import type { LaneStatus, ShippingEvent, ShippingStatus } from '../../log-shipping/shipping.ts';
import { durationText } from '../../objective/duration-text.ts';
import type { ShippedLog } from '../../plan/shipped-log.ts';
import type { Finding } from '../run-due/finding.ts';

export interface KeptLog {
  readonly system: string;
  readonly shipped: ShippedLog;
  readonly graceMs: number;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** What keeps it from being shipped at all. */
  failure: LifeboatError | undefined;
  status: ShippingStatus | undefined;
  /** Since when nothing comes from the server; absent while it comes. */
  silentSinceMs: number | undefined;
  /** What happened and stands until a person has looked. */
  readonly alarms: Finding[];
}

/** What is beyond is in the records of the vaults. */
const alarmsMax = 50;

const alarmCodes: Partial<Record<ShippingEvent['kind'], ErrorCode>> = {
  gap: 'LOG_GAP',
  lost: 'LOG_GONE',
  diverged: 'LOG_CONFLICT',
  conflict: 'LOG_CONFLICT',
  finding: 'OBJECT_DAMAGED',
};

export function noteEvent(kept: KeptLog, event: ShippingEvent, place: (at: bigint) => string): void {
  if (event.kind === 'streaming') kept.silentSinceMs = undefined;
  if (event.kind === 'disconnected') kept.silentSinceMs ??= event.atMs;
  const code = alarmCodes[event.kind];
  if (code === undefined || kept.alarms.length >= alarmsMax) return;
  const { text, hint } = eventText(kept.system, event, place);
  const vault = 'vault' in event ? { vault: event.vault } : {};
  const subject = `log ${event.kind} ${kept.system}${'vault' in event ? ` ${event.vault}` : ''} ${event.atMs}`;
  const error = new LifeboatError(code, text, { hint });
  kept.alarms.push({ subject, systems: [kept.system], ...vault, error, isToldOnce: true });
}

/** One for the log as a whole, one for each of its vaults, and what happened since it is kept. */
export function keptLogFindings(kept: KeptLog, nowMs: number): readonly Finding[] {
  const systems = [kept.system];
  const whole = wholeError(kept, nowMs);
  return [
    { subject: `log ${kept.system}`, systems, ...(whole && { error: whole }) },
    ...kept.shipped.vaults.map((vault) => {
      const error = whole === undefined ? vaultError(kept, vault, nowMs) : undefined;
      return { subject: `log ${kept.system} ${vault}`, systems, vault, ...(error && { error }) };
    }),
    ...kept.alarms,
  ];
}

function wholeError(kept: KeptLog, nowMs: number): LifeboatError | undefined {
  const { failure, status, system, silentSinceMs, graceMs } = kept;
  if (failure !== undefined) return failure;
  const problem = status?.problem;
  if (status?.state === 'broken')
    return knownProblem(problem, 'LOG_CONFLICT', `the log of ${system} is not taken any more`);
  if (isUnprotected(kept, nowMs))
    return new LifeboatError(
      'LOG_UNPROTECTED',
      `commits of ${system} do not wait for its vaults${because(problem)}`,
      {
        hint: `Run \`lifeboat log status ${system}\` to see which vault or connection is missing; they wait again by themselves.`,
      },
    );
  const silentMs = silentSinceMs === undefined ? 0 : nowMs - silentSinceMs;
  if (silentMs <= graceMs) return undefined;
  const what = `nothing of the log of ${system} has come for ${durationText(silentMs)}`;
  return knownProblem(problem, 'SOURCE_UNREACHABLE', what);
}

function isUnprotected({ shipped, status, startedAtMs, graceMs }: KeptLog, nowMs: number): boolean {
  if (shipped.logs.acknowledged !== 'before-commit' || status === undefined) return false;
  return !status.isProtected && (status.state === 'degraded' || nowMs - startedAtMs > graceMs);
}

function vaultError(
  { system, shipped, status, startedAtMs }: KeptLog,
  vault: string,
  nowMs: number,
): LifeboatError | undefined {
  const lane = status?.vaults.find((each) => each.vault === vault);
  const maxLagMs = shipped.logs.max_lag;
  if (lane?.state === 'broken')
    return knownProblem(
      lane.error,
      'LOG_CONFLICT',
      `the vault ${vault} takes no more of the log of ${system}`,
    );
  const behindMs = nowMs - Math.max(lane?.provenUntilMs ?? 0, startedAtMs);
  if (behindMs <= maxLagMs) return undefined;
  const message = `the vault ${vault} is ${durationText(behindMs)} behind the log of ${system}${causeOf(lane)}`;
  return new LifeboatError('LOG_BEHIND', message, {
    hint: 'Look at its store and at the network; nothing is lost while the server keeps its log.',
  });
}

function because(problem: { readonly message: string } | undefined): string {
  return problem === undefined ? '' : `: ${problem.message}`;
}

function causeOf(lane: LaneStatus | undefined): string {
  return because(lane?.error);
}

function knownProblem(
  problem: { readonly code: string; readonly message: string } | undefined,
  usual: ErrorCode,
  what: string,
): LifeboatError {
  const code = problem !== undefined && isErrorCode(problem.code) ? problem.code : usual;
  const message = `${what}${because(problem)}`;
  return new LifeboatError(code, message, {
    hint: 'It is tried again by itself; `lifeboat log status` shows how it stands.',
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
