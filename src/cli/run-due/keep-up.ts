/**
 * The loop of `lifeboat up`. It is in one of two modes. *Passing*: a pass is made, its failures are told, and after
 * a good one the dead man's switch is held. *Idle*: it sleeps until the next pass is due, but never longer than a
 * tick, and leaves early when the plan's file changed or the clock jumped; then a pass decides anew what is owed.
 * Only the signal ends it, by raising its reason.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { durationText } from '../../objective/duration-text.ts';
import { monotonicMs } from '../../platform/clock.ts';
import { every, sleep } from '../../platform/timers.ts';
import { nextDue } from '../../schedule/due-times.ts';
import type { AppContext } from '../cli-context.ts';
import { keepLogs, type LogKeeping } from '../keep-logs/keep-logs.ts';
import { keepWalSocket, type WalSocketOptions } from '../keep-logs/wal-socket.ts';
import { loadPlan } from '../load-plan.ts';
import { chosenSystems, openPlan, type PlanSession } from '../plan/plan-session.ts';
import { plural } from '../quantity-text.ts';
import { knownError } from '../report-error.ts';
import { callDeadMan } from './call-dead-man.ts';
import { type ClockReading, clockJumpMs } from './clock-jump.ts';
import { type Finding, passExitCode } from './finding.ts';
import { type InTurn, inTurn } from './in-turn.ts';
import { retryAfterMs } from './owed-backup.ts';
import type { PassResult } from './pass-result.ts';
import { type PassVoice, passVoice } from './pass-voice.ts';
import { runPass } from './run-pass.ts';
import { tellOnFailure } from './tell-on-failure.ts';
import type { PlanWatch } from './watch-plan.ts';

/** How long a change of the plan or of the clock may go unnoticed. */
const tickMsMax = 2000;
/** Between two looks at a file that somebody is writing. */
const settleMs = 500;

const planSubject = 'plan';

/** The session in use, and what is wrong with the file on disk when it is a later one that cannot be used. */
interface PlanInUse {
  readonly session: PlanSession;
  readonly trouble?: LifeboatError;
}

export async function keepUp(
  context: AppContext,
  session: PlanSession,
  watch: PlanWatch,
  walSocket?: WalSocketOptions,
): Promise<never> {
  const clock = clockWatch(context);
  const beside: Beside = { nag: nagger(context), telling: inTurn(), logs: keepLogs(context) };
  await using logs = beside.logs;
  let inUse: PlanInUse = { session };
  await sayNext(context, session);
  await logs.follow(session);
  await using _watch = watchLogs(context, beside, () => inUse.session);
  await using _socket = walSocket && (await keepWalSocket(context, walSocket, () => inUse.session));
  await logs.settled();
  for (;;) {
    const nextPassAtMs = await passWithHooks(context, inUse, beside);
    const { jumpMs, planChanged } = await idle(context, { clock, watch, logs, nextPassAtMs });
    if (jumpMs !== undefined) await sayJump(context, inUse.session, jumpMs);
    if (!planChanged) continue;
    inUse = await readAgain(context, inUse, watch);
    await logs.follow(inUse.session);
  }
}

/** What goes on beside the passes, and shares the alarms with them. */
interface Beside {
  readonly nag: ReturnType<typeof nagger>;
  readonly telling: InTurn;
  readonly logs: LogKeeping;
}

const logsLookMs = 2000;

/** What goes wrong with a log is told at once: a pass may be hours away, or take hours. */
function watchLogs(
  context: AppContext,
  { logs, telling }: Beside,
  session: () => PlanSession,
): AsyncDisposable {
  let told = '';
  return every(logsLookMs, async () => {
    const findings = logs.findings();
    const now = findings.map(({ subject, error }) => `${subject} ${error?.code ?? 'fine'}`).join();
    if (now === told || context.signal.aborted) return;
    told = now;
    const inUse = session();
    const voice = passVoice(context, inUse.plan.metadata.timeZone);
    await telling(() => tellOnFailure(context, inUse, voice, findings)).catch((error: unknown) => {
      if (!context.signal.aborted) context.output.warn(knownError(error).message);
    });
  });
}

interface IdleEnd {
  readonly jumpMs: number | undefined;
  readonly planChanged: boolean;
}

interface Idling {
  readonly clock: () => number | undefined;
  readonly watch: PlanWatch;
  readonly logs: LogKeeping;
  readonly nextPassAtMs: number;
}

/** Until the next pass is due, or there is a reason to make it earlier. */
async function idle(context: AppContext, { clock, watch, logs, nextPassAtMs }: Idling): Promise<IdleEnd> {
  for (;;) {
    context.signal.throwIfAborted();
    const jumpMs = clock();
    const seen = watch.poll();
    const restMs = nextPassAtMs - context.nowMs();
    if (jumpMs !== undefined || seen === 'changed' || restMs <= 0 || logs.wantsPass())
      return { jumpMs, planChanged: seen === 'changed' };
    await sleep(Math.min(restMs, seen === 'settling' ? settleMs : tickMsMax), context.signal);
  }
}

/** Each call says by how much the clock jumped since the last one, passes included. */
function clockWatch(context: AppContext): () => number | undefined {
  const read = (): ClockReading => ({ wallMs: context.nowMs(), monotonicMs: monotonicMs() });
  let last = read();
  return () => {
    const now = read();
    const jumpMs = clockJumpMs(last, now);
    last = now;
    return jumpMs;
  };
}

