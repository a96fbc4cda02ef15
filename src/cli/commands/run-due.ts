/** `lifeboat run-due`: one pass over what the schedule owes, for cron. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ScheduleEvent } from '../../schedule/schedule.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { chosenSystems, openPlan, type PlanSession } from '../plan/plan-session.ts';
import { passExitCode } from '../run-due/finding.ts';
import type { PassResult } from '../run-due/pass-result.ts';
import { passFields, passVoice } from '../run-due/pass-voice.ts';
import { lockPlan } from '../run-due/run-lock.ts';
import { runPass } from '../run-due/run-pass.ts';

const events = ['deploy', 'commit'] as const;

export const runDue: Command<AppContext> = {
  description:
    'Backs up every system whose schedule owes a run, once however many due times have passed, and proves points ' +
    'whose proof is missing or half as old as it may be. Then it keeps the vaults: copies, retention, prune, and a ' +
    'share read back each day. Made for cron; `lifeboat up` does the same without cron. ' +
    'A run that failed is tried again after 10 minutes. Every system is tried: exit code 4 when restored data were ' +
    'wrong, else 1 when something could not be done, 3 when input was missing, 5 when a proof stayed open, 7 when an ' +
    'objective is breached or unknown after the work. A failure that only waits to be tried again counts.',
  options: [
    ...planOptions,
    {
      flag: '--event',
      value: 'EVENT',
      choices: events,
      description: 'this happened: run the systems with `on EVENT` now, and nothing else',
    },
    { flag: '--dry-run', description: 'say what is owed and do nothing' },
  ],
  examples: [
    {
      line: 'lifeboat run-due --plan /srv/shop/lifeboat.yaml',
      says: 'one pass; put it into cron every 5 minutes',
    },
    { line: 'lifeboat run-due --dry-run', says: 'what is owed now' },
    { line: 'lifeboat run-due --event deploy', says: 'before a deployment: systems with `on deploy`' },
  ],
  unattended: true,
  run: async (context, input) => {
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    const event = events.find((each) => each === input.value('--event'));
    const dryRun = input.has('--dry-run');
    if (event !== undefined) requireListener(session, event);
    using _lock = dryRun ? undefined : lockPlan(session.plan.metadata.id);
    const voice = passVoice(context, session.plan.metadata.timeZone);
    const request = { session, voice, dryRun, ...(event === undefined ? {} : { event }) };
    const result = await runPass(context, request);
    if (!dryRun) await voice.passEnded(result);
    if (!dryRun && result.recoveryKeyConcern !== undefined) context.output.warn(result.recoveryKeyConcern);
    return passEnd(result);
  },
};

/** What went wrong was said where it happened. */
export function passEnd(result: PassResult): CommandEnd {
  return { summary: passFields(result), exitCode: passExitCode(result.findings) };
}

/** An event that nobody listens to is a mistake in the pipeline that calls, not a success. */
function requireListener({ plan }: PlanSession, event: ScheduleEvent): void {
  const listens = chosenSystems(plan, []).some(({ schedules }) =>
    schedules.some((schedule) => schedule.kind === 'event' && schedule.event === event),
  );
  if (listens) return;
  throw new LifeboatError('USAGE', `no system of the plan has the schedule "on ${event}"`, {
    hint: `Give a system \`schedule: on ${event}\`, or leave out --event.`,
  });
}
