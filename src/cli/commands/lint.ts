/** `lifeboat lint`: what is wrong with a plan, and what it cannot keep. */
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { explainRules, listRules } from '../lint/explain-rules.ts';
import { runLint } from '../lint/run-lint.ts';
import { planOptions } from '../load-plan.ts';

export const lint: Command<AppContext> = {
  description:
    'Reads the plan and reports everything that is wrong in one run: what forbids running it, and what its ' +
    'fields mean together, such as a schedule that cannot meet the RPO. Durations are measured ones where this ' +
    'machine knows past runs. Errors end with exit code 6.',
  options: [
    ...planOptions,
    {
      flag: '--fix',
      description: 'change the plan where that is safe: no promise is weakened, comments and layout stay',
    },
    { flag: '--dry-run', description: 'with --fix: show the changes and write nothing' },
    { flag: '--strict', description: 'end with exit code 6 for warnings as well' },
    { flag: '--notes', description: 'list each field that is declared and not yet executed' },
    { flag: '--sarif', description: 'print SARIF 2.1.0, for code hosts' },
    { flag: '--explain', value: 'RULE', description: 'explain a rule by its id or number, such as T2' },
    { flag: '--rules', description: 'list all rules' },
  ],
  examples: [
    { line: 'lifeboat lint', says: 'the plan in this folder' },
    { line: 'lifeboat lint --fix --dry-run', says: 'what could be corrected by itself' },
    { line: 'lifeboat lint --explain rpo-schedule', says: 'what a finding means' },
    {
      line: 'lifeboat lint --strict --sarif > lifeboat.sarif',
      says: 'for the code host, in continuous integration',
    },
  ],
  run: async (context, input) => {
    const rule = input.value('--explain');
    if (rule !== undefined) return await explainRules(context.output, rule);
    return input.has('--rules') ? await listRules(context.output) : await runLint(context, input);
  },
};