/** One pass with its alarms and its sign of life. Gives the time of the next. */
async function passWithHooks(
  context: AppContext,
  inUse: PlanInUse,
  { nag, telling, logs }: Beside,
): Promise<number> {
  const { session } = inUse;
  const voice = passVoice(context, session.plan.metadata.timeZone);
  const outcome = await tryPass(context, session, voice);
  nag(outcome.recoveryKeyConcern);
  const ofLogs = logs.findings();
  for (const finding of ofLogs) await voice.failed(finding);
  const findings = [...outcome.findings, ...ofLogs, ...planFindings(inUse)];
  await telling(() => tellOnFailure(context, session, voice, findings));
  const isGood = outcome.isGood && inUse.trouble === undefined && passExitCode(ofLogs) === 0;
  if (isGood) await callDeadMan(context, session, voice);
  return outcome.nextPassAtMs;
}

/** For `up --once`: raises what keeps the pass as a whole from being made. */
export async function passOnce(context: AppContext, session: PlanSession): Promise<PassResult> {
  const voice = passVoice(context, session.plan.metadata.timeZone);
  const result = await runPass(context, { session, voice });
  await voice.passEnded(result);
  nagger(context)(result.recoveryKeyConcern);
  await tellOnFailure(context, session, voice, [...result.findings, ...planFindings({ session })]);
  if (result.isGood) await callDeadMan(context, session, voice);
  return result;
}

/** Passes come every hour and more often; a person is reminded once a day. */
const nagEveryMs = 86_400_000;

function nagger({ output, nowMs }: AppContext): (concern: string | undefined) => void {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return (concern) => {
    if (concern === undefined || nowMs() - saidAtMs < nagEveryMs) return;
    saidAtMs = nowMs();
    output.warn(concern);
  };
}

type PassOutcome = Pick<PassResult, 'findings' | 'isGood' | 'nextPassAtMs' | 'recoveryKeyConcern'>;

/** A pass that could not be made at all is a failure like any other, tried again later. */
async function tryPass(context: AppContext, session: PlanSession, voice: PassVoice): Promise<PassOutcome> {
  const subject = 'pass';
  const systems = chosenSystems(session.plan, []).map(({ name }) => name);
  try {
    const result = await runPass(context, { session, voice });
    await voice.passEnded(result, { showsNext: true });
    return { ...result, findings: [...result.findings, { subject, systems }] };
  } catch (error) {
    if (context.signal.aborted) throw error;
    const finding: Finding = { subject, systems, error: knownError(error) };
    await voice.failed(finding);
    return { findings: [finding], isGood: false, nextPassAtMs: context.nowMs() + retryAfterMs };
  }
}

function planFindings({ session, trouble }: PlanInUse): readonly Finding[] {
  const systems = chosenSystems(session.plan, []).map(({ name }) => name);
  return [{ subject: planSubject, systems, ...(trouble === undefined ? {} : { error: trouble }) }];
}

/** A file that cannot be used leaves the plan of before in use; the next pass tells it. */
async function readAgain(context: AppContext, inUse: PlanInUse, watch: PlanWatch): Promise<PlanInUse> {
  const { session } = inUse;
  const voice = passVoice(context, session.plan.metadata.timeZone);
  try {
    // before it is read for use, so that a change in between is noticed; also when the plan cannot be used
    watch.follow((await loadPlan(session.fileName, context.folder, session.profile)).files);
    const changed = await openPlan(session.fileName, context.folder, session.profile);
    requireSameId(session, changed);
    const systems = chosenSystems(changed.plan, []).length;
    const fields = { plan_hash: changed.planHash, systems };
    await voice.say('plan', fields, `plan      read again after a change: ${plural(systems, 'system')}`);
    await sayNext(context, changed);
    return { session: changed };
  } catch (error) {
    if (context.signal.aborted) throw error;
    const trouble = knownError(error);
    const fields = { error: { code: trouble.code, message: trouble.message, hint: trouble.hint } };
    const words = `FAILED    the plan was changed and cannot be used, the one of before goes on: ${trouble.message}`;
    await voice.say('plan', fields, words);
    context.output.warn(`the changed plan cannot be used: ${trouble.message}. ${trouble.hint ?? ''}`);
    return { session, trouble };
  }
}

/** Lock, state and history go by the id: another id is another plan. Raises PLAN_INVALID. */
export function requireSameId(before: PlanSession, now: PlanSession): void {
  if (before.plan.metadata.id === now.plan.metadata.id) return;
  throw new LifeboatError(
    'PLAN_INVALID',
    `the plan ${now.fileName} has another id than the one that is running`,
    {
      hint: 'Put the id back, or start `lifeboat up` again for the new plan.',
    },
  );
}

/** Which system is due when. */
async function sayNext(context: AppContext, { plan }: PlanSession): Promise<void> {
  const voice = passVoice(context, plan.metadata.timeZone);
  for (const { name, schedules } of chosenSystems(plan, [])) {
    const due = schedules
      .map((schedule) => nextDue(schedule, context.nowMs()))
      .filter((dueMs) => dueMs !== undefined);
    const texts = schedules.map(({ text }) => text).join(', ');
    const nextMs = due.length === 0 ? undefined : Math.min(...due);
    const when = nextMs === undefined ? 'never by the clock' : voice.moment(nextMs);
    const fields = { system: name, schedules: texts, due: nextMs && new Date(nextMs).toISOString() };
    await voice.say('next', fields, `next      ${name}: ${when} (${texts === '' ? 'no schedule' : texts})`);
  }
}

async function sayJump(context: AppContext, { plan }: PlanSession, jumpMs: number): Promise<void> {
  const words = `clock     it ${jumpMs > 0 ? 'jumped forward, or the machine slept, for' : 'was set back by'} ${durationText(Math.abs(jumpMs))}`;
  await passVoice(context, plan.metadata.timeZone).say('clock', { jump_ms: Math.round(jumpMs) }, words);
}
