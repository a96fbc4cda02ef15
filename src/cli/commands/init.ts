/** `lifeboat init`: from a folder to a plan with vaults, by questions or by flags. */
import { randomUuid } from '../../platform/random.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { applyInit, type InitPlan, requireRoom } from '../init/apply-init.ts';
import { checkPlan } from '../init/check-plan.ts';
import { collectChoices, collectRecovery } from '../init/collect-choices.ts';
import {
  type InitFlags,
  initOptions,
  planArgument,
  readInitFlags,
  requireAnswers,
} from '../init/init-flags.ts';
import { passwordReferences, planKeys } from '../init/plan-keys.ts';
import { planYaml } from '../init/plan-yaml.ts';
import { createPrompter, type Prompter } from '../init/prompter.ts';
import { initSummary, tellResult } from '../init/tell-init.ts';

export const init: Command<AppContext> = {
  description:
    'Makes a plan. It looks for SQLite databases, folders of uploads and .env files, asks how much may be lost ' +
    'and how fast it must be back, makes a vault or two with their keys, shows the recovery key once, and writes ' +
    'lifeboat.yaml. With --yes it asks nothing.',
  arguments: [
    { name: 'FOLDER', description: 'the folder of your application (default: this one)', kind: 'optional' },
  ],
  options: initOptions,
  examples: [
    { line: 'lifeboat init', says: 'ask, in the folder of your application' },
    {
      line: 'lifeboat init --yes --vault /mnt/disk/shop --vault /mnt/nas/shop --recovery-key-file ~/recovery-key',
      says: 'ask nothing, protect what is found',
    },
    {
      line:
        'lifeboat init --yes --vault /mnt/disk/shop --no-recovery-key --rpo "30 min" ' +
        '--system orders=sqlite:shop.db --system uploads=files:uploads',
      says: 'exactly these systems',
    },
  ],
  run: async (context, input) => {
    const flags = readInitFlags(context, input);
    const asks = !input.has('--yes') && !context.output.json && context.askSecret !== undefined;
    if (!asks) requireAnswers(context, flags, input.has('--yes'));
    await requireRoom(flags.planFile, flags.force, flags.recovery);
    const prompter = asks ? await terminalPrompter(context, flags) : undefined;
    return await runInit(context, flags, prompter);
  },
};

/** Without a prompter nothing is asked. */
export async function runInit(
  context: AppContext,
  flags: InitFlags,
  prompter: Prompter | undefined,
): Promise<CommandEnd> {
  const choices = await collectChoices(context, flags, prompter);
  const recovery = await collectRecovery(flags, choices.vaults, prompter);
  const id = randomUuid();
  const keys = await planKeys(choices, flags.keys, id);
  const text = planYaml({ choices, id, passwords: passwordReferences(keys) });
  const warnings = await checkPlan(text, choices);
  const plan: InitPlan = { choices, id, keys, text, recovery, force: flags.force };
  if (prompter !== undefined && !(await agreed(plan, prompter))) {
    return { summary: { plan: null, made: false } };
  }
  const result = await applyInit(context, plan);
  return await tellResult(context, {
    plan,
    result,
    warnings,
    keySource: flags.keys,
    planArgument: planArgument(context.folder, flags),
  });
}

async function agreed(plan: InitPlan, prompter: Prompter): Promise<boolean> {
  prompter.note(initSummary(plan).join('\n'), 'This will be made');
  const yes = await prompter.confirm('Make it?');
  prompter.outro(yes ? 'Making it.' : 'Nothing was made.');
  return yes;
}

/** Questions go to standard error, as all words that are no result. */
async function terminalPrompter({ signal }: AppContext, { folder }: InitFlags): Promise<Prompter> {
  const prompter = await createPrompter({ input: process.stdin, output: process.stderr, signal });
  prompter.intro(`A recovery plan for ${folder}`);
  return prompter;
}
