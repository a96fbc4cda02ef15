import type { LintRule } from './lint-rule.ts';
import { planCommands } from './plan-commands.ts';

export const pipeStatus: LintRule = {
  id: 'pipe-status',
  number: 'T12',
  severity: 'warning',
  title: 'a failure inside a pipe goes unnoticed',
  explanation:
    'A shell reports only the status of the last program of a pipe. A dump that fails is then compressed and kept as if it were whole.',
  fix: 'Drop the pipe (vaults compress by themselves), or run it as [bash, -o, pipefail, -c, "…"].',
  check: (plan) =>
    planCommands(plan)
      .filter(
        ({ text, isCapture, shell }) => isCapture && shell && hasPipe(text) && !text.includes('pipefail'),
      )
      .map(({ at }) => ({
        at,
        message: 'when a program before the "|" fails, the capture counts as done',
        suggestion: 'drop the pipe, or run it as [bash, -o, pipefail, -c, "…"]',
      })),
};

/** A single bar outside of quotes. */
function hasPipe(command: string): boolean {
  const unquoted = command.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/g, '');
  return /(?:^|[^|])\|(?:$|[^|])/.test(unquoted);
}
