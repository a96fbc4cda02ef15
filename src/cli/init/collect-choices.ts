/**
 * Everything a plan is made from: what the flags say; what they leave open is asked on a terminal and proposed
 * elsewhere. Nothing is made here.
 */
import { unreachable } from '../../error/assert.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { AppContext } from '../cli-context.ts';
import { planPath } from '../plan/system-paths.ts';
import {
  defaultSchedule,
  durationProblem,
  rpoProblem,
  scheduleProblem,
  textProblem,
  zoneProblem,
} from './check-answers.ts';
import { chooseVaults } from './choose-vaults.ts';
import { collectSystems } from './collect-systems.ts';
import { accountName, machineTimeZone, rpoDefault, rtoDefault } from './defaults.ts';
import { deviceOf } from './device-of.ts';
import type { ChosenSystem, ChosenVault, InitChoices, RecoveryWish } from './init-choices.ts';
import { type InitFlags, planNameOf } from './init-flags.ts';
import type { Prompter } from './prompter.ts';
import { suggestVault } from './suggest-vault.ts';
import { nameFrom } from './system-name.ts';

/** Raises USAGE for flags that cannot stand in a plan, INTERRUPTED when a person gives up. */
export async function collectChoices(
  context: AppContext,
  flags: InitFlags,
  prompter: Prompter | undefined,
): Promise<InitChoices> {
  const systems = await collectSystems(context, flags, prompter);
  const answer = (given: string | undefined, question: Question) => answerTo(prompter, given, question);
  const name = await answer(flags.name, {
    flag: '--name',
    message: 'What is the plan for?',
    initial: planNameOf(flags.folder),
    problem: textProblem,
  });
  const owner = await answer(flags.owner, {
    flag: '--owner',
    message: 'Who answers for it?',
    initial: accountName(),
    problem: textProblem,
  });
  const objectives = await collectObjectives(flags, answer);
  const vaults = await collectVaults(context, flags, systems, nameFrom(name, 'plan'), prompter);
  return { planFile: flags.planFile, name, owner, ...objectives, vaults, systems };
}

interface Question {
  readonly flag: string;
  readonly message: string;
  readonly initial: string;
  readonly problem: (answer: string) => string | undefined;
}

async function answerTo(
  prompter: Prompter | undefined,
  given: string | undefined,
  question: Question,
): Promise<string> {
  if (given === undefined && prompter !== undefined) return await prompter.text(question);
  const answer = (given ?? question.initial).trim();
  const problem = question.problem(answer);
  if (problem === undefined) return answer;
  throw new LifeboatError('USAGE', `${question.flag} "${answer}" cannot be used: ${problem}`, {
    hint: '`lifeboat init --help` has examples.',
  });
}

type Objectives = Pick<InitChoices, 'rpo' | 'rto' | 'schedule' | 'timeZone'>;

async function collectObjectives(
  flags: InitFlags,
  answer: (given: string | undefined, question: Question) => Promise<string>,
): Promise<Objectives> {
  const rpo = await answer(flags.rpo, {
    flag: '--rpo',
    message: 'RPO: how much may be lost, as time?',
    initial: rpoDefault,
    problem: rpoProblem,
  });
  const rto = await answer(flags.rto, {
    flag: '--rto',
    message: 'RTO: how fast must it be back?',
    initial: rtoDefault,
    problem: durationProblem,
  });
  const timeZone = await answer(flags.timeZone, {
    flag: '--time-zone',
    message: 'In which time zone?',
    initial: machineTimeZone(),
    problem: zoneProblem,
  });
  const schedule = await answer(flags.schedule, {
    flag: '--schedule',
    message: 'When are backups taken? (often enough for the RPO, with room for a late run)',
    initial: defaultSchedule(rpo, timeZone),
    problem: (text) => scheduleProblem(text, rpo, timeZone),
  });
  return { rpo, rto, timeZone, schedule };
}

async function collectVaults(
  context: AppContext,
  flags: InitFlags,
  systems: readonly ChosenSystem[],
  name: string,
  prompter: Prompter | undefined,
): Promise<readonly ChosenVault[]> {
  if (flags.vaults.length > 0 || prompter === undefined)
    return await chooseVaults(context, flags.vaults, systems);
  const suggestion = await suggestVault(flags.folder, name);
  prompter.info(
    suggestion.isOtherDisk
      ? `This machine has another disk: ${suggestion.path} is not on the disk of ${flags.folder}.`
      : 'No other disk was found that you can write. A vault on the same disk is lost with it.',
  );
  const first = await askVault(context, prompter, [], systems, {
    message: 'Where does the vault go? (a folder, best on another disk)',
    initial: suggestion.path,
    problem: textProblem,
  });
  const own = await deviceOf(flags.folder);
  if (own !== undefined && (await deviceOf(first[0]?.path ?? '')) === own)
    prompter.warn(
      'This vault is on the same disk as your data: it helps against mistakes, not against a broken disk.',
    );
  return await askVault(
    context,
    prompter,
    first.map(({ path }) => path),
    systems,
    {
      message: 'A second vault somewhere else? (a folder; Enter for none)',
      placeholder: 'none',
    },
  );
}

/** Asks until the location can be used, or the person gives up with Ctrl-C. */
async function askVault(
  context: AppContext,
  prompter: Prompter,
  others: readonly string[],
  systems: readonly ChosenSystem[],
  question: Parameters<Prompter['text']>[0],
): Promise<readonly ChosenVault[]> {
  for (;;) {
    const typed = await prompter.text(question);
    // no shell has looked at it
    const answer = typed.startsWith('~') ? planPath(typed, context.folder) : typed;
    try {
      return await chooseVaults(context, answer === '' ? others : [...others, answer], systems);
    } catch (error) {
      if (!hasCode(error, 'USAGE', 'PERMISSION_DENIED')) throw error;
      prompter.warn(`${error.message}. ${error.hint ?? ''}`);
    }
  }
}

/** What becomes of the recovery key. Where nobody is asked and nothing is said, it is shown. */
export async function collectRecovery(
  flags: InitFlags,
  vaults: readonly ChosenVault[],
  prompter: Prompter | undefined,
): Promise<RecoveryWish> {
  if (vaults.every(({ state }) => state === 'there')) return { kind: 'none' };
  if (flags.recovery !== undefined) return flags.recovery;
  if (prompter === undefined) return { kind: 'show' };
  const choice = await prompter.choose('A recovery key opens the vault when everything else is lost.', [
    { value: 'show', label: 'Show it once, at the end', hint: 'to be printed or written down' },
    { value: 'none', label: 'Make none', hint: 'whoever loses the key file loses the vault' },
  ]);
  switch (choice) {
    case 'show':
      return { kind: 'show' };
    case 'none':
      return { kind: 'none' };
    default:
      return unreachable(choice);
  }
}
