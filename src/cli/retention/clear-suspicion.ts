/** Lets retention go on after a person has looked at what was suspicious: a record in every vault that is concerned. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { sharedFields } from '../../evidence/run-context.ts';
import { clearingOf } from '../../recovery-point/suspicion.ts';
import type { AppContext } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { profileOf } from '../load-plan.ts';
import { newRun } from '../plan/new-run.ts';
import { planHistory } from '../plan/plan-history.ts';
import { chosenSystems, identityOf, openPlan } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import { whyOf } from './hold-points.ts';
import { pausesOf, reaches } from './plan-pauses.ts';

/** Raises USAGE when nothing is suspicious, SYSTEM_NOT_FOUND, and what stands against reading one of the vaults. */
export async function clearSuspicion(
  context: AppContext,
  input: Input,
  systemName: string,
): Promise<CommandEnd> {
  const reason = whyOf(input);
  const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
  const [system] = chosenSystems(session.plan, [systemName]);
  if (system === undefined) return { summary: {} };
  await using vaults = openPlanVaults(context, session);
  const all = await planHistory(context, session, vaults, true);
  const histories = all.filter((history) => reaches(session, history, systemName));
  const [trouble] = histories.flatMap((history) => (history.trouble === undefined ? [] : [history.trouble]));
  if (trouble !== undefined) throw trouble;
  const pause = pausesOf(session, histories, context.nowMs()).find((each) => each.system === systemName);
  if (pause === undefined)
    throw new LifeboatError('USAGE', `nothing about ${systemName} is suspicious`, {
      hint: 'Nothing needs to be cleared; `lifeboat forget --preview` shows what retention would do.',
    });
  const run = newRun(context, session, 'manual');
  const records = histories.flatMap((history) => history.records);
  const { atMs, clears } = clearingOf(records, pause, context.nowMs());
  for (const { vault: name } of histories) {
    const vault = await vaults.open(name);
    await vault.append({
      type: 'pause',
      ...sharedFields(run, vault.id, identityOf(system)),
      ...recordTimes(atMs, atMs),
      verdict: 'pass',
      action: 'clear',
      reason: run.redact(reason),
      ...(clears.length === 0 ? {} : { clears }),
    });
    await vault.records(context.signal);
  }
  const names = histories.map(({ vault }) => vault);
  await context.output.result(
    { type: 'cleared', system: systemName, was: pause.reason, vaults: names },
    `${systemName} is cleared (it was: ${pause.reason}); retention goes on in ${names.join(', ')}`,
  );
  return { summary: { system: systemName, vaults: names } };
}
