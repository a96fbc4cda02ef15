import { hasSecretArgument } from '../command-secrets.ts';
import type { PlanEdit } from '../plan-edit.ts';
import type { LintRule } from './lint-rule.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';

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
      .map((command) => ({
        at: command.at,
        message: 'when a program before the "|" fails, the capture counts as done',
        suggestion: 'drop the pipe, or run it as [bash, -o, pipefail, -c, "…"]',
        ...pipefailEdit(command),
      })),
};

/** By bash, for many a `sh` knows no pipefail. Not for scripts of several lines, nor where a secret would be repeated. */
function pipefailEdit({ at, text }: PlanCommand): { readonly edits?: readonly PlanEdit[] } {
  if (text.includes('\n') || hasSecretArgument(text)) return {};
  return { edits: [{ kind: 'set', at, value: ['bash', '-o', 'pipefail', '-c', text] }] };
}

/** A single bar outside of quotes. */
function hasPipe(command: string): boolean {
  const unquoted = command.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/g, '');
  return /(?:^|[^|])\|(?:$|[^|])/.test(unquoted);
}
